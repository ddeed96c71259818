/** Files that a case reads: written once a run, removed when the process ends. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Writes bytes to a file of its own.
 * @param name of the file.
 * @param bytes what it holds.
 * @returns its path.
 */
export function temporaryFile(name: string, bytes: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), "subquad-bench-"));
  const path = join(folder, name);
  process.once("exit", () => {
    rmSync(folder, { recursive: true, force: true });
  });
  writeFileSync(path, bytes);
  return path;
}
