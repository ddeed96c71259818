import { test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import { qr, qrAsync } from "../src/dense/qr.js";
import { describeThreads, expectThreadsKeepBits, gaussian } from "./factorization-support.js";
import { dtypes } from "./numeric-support.js";

describeThreads(() => {
  test.each(dtypes)("qrAsync, %s", async (dtype) => {
    for (const [m, n, pivot] of [
      [260, 150, false],
      [90, 200, false],
      [150, 120, true],
    ] as const) {
      const [A, X] = [gaussian(m, n, dtype), gaussian(m, 3, dtype)];
      const parts = ({ Q, R, applyQTranspose }: ReturnType<typeof qr>): NdArray[] => [Q!, R, applyQTranspose(X)];
      await expectThreadsKeepBits(
        () => parts(qr(A, { pivot })),
        async (control) => parts(await qrAsync(A, { pivot, ...control })),
      );
    }
  });
});
