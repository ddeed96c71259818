/** What the figures depend on besides the code. Never a path, a host name or a user name: results are meant to be published. */
import { execFileSync } from "node:child_process";
import { availableParallelism, arch, cpus, loadavg, platform, totalmem } from "node:os";
import { backend } from "@subquad/linalg-core";
import type { Environment } from "./result.js";

/** The machine and the runtime; `loadAfter` is filled in by the run. */
export function describeEnvironment(): Environment {
  const { name, deterministic } = backend();
  const load = currentLoad();
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    backend: name,
    deterministic,
    loadBefore: load,
    loadAfter: load,
  };
}

/** Processes that wanted a core in the last minute; 0 where the system does not say. */
export function currentLoad(): number {
  return Number((loadavg()[0] ?? 0).toFixed(2));
}

/** Short hash of the commit, with "+" when files differ from it; "unknown" outside a checkout. */
export function currentCommit(): string {
  const git = (...args: readonly string[]): string =>
    execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    return git("rev-parse", "--short=10", "HEAD") + (git("status", "--porcelain", "--untracked-files=no") === "" ? "" : "+");
  } catch {
    return "unknown";
  }
}
