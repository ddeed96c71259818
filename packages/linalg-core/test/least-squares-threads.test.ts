import { test } from "vitest";
import { leastSquares, leastSquaresAsync } from "../src/dense/least-squares.js";
import { describeThreads, expectThreadsKeepBits, gaussian } from "./factorization-support.js";
import { dtypes } from "./numeric-support.js";

describeThreads(() => {
  test.each(dtypes)("leastSquaresAsync, %s", async (dtype) => {
    const [A, B] = [gaussian(220, 120, dtype), gaussian(220, 3, dtype)];
    for (const method of ["qr", "svd"] as const) {
      await expectThreadsKeepBits(
        () => [leastSquares(A, B, { method }).X],
        async (control) => [(await leastSquaresAsync(A, B, { method, ...control })).X],
      );
    }
  });
});
