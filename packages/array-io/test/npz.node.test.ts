import { expect, test } from "vitest";
import { gaussianArray } from "@subquad/test-kit";
import { readNpz, writeNpz } from "../src/index.js";
import { handlesLeft } from "./handles.js";

test("readNpz closes its file on every path", async () => {
  const bytes = writeNpz({ a: gaussianArray([100, 3]), b: [1] });
  expect(await handlesLeft(bytes, readNpz)).toBe(0);
  const failed = (path: string): Promise<unknown> => readNpz(path).catch(() => "refused");
  for (const damaged of [bytes.subarray(1), bytes.subarray(0, -1), bytes.slice().fill(1, 200, 201)]) {
    expect(await handlesLeft(damaged, failed)).toBe(0);
  }
  expect(await handlesLeft(bytes, (path) => readNpz(path, { names: ["c"] }).catch(() => "no such array"))).toBe(0);
  expect(await handlesLeft(bytes, (path) => readNpz(path, { signal: AbortSignal.abort() }).catch(() => "aborted"))).toBe(0);
});
