import { expectTypeOf, test } from "vitest";
import type { MatrixInput, NdArray } from "../src/array/types.js";
import type { Certificate } from "../src/certificate.js";
import { cholesky, choleskyAsync } from "../src/dense/cholesky.js";

test("cholesky with pivot", () => {
  const { L, permutation, rank, jitter, certificate } = cholesky([[1]], { pivot: true, certify: true });
  expectTypeOf(L).toEqualTypeOf<NdArray>();
  expectTypeOf(permutation).toExtend<ArrayLike<number> | undefined>();
  expectTypeOf(rank).toEqualTypeOf<number>();
  expectTypeOf(jitter).toEqualTypeOf<number>();
  expectTypeOf(certificate).toEqualTypeOf<Certificate>();
  expectTypeOf(cholesky).parameter(0).toEqualTypeOf<MatrixInput>();
  void choleskyAsync([[1]], { pivot: true, threads: 2 });
  // @ts-expect-error a flag, not a word
  cholesky([[1]], { pivot: "complete" });
  // @ts-expect-error a synchronous call has no threads
  cholesky([[1]], { threads: 2 });
});
