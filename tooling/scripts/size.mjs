// pnpm size: the brotli size of every subpath. `--update` commits new limits to .size-limit.json: measured, plus 3 % for compilers' whims.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fail, root } from "./bootstrap.mjs";
import { packageFolders } from "./subpaths.mjs";

const update = process.argv.includes("--update");
for (const cwd of packageFolders) {
  const path = join(cwd, ".size-limit.json");
  const entries = JSON.parse(readFileSync(path, "utf8"));
  const { stdout } = spawnSync(process.execPath, [`${root}node_modules/size-limit/bin.js`, "--json"], {
    cwd,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const start = stdout.indexOf("[");
  if (start < 0) fail(`size-limit failed in ${cwd}: ${stdout}`);
  for (const { name, size, passed } of JSON.parse(stdout.slice(start))) {
    const entry = entries.find((candidate) => candidate.name === name);
    if (update) entry.limit = `${(Math.ceil((size * 1.03) / 100) / 10).toFixed(1)} kB`;
    console.log(
      `${`${cwd.slice(root.length)} ${name}`.padEnd(50)} ${String(size).padStart(7)} B  limit ${entry.limit ?? "none"}${passed === false && !update ? "  TOO BIG" : ""}`,
    );
  }
  if (update) writeFileSync(path, JSON.stringify(entries, null, 2) + "\n");
}
