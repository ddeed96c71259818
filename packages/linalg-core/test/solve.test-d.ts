import { expectTypeOf, test } from "vitest";
import type { MatrixInput, NdArray } from "../src/array/types.js";
import type { Certificate } from "../src/certificate.js";
import { solve, solveAsync } from "../src/dense/solve.js";

test("solve", () => {
  const { X, method, certificate } = solve([[1]], [[1]], { assume: "symmetric-positive" });
  expectTypeOf(X).toEqualTypeOf<NdArray>();
  expectTypeOf(method).toExtend<string>();
  expectTypeOf(certificate).toEqualTypeOf<Certificate>();
  expectTypeOf(solve).parameter(1).toEqualTypeOf<MatrixInput>();
  expectTypeOf(solveAsync).returns.resolves.toExtend<{ readonly X: NdArray }>();
  void solveAsync([[1]], [[1]], { assume: "upper", threads: 2 });
  // @ts-expect-error no other word
  solve([[1]], [[1]], { assume: "banded" });
  // @ts-expect-error the right side is a matrix
  solve([[1]], [1]);
  // @ts-expect-error a synchronous call has no signal
  solve([[1]], [[1]], { signal: undefined });
});
