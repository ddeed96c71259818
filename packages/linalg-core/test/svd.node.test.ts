import { gaussianArray } from "@subquad/test-kit";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { svd, svdAsync } from "../src/dense/svd.js";
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

  test.each(dtypes)("svdAsync, %s", async (dtype) => {
    for (const [m, n] of [
      [40, 30],
      [150, 110],
      [90, 200],
    ] as const) {
      const A = random(m, n, dtype);
      const parts = ({ U, s, V }: ReturnType<typeof svd>): NdArray[] => [U!, s, V!];
      await expectThreadsKeepBits(
        () => parts(svd(A)),
        async (control) => parts(await svdAsync(A, control)),
      );
    }
  });
});
