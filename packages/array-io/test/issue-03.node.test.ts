/**
 * What was found by attacking the readers of paths.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FormatError } from "@subquad/linalg-core";
import { describe, expect, test } from "vitest";
import { openSafetensors, readMatrixMarket, readNpy, readNpz } from "../src/index.js";

describe.skipIf(process.platform === "win32")("issue-03: paths that are no files", () => {
  test("a named pipe that nobody writes to: opening it never came back", async () => {
    const folder = mkdtempSync(join(tmpdir(), "subquad-"));
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    try {
      for (const read of [readNpy, readNpz, readMatrixMarket, openSafetensors]) await expect(read(pipe)).rejects.toThrow(FormatError);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
