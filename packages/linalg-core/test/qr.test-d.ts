import { expectTypeOf, test } from "vitest";
import type { MatrixInput, NdArray } from "../src/array/types.js";
import type { Certificate } from "../src/certificate.js";
import { qr, qrAsync } from "../src/dense/qr.js";

test("qr", () => {
  const { Q, R, permutation, rank, applyQ, applyQTranspose, certificate } = qr([[1]], { pivot: true, rankTolerance: 1e-9, certify: true });
  expectTypeOf(Q).toExtend<NdArray | undefined>();
  expectTypeOf(R).toEqualTypeOf<NdArray>();
  expectTypeOf(permutation).toExtend<ArrayLike<number> | undefined>();
  expectTypeOf(rank).toEqualTypeOf<number>();
  expectTypeOf(certificate).toEqualTypeOf<Certificate>();
  expectTypeOf(applyQ).returns.toEqualTypeOf<NdArray>();
  expectTypeOf(applyQTranspose).parameter(0).toEqualTypeOf<MatrixInput>();
  expectTypeOf(qrAsync).returns.resolves.toExtend<{ readonly R: NdArray }>();
  qr([[1]], { mode: "r" });
  void qrAsync([[1]], { mode: "full", signal: new AbortController().signal });
  // @ts-expect-error no other word
  qr([[1]], { mode: "thin" });
  // @ts-expect-error a rank cut is called rankTolerance
  qr([[1]], { tolerance: 1e-9 });
  // @ts-expect-error a synchronous call has no threads
  qr([[1]], { threads: 2 });
  // @ts-expect-error results are not written to
  qr([[1]]).rank = 1;
});
