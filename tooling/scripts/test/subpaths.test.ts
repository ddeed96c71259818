import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { exportKey, subpathsOf } from "../subpaths.mjs";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function packageWith(index: string, ...files: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "subpaths-"));
  folders.push(folder);
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "src/index.ts"), index);
  for (const file of files) writeFileSync(join(folder, "src", file), "");
  return folder;
}

test("what index.ts re-exports values from is a subpath, vocabulary and types are not", () => {
  const folder = packageWith(
    [
      'export { matmul, type MatmulOptions } from "./dense/matmul.js";',
      'export {\n  type A,\n  cholesky,\n} from "./dense/cholesky.js";',
      'export { type Only } from "./only.js";',
      'export type * from "./types.js";',
      'export * from "./errors.js";',
      'export { view } from "./array/view.js";',
      'export { backend } from "./runtime/environment.js";',
    ].join("\n"),
    "steps.ts",
    "worker.ts",
  );
  expect(subpathsOf(folder)).toEqual([
    ["index", "src/index.ts"],
    ["cholesky", "src/dense/cholesky.ts"],
    ["matmul", "src/dense/matmul.ts"],
    ["steps", "src/steps.ts"],
    ["worker", "src/worker.ts"],
  ]);
});

test("two files of one name are refused", () => {
  const folder = packageWith('export { a } from "./dense/a.js";\nexport { b } from "./sparse/a.js";');
  expect(() => subpathsOf(folder)).toThrow("two files of one name");
});

test("keys", () => {
  expect(["index", "matmul", "worker"].map(exportKey)).toEqual([".", "./matmul", "./worker.js"]);
});
