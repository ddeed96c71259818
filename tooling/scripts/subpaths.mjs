import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const packages = fileURLToPath(new URL("../../packages/", import.meta.url));
const extra = ["ops", "math", "steps", "kernels", "worker"];
const internal = /^src\/((errors|options|certificate|plan)\.ts$|(array|runtime|kernels|internal|math|generated)\/)/;

/** Folders of the published packages. */
export const packageFolders = readdirSync(packages)
  .map((name) => join(packages, name))
  .filter((folder) => existsSync(join(folder, "package.json")));

/** The source files that a package's index.ts re-exports values from: "src/dense/matmul.ts", … (a file of types only has no subpath). */
export function publicSources(folder) {
  const text = readFileSync(join(folder, "src/index.ts"), "utf8");
  const exports = [...text.matchAll(/export (type )?(\*|\{[^}]*\}) from "\.\/(.+?)\.js"/g)];
  const values = exports.filter(([, type, names]) => !type && (names === "*" || /[{,]\s*(?!type )\w/.test(names)));
  return [...new Set(values.map(([, , , path]) => `src/${path}.ts`))];
}

/**
 * The public modules of a package: [["index", "src/index.ts"], ["matmul", "src/dense/matmul.ts"], …], sorted by name.
 *
 * A source file that index.ts re-exports from is a subpath under its flat file name, and so are the files of `extra`;
 * vocabulary and plumbing (`internal`) stay behind the main entry.
 */
export function subpathsOf(folder) {
  const modules = publicSources(folder).filter((path) => !internal.test(path));
  const found = new Map(modules.map((path) => [basename(path, ".ts"), path]));
  if (found.size < modules.length) throw new Error(`${folder}: two files of one name among ${modules.join(", ")}`);
  for (const path of extra) if (existsSync(join(folder, `src/${path}.ts`))) found.set(path, `src/${path}.ts`);
  return [["index", "src/index.ts"], ...[...found].sort(([a], [b]) => (a < b ? -1 : 1))];
}

/** A subpath's key in the export map. A worker is started by its address, so its key ends in .js like the file. */
export function exportKey(name) {
  return name === "index" ? "." : name === "worker" ? "./worker.js" : `./${name}`;
}
