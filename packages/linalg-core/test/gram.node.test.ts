import { gaussianArray } from "@subquad/test-kit";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { gram, gramAsync } from "../src/dense/gram.js";
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

  test.each(dtypes)("gramAsync, %s", async (dtype) => {
    const A = random(500, 211, dtype);
    for (const options of [{}, { side: "rows", alpha: -0.3 }, { triangle: "lower" }] as const) {
      await expectThreadsKeepBits(
        () => [gram(A, options)],
        async (control) => [await gramAsync(A, { ...options, ...control })],
      );
    }
  });
});
