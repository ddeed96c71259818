import { expectTypeOf, test } from "vitest";
import type { MatrixInput, NdArray } from "../src/array/types.js";
import type { Certificate } from "../src/certificate.js";
import { lu, luAsync } from "../src/dense/lu.js";

test("lu", () => {
  const { L, U, permutation, solve, reciprocalCondition, growth, certificate } = lu([[1]], { certify: true });
  expectTypeOf(L).toEqualTypeOf<NdArray>();
  expectTypeOf(U).toEqualTypeOf<NdArray>();
  expectTypeOf(permutation).toExtend<ArrayLike<number>>();
  expectTypeOf(solve).parameter(0).toEqualTypeOf<MatrixInput>();
  expectTypeOf(solve).returns.toEqualTypeOf<NdArray>();
  expectTypeOf(reciprocalCondition).toEqualTypeOf<number>();
  expectTypeOf(growth).toEqualTypeOf<number>();
  expectTypeOf(certificate).toEqualTypeOf<Certificate>();
  solve([[1]], { transpose: true, refine: false });
  void luAsync([[1]], { threads: "auto" });
  // @ts-expect-error an unknown option
  lu([[1]], { pivot: false });
  // @ts-expect-error the right side is a matrix
  solve([1]);
});
