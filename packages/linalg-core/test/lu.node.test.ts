import { gaussianArray } from "@subquad/test-kit";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { lu, luAsync } from "../src/dense/lu.js";
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

  test.each(dtypes)("luAsync, %s", async (dtype) => {
    const [A, B] = [random(230, 230, dtype), random(230, 3, dtype)];
    const parts = ({ L, U, solve }: ReturnType<typeof lu>): NdArray[] => [L, U, solve(B)];
    await expectThreadsKeepBits(
      () => parts(lu(A)),
      async (control) => parts(await luAsync(A, control)),
    );
  });
});
