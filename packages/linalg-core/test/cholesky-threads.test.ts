import { test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import { cholesky, choleskyAsync } from "../src/dense/cholesky.js";
import { definite, describeThreads, expectThreadsKeepBits, gaussian } from "./factorization-support.js";
import { dtypes } from "./numeric-support.js";

describeThreads(() => {
  test.each(dtypes)("choleskyAsync, %s", async (dtype) => {
    const [A, B] = [definite(230, dtype), gaussian(230, 3, dtype)];
    for (const pivot of [false, true]) {
      const parts = ({ L, solve }: ReturnType<typeof cholesky>): NdArray[] => [L, solve(B)];
      await expectThreadsKeepBits(
        () => parts(cholesky(A, { pivot })),
        async (control) => parts(await choleskyAsync(A, { pivot, ...control })),
      );
    }
  });
});
