import { test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import { lu, luAsync } from "../src/dense/lu.js";
import { describeThreads, expectThreadsKeepBits, gaussian } from "./factorization-support.js";
import { dtypes } from "./numeric-support.js";

describeThreads(() => {
  test.each(dtypes)("luAsync, %s", async (dtype) => {
    const [A, B] = [gaussian(230, 230, dtype), gaussian(230, 3, dtype)];
    const parts = ({ L, U, solve }: ReturnType<typeof lu>): NdArray[] => [L, U, solve(B)];
    await expectThreadsKeepBits(
      () => parts(lu(A)),
      async (control) => parts(await luAsync(A, control)),
    );
  });
});
