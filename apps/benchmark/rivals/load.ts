/**
 * Finds and imports rival libraries. Light ones are optional dependencies of this app; heavy ones live in `rivals-*` beside it.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { AbsentError } from "../src/case.js";

/** Where a library is installed: with this app, or by `npm run rivals`. */
export type Home = "." | "rivals-tfjs" | "rivals-onnx" | "rivals-mathjs";

export interface LoadedPackage {
  readonly module: unknown;
  readonly version: string;
  /** The folder of the file that was imported. */
  readonly folder: string;
}

/**
 * Imports a package from its home.
 * @param name npm name.
 * @param home where it would be installed.
 * @returns its module, version and folder.
 * @throws AbsentError with the command that installs it, or with the message of the failure to load.
 */
export async function loadPackage(name: string, home: Home): Promise<LoadedPackage> {
  const file = locate(name, home);
  if (!file) throw new AbsentError(home === "." ? "not installed: npm start installs it where it can" : "not installed: npm run rivals");
  try {
    return { module: await import(pathToFileURL(file).href), version: versionOf(name, file), folder: dirname(file) };
  } catch (error) {
    throw new AbsentError(`does not load: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The file that a package's main entry resolves to; undefined when it is not installed. */
export function locate(name: string, home: Home): string | undefined {
  try {
    return createRequire(new URL(`../${home}/package.json`, import.meta.url)).resolve(name);
  } catch {
    return undefined;
  }
}

/** Read from the manifest above the file: many packages do not export theirs. */
function versionOf(name: string, file: string): string {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (!existsSync(manifest)) continue;
    const { name: found, version } = JSON.parse(readFileSync(manifest, "utf8")) as { name?: string; version?: string };
    if (found === name && version) return version;
  }
  return "unknown";
}
