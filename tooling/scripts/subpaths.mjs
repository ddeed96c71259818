import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const packages = fileURLToPath(new URL("../../packages/", import.meta.url));
const extra = ["ops", "math", "steps", "kernels", "worker"];
const internal = /^(errors|options|certificate|plan|math|ops|(array|runtime|kernels|internal|math|generated)\/.*)$/;

/** Folders of the published packages. */
export const packageFolders = readdirSync(packages)
  .map((name) => join(packages, name))
  .filter((folder) => existsSync(join(folder, "package.json")));

/**
 * The public modules of a package: [["index", "src/index.ts"], ["matmul", "src/dense/matmul.ts"], …], sorted by name.
 *
 * A source file that index.ts re-exports from is a subpath under its flat file name, and so are the files of `extra`;
 * vocabulary and plumbing (`internal`) stay behind the main entry.
 */
export function subpathsOf(folder) {
  const text = readFileSync(join(folder, "src/index.ts"), "utf8");
  const modules = new Set([...text.matchAll(/from\s+"\.\/(.+?)\.js"/g)].map((match) => match[1]).filter((path) => !internal.test(path)));
  const found = new Map([...modules].map((path) => [basename(path), `src/${path}.ts`]));
  if (found.size < modules.size) throw new Error(`${folder}: two files of one name among ${[...modules].join(", ")}`);
  for (const path of extra) if (existsSync(join(folder, `src/${path}.ts`))) found.set(path, `src/${path}.ts`);
  return [["index", "src/index.ts"], ...[...found].sort(([a], [b]) => (a < b ? -1 : 1))];
}

/** A subpath's key in the export map. A worker is started by its address, so its key ends in .js like the file. */
export function exportKey(name) {
  return name === "index" ? "." : name === "worker" ? "./worker.js" : `./${name}`;
}
