import { gaussianArray } from "@subquad/test-kit";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { leastSquares, leastSquaresAsync } from "../src/dense/least-squares.js";
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

  test.each(dtypes)("leastSquaresAsync, %s", async (dtype) => {
    const [A, B] = [random(220, 120, dtype), random(220, 3, dtype)];
    for (const method of ["qr", "svd"] as const) {
      await expectThreadsKeepBits(
        () => [leastSquares(A, B, { method }).X],
        async (control) => [(await leastSquaresAsync(A, B, { method, ...control })).X],
      );
    }
  });
});
