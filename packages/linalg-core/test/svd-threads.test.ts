import { test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import { svd, svdAsync } from "../src/dense/svd.js";
import { describeThreads, expectThreadsKeepBits, gaussian } from "./factorization-support.js";
import { dtypes } from "./numeric-support.js";

describeThreads(() => {
  test.each(dtypes)("svdAsync, %s", async (dtype) => {
    for (const [m, n] of [
      [40, 30],
      [150, 110],
      [90, 200],
    ] as const) {
      const A = gaussian(m, n, dtype);
      const parts = ({ U, s, V }: ReturnType<typeof svd>): NdArray[] => [U!, s, V!];
      await expectThreadsKeepBits(
        () => parts(svd(A)),
        async (control) => parts(await svdAsync(A, control)),
      );
    }
  });
});
