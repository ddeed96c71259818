// Node built-ins only: this runs before anything is installed.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));
const { packageManager } = JSON.parse(readFileSync(root + "package.json", "utf8"));

/** Whether what is missing here (a browser, a runtime) is a failure rather than a skipped step. */
export const ci = !["", "0", "false"].includes(process.env.CI ?? "");

/** Ends the process with a message for a person. */
export function fail(message) {
  console.error(`\n${message}\n`);
  process.exit(1);
}

/** Runs a command at the root with its output on the terminal; returns the exit status. */
export function run(command, args, env = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32" && command === "npx",
    env: {
      ...process.env,
      PATH: `${root}node_modules/.bin${delimiter}${process.env.PATH ?? ""}`, // turbo looks for pnpm there
      TURBO_TELEMETRY_DISABLED: "1",
      DO_NOT_TRACK: "1",
      npm_config_loglevel: "error",
      npm_config_fetch_retries: "1", // without a network npm would hang for more than a minute
      npm_config_fetch_retry_mintimeout: "1000",
      ...env,
    },
  });
  if (result.error) fail(`cannot run ${command}: ${result.error.message}`);
  return result.status ?? 1;
}

/** Runs an installed tool of node_modules by its package's bin file, without a shell (paths with spaces, Windows). */
export function tool(name, args, env = {}) {
  const [owner, bin = owner.split("/").at(-1)] = name.split(":");
  const manifest = JSON.parse(readFileSync(`${root}node_modules/${owner}/package.json`, "utf8"));
  const file = typeof manifest.bin === "string" ? manifest.bin : manifest.bin[bin];
  return run(process.execPath, [`${root}node_modules/${owner}/${file}`, ...args], env);
}

/** Installs the workspace; the large rivals of the benchmark and the runtimes of the consumer test only where they are asked for. */
export function bootstrap({ rivals = false, runtimes = false } = {}) {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) fail(`Node >= 20.19 is needed, this is ${process.versions.node}. See https://nodejs.org`);
  const local = root + "node_modules/pnpm/bin/pnpm.cjs"; // pnpm is a devDependency: later runs need no network and save 2-3 s of npx
  const [command, ...first] = existsSync(local) ? [process.execPath, local] : ["npx", "-y", packageManager];
  const left = [rivals ? [] : ["--filter", "!@subquad/rivals-*"], runtimes ? [] : ["--filter", "!@subquad/runtimes"]];
  const args = ["install", "--frozen-lockfile", "--prefer-offline", "--config.confirmModulesPurge=false", ...left.flat()]; // no TTY prompt in CI
  if (run(command, [...first, ...args]) !== 0) {
    fail("Install failed (see above). The first run needs the npm registry or a filled pnpm store.");
  }
}
