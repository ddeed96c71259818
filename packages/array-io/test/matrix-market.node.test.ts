import { expect, test } from "vitest";
import { readMatrixMarket } from "../src/index.js";
import { handlesLeft } from "./handles.js";
import { encoded } from "./market-text.js";

const head = "%%MatrixMarket matrix coordinate real general\n";

test("readMatrixMarket closes its file on every path; a wrong file is refused with its line", async () => {
  const good = encoded(`${head}2 2 2\n1 1 4\n2 2 5\n`);
  expect(await handlesLeft(good, readMatrixMarket)).toBe(0);
  expect(await handlesLeft(good, (path) => readMatrixMarket(path, { maxBytes: 1 }).catch(() => "too large"))).toBe(0);
  expect(await handlesLeft(good, (path) => readMatrixMarket(path, { signal: AbortSignal.abort() }).catch(() => "aborted"))).toBe(0);
  const wrong = encoded(`${head}2 2 3\n1 1 4\n2 3 5\n2 2 x\n`);
  const left = await handlesLeft(wrong, async (path) => {
    await expect(readMatrixMarket(path)).rejects.toMatchObject({ code: "ERR_FORMAT", format: "matrix-market", line: 4, got: '"3"' });
  });
  expect(left).toBe(0);
});
