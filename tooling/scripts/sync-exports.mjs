// Writes the export map, the tsup entries and the size-limit list of every published package (the rule: subpaths.mjs).
// `--check` writes nothing and fails on a difference, or on a size that has no committed limit.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { root } from "./bootstrap.mjs";
import { exportKey, packageFolders, subpathsOf } from "./subpaths.mjs";

const check = process.argv.includes("--check");
let stale = 0;

for (const folder of packageFolders) {
  const subpaths = subpathsOf(folder);
  writeManifest(join(folder, "package.json"), subpaths);
  writeEntries(join(folder, "tsup.config.ts"), subpaths);
  writeSizes(join(folder, ".size-limit.json"), subpaths);
}
process.exitCode = stale > 0 ? 1 : 0;

function writeManifest(path, subpaths) {
  const manifest = JSON.parse(readFileSync(path, "utf8"));
  const target = (name, ext) => ({ types: `./dist/${name}.d.${ext === "js" ? "ts" : "cts"}`, default: `./dist/${name}.${ext}` });
  manifest.exports = Object.fromEntries(
    subpaths.map(([name]) => [exportKey(name), { import: target(name, "js"), require: target(name, "cjs") }]),
  );
  manifest.exports["./package.json"] = "./package.json";
  write(path, JSON.stringify(manifest, null, 2) + "\n");
}

function writeEntries(path, subpaths) {
  const property = (name) => (/^\w+$/.test(name) ? name : `"${name}"`);
  const entry = subpaths.map(([name, source]) => `    ${property(name)}: "${source}",\n`).join("");
  write(path, readFileSync(path, "utf8").replace(/entry: \{[^}]*\}/, `entry: {\n${entry}  }`));
}

/** Brotli sizes; limits are kept, a new subpath has none until somebody measures it (`pnpm size --update`). */
function writeSizes(path, subpaths) {
  const before = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : [];
  const entries = subpaths.map(([name]) => {
    const limit = before.find((entry) => entry.name === name)?.limit;
    if (check && !limit) report(path, `has no limit for ${name}: run \`pnpm size --update\``);
    return { name, path: `dist/${name}.js`, limit };
  });
  write(path, JSON.stringify(entries, null, 2) + "\n");
}

function write(path, text) {
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  if (check) return report(path, "is not what sync-exports writes: run `pnpm sync-exports`");
  writeFileSync(path, text);
  console.log(`wrote ${path.slice(root.length)}`);
}

function report(path, problem) {
  console.error(`${path.slice(root.length)} ${problem}`);
  stale++;
}
