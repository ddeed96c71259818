import { expectTypeOf, test } from "vitest";
import { assertFinite, column, copy, dtypeOf, identity, promote, reshape, row, type DType, type NdArray } from "../../src/index.js";

test("arrays in, arrays out", () => {
  const I = identity(2, { dtype: "float32" });
  expectTypeOf(I).toEqualTypeOf<NdArray>();
  expectTypeOf(row([[1]], 0)).toEqualTypeOf<NdArray>();
  expectTypeOf(column([[1]], 0)).toEqualTypeOf<NdArray>();
  expectTypeOf(reshape([1, 2], [2, 1])).toEqualTypeOf<NdArray>();
  expectTypeOf(copy([[1]], { order: "column", dtype: "float64" })).toEqualTypeOf<NdArray>();
  expectTypeOf(dtypeOf(I)).toEqualTypeOf<DType>();
  expectTypeOf(promote(I, I)).toEqualTypeOf<DType>();
  expectTypeOf(assertFinite).returns.toBeVoid();
  assertFinite([1], "f(x)");
});

test("what is refused by the compiler", () => {
  // @ts-expect-error no such dtype
  identity(2, { dtype: "int32" });
  // @ts-expect-error no such order
  copy([[1]], { order: "C" });
  // @ts-expect-error a vector has no rows
  row(7, 0);
  // @ts-expect-error a list is not yet an NdArray
  dtypeOf([1]);
});
