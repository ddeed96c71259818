import { gaussianArray } from "@subquad/test-kit";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { qr, qrAsync } from "../src/dense/qr.js";
import { closePool, configure, ready } from "../src/runtime/environment.js";
import { expectThreadsKeepBits } from "./factorization-support.js";
import { dtypes, inDtype } from "./numeric-support.js";

const random = (m: number, n: number, dtype: DType): NdArray => inDtype(gaussianArray([m, n], { seed: `threads/${m}/${n}` }), dtype);

describe("laws: one, two, three threads and the calling thread give the same bits", () => {
  beforeAll(async () => {
    configure({ threads: 3 });
    await ready();
  });
  afterAll(async () => {
    configure({ threads: "auto" });
    await closePool();
  });

  test.each(dtypes)("qrAsync, %s", async (dtype) => {
    for (const [m, n, pivot] of [
      [260, 150, false],
      [90, 200, false],
      [150, 120, true],
    ] as const) {
      const [A, X] = [random(m, n, dtype), random(m, 3, dtype)];
      const parts = ({ Q, R, applyQTranspose }: ReturnType<typeof qr>): NdArray[] => [Q!, R, applyQTranspose(X)];
      await expectThreadsKeepBits(
        () => parts(qr(A, { pivot })),
        async (control) => parts(await qrAsync(A, { pivot, ...control })),
      );
    }
  });
});
