import { test } from "vitest";
import { solve, solveAsync } from "../src/dense/solve.js";
import { definite, describeThreads, expectThreadsKeepBits, gaussian } from "./factorization-support.js";
import { dtypes } from "./numeric-support.js";

describeThreads(() => {
  test.each(dtypes)("solveAsync, %s", async (dtype) => {
    const B = gaussian(200, 3, dtype);
    for (const assume of ["general", "symmetric-positive", "upper", "lower"] as const) {
      const A = definite(200, dtype);
      await expectThreadsKeepBits(
        () => [solve(A, B, { assume }).X],
        async (control) => [(await solveAsync(A, B, { assume, ...control })).X],
      );
    }
  });
});
