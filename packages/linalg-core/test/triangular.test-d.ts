import { expectTypeOf, test } from "vitest";
import type { MatrixInput, NdArray } from "../src/array/types.js";
import { solveTriangular, type SolveTriangularOptions } from "../src/dense/triangular.js";

test("operands, options and result", () => {
  expectTypeOf<Parameters<typeof solveTriangular>>().toEqualTypeOf<
    [T: MatrixInput, B: MatrixInput, options?: SolveTriangularOptions | undefined]
  >();
  expectTypeOf(solveTriangular).returns.toEqualTypeOf<NdArray>();
  expectTypeOf<SolveTriangularOptions["side"]>().toEqualTypeOf<"left" | "right" | undefined>();
  solveTriangular([[1]], [[1]], { upper: true, transpose: true, unitDiagonal: false, side: "right" });
  // @ts-expect-error the right side is a matrix
  solveTriangular([[1]], [1]);
  // @ts-expect-error an unknown option
  solveTriangular([[1]], [[1]], { lower: true });
});
