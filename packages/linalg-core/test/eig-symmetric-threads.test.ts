import { test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import { eigSymmetric, eigSymmetricAsync } from "../src/dense/eig-symmetric.js";
import { definite, describeThreads, expectThreadsKeepBits } from "./factorization-support.js";
import { dtypes } from "./numeric-support.js";

describeThreads(() => {
  test.each(dtypes)("eigSymmetricAsync, %s", async (dtype) => {
    for (const n of [20, 150]) {
      const A = definite(n, dtype);
      const parts = ({ values, vectors }: ReturnType<typeof eigSymmetric>): NdArray[] => [values, vectors!];
      await expectThreadsKeepBits(
        () => parts(eigSymmetric(A)),
        async (control) => parts(await eigSymmetricAsync(A, control)),
      );
    }
  });
});
