import { gaussianArray, matmulOracle, plain } from "@subquad/test-kit";
import { afterAll, beforeAll, describe, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { solve, solveAsync } from "../src/dense/solve.js";
import { closePool, configure, ready } from "../src/runtime/environment.js";
import { expectThreadsKeepBits } from "./factorization-support.js";
import { dtypes, inDtype } from "./numeric-support.js";

const random = (m: number, n: number, dtype: DType): NdArray => inDtype(gaussianArray([m, n], { seed: `threads/${m}/${n}` }), dtype);

/** G Gᵀ + n I, symmetric to the last bit. */
function definite(n: number, dtype: DType): NdArray {
  const G = random(n, n, dtype);
  const { data } = matmulOracle(G, G, { transposeB: true });
  return inDtype(plain(data.map((x, p) => x + (p % (n + 1) === 0 ? n : 0)), [n, n]), dtype); // prettier-ignore
}

describe("laws: one, two, three threads and the calling thread give the same bits", () => {
  beforeAll(async () => {
    configure({ threads: 3 });
    await ready();
  });
  afterAll(async () => {
    configure({ threads: "auto" });
    await closePool();
  });

  test.each(dtypes)("solveAsync, %s", async (dtype) => {
    const B = random(200, 3, dtype);
    for (const assume of ["general", "symmetric-positive", "upper", "lower"] as const) {
      const A = definite(200, dtype);
      await expectThreadsKeepBits(
        () => [solve(A, B, { assume }).X],
        async (control) => [(await solveAsync(A, B, { assume, ...control })).X],
      );
    }
  });
});
