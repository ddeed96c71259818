import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./bootstrap.mjs";

const folder = join(root, "tooling/runtimes/node_modules");

/** The runtimes of tooling/runtimes: { name, command, args } with command undefined where one is not installed. */
export function otherRuntimes() {
  const node = (major) => ({ name: `Node ${major}`, command: existing(join(folder, `node-${major}/bin/node`)), args: [] });
  return [
    node(22),
    node(24),
    { name: "Bun", command: platformBinary("bun", ["bin/bun", "bin/bun.exe"]), args: ["run"] },
    { name: "Deno", command: platformBinary("deno", ["deno", "deno.exe"]), args: ["run", "-A", "--node-modules-dir=manual"] },
  ];
}

/** The file of the optional dependency that holds a tool's binary for this platform; its install script, which would link it, is off. */
function platformBinary(name, files) {
  if (!existsSync(join(folder, name))) return undefined;
  const home = realpathSync(join(folder, name));
  const { optionalDependencies } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  for (const dependency of Object.keys(optionalDependencies)) {
    for (const file of files) {
      const path = existing(join(dirname(home), dependency, file)); // only this platform's is installed
      if (path) return path;
    }
  }
  return undefined;
}

function existing(path) {
  return existsSync(path) ? path : undefined;
}
