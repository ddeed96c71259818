import { expectTypeOf, test } from "vitest";
import type { MatrixInput, NdArray } from "../src/array/types.js";
import type { Certificate } from "../src/certificate.js";
import { cholesky, type CholeskyOptions, type CholeskyResult } from "../src/dense/cholesky.js";

test("the factorization", () => {
  expectTypeOf<Parameters<typeof cholesky>>().toEqualTypeOf<[A: MatrixInput, options?: CholeskyOptions | undefined]>();
  expectTypeOf(cholesky).returns.toEqualTypeOf<CholeskyResult>();
  const { L, solve, certificate, method } = cholesky([[1]]);
  expectTypeOf(L).toEqualTypeOf<NdArray>();
  expectTypeOf(solve).toEqualTypeOf<(B: MatrixInput) => NdArray>();
  expectTypeOf(certificate).toEqualTypeOf<Certificate>();
  expectTypeOf(method).toEqualTypeOf<"cholesky">();
  // @ts-expect-error results are not written to
  cholesky([[1]]).jitter = 1;
});

test("options", () => {
  expectTypeOf<CholeskyOptions["jitter"]>().toEqualTypeOf<"none" | "auto" | number | undefined>();
  cholesky([[1]], { jitter: 1e-9 });
  // @ts-expect-error no other word
  cholesky([[1]], { jitter: "some" });
  expectTypeOf<CholeskyOptions["pivot"]>().toEqualTypeOf<boolean | undefined>();
  cholesky([[1]], { pivot: true });
  // @ts-expect-error an unknown option
  cholesky([[1]], { tolerance: 1 });
});
