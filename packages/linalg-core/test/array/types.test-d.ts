import ndarray from "ndarray";
import { expectTypeOf, test } from "vitest";
import { denseCopy } from "../../src/array/cast.js";
import { array, asArray } from "../../src/array/convert.js";
import { toNested } from "../../src/array/copy.js";
import { zeros } from "../../src/array/create.js";
import type { ArrayInput, ForeignMatrix, MatrixInput, NdArray, NdArrayLike, VectorInput } from "../../src/array/types.js";
import { slice, view } from "../../src/array/view.js";

test("what users hold is accepted", () => {
  expectTypeOf<number[][]>().toExtend<MatrixInput>();
  expectTypeOf<readonly Float32Array[]>().toExtend<MatrixInput>();
  expectTypeOf<readonly number[]>().toExtend<VectorInput>();
  expectTypeOf<Uint8Array>().toExtend<VectorInput>();
  expectTypeOf(ndarray(new Float64Array(4), [2, 2])).toExtend<MatrixInput>();
  expectTypeOf(ndarray(new Uint8Array(4), [2, 2])).toExtend<NdArrayLike>();
  expectTypeOf(ndarray([1, 2, 3, 4], [2, 2])).toExtend<MatrixInput>();
  expectTypeOf<NdArray>().toExtend<MatrixInput & VectorInput>();
  expectTypeOf<{ data: number[]; shape: number[]; strides: number[] }>().toExtend<ForeignMatrix>();
  expectTypeOf<{ rows: number; columns: number; get(i: number, j: number): number }>().toExtend<ForeignMatrix>();
  expectTypeOf<{ toArray(): number[][] }>().toExtend<ForeignMatrix>();
});

test("what is no array is refused by the compiler", () => {
  expectTypeOf<string>().not.toExtend<ArrayInput>();
  expectTypeOf<number>().not.toExtend<ArrayInput>();
  expectTypeOf<string[]>().not.toExtend<ArrayInput>();
  expectTypeOf<BigInt64Array>().not.toExtend<ArrayInput>();
  expectTypeOf<{ rows: number }>().not.toExtend<ArrayInput>();
});

test("results are NdArray, and an NdArray is an ndarray", () => {
  expectTypeOf(zeros([1])).toEqualTypeOf<NdArray>();
  expectTypeOf(array([1])).toEqualTypeOf<NdArray>();
  expectTypeOf(asArray([1], "f(x)")).toEqualTypeOf<NdArray>();
  expectTypeOf(view(new Float32Array(1), [1])).toEqualTypeOf<NdArray>();
  expectTypeOf(slice([1], 0)).toEqualTypeOf<NdArray>();
  expectTypeOf<NdArray>().toExtend<ndarray.NdArray>();
  expectTypeOf(zeros([1]).get(0)).toBeNumber();
  expectTypeOf(zeros([1]).data).toEqualTypeOf<Float64Array | Float32Array | Int32Array>();
  expectTypeOf(denseCopy(zeros([1]), "float32")).toEqualTypeOf<Float32Array<ArrayBuffer>>();
  expectTypeOf(toNested([1])).toEqualTypeOf<number[] | number[][]>();
});
