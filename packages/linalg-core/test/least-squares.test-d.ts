import { expectTypeOf, test } from "vitest";
import type { MatrixInput, NdArray } from "../src/array/types.js";
import type { Certificate } from "../src/certificate.js";
import { leastSquares, leastSquaresAsync, pseudoInverse } from "../src/dense/least-squares.js";

test("leastSquares and pseudoInverse", () => {
  const { X, rank, method, certificate } = leastSquares([[1]], [[1]], { method: "auto", rankTolerance: 1e-9 });
  expectTypeOf(X).toEqualTypeOf<NdArray>();
  expectTypeOf(rank).toEqualTypeOf<number>();
  expectTypeOf(method).toEqualTypeOf<"qr" | "svd">();
  expectTypeOf(certificate).toEqualTypeOf<Certificate>();
  expectTypeOf(leastSquares).parameter(1).toEqualTypeOf<MatrixInput>();
  expectTypeOf(leastSquaresAsync).returns.resolves.toExtend<{ readonly X: NdArray }>();
  pseudoInverse([[1]], { rankTolerance: 1e-9 });
  void leastSquaresAsync([[1]], [[1]], { method: "svd", threads: 2 });
  // @ts-expect-error a rank cut is called rankTolerance
  leastSquares([[1]], [[1]], { tolerance: 1e-9 });
  // @ts-expect-error the right side is a matrix
  leastSquares([[1]], [1]);
});
