import { assertType, expectTypeOf, test } from "vitest";
import type { CsrMatrix, NdArray, RowBlockSource } from "@subquad/linalg-core";
import {
  openNpy,
  parseNpy,
  readMatrixMarket,
  readNpy,
  readNpz,
  writeMatrixMarket,
  writeNpy,
  writeNpz,
  type NpyDType,
  type NpyFile,
  type RowBlock,
} from "../src/index.js";

declare const A: NdArray;
declare const S: CsrMatrix;
declare const file: NpyFile;
declare const signal: AbortSignal;

test("npy", () => {
  expectTypeOf(readNpy("path", { dtype: "float32", maxBytes: 8, signal })).resolves.toEqualTypeOf<NdArray>();
  expectTypeOf(parseNpy(new Uint8Array(8))).toEqualTypeOf<NdArray>();
  expectTypeOf(writeNpy([[1, 2]], { dtype: "uint8", order: "column" })).toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  assertType<NpyDType>("bool");
  // @ts-expect-error a path is no bytes
  assertType(parseNpy("path"));
  // @ts-expect-error no such type
  assertType(writeNpy(A, { dtype: "complex128" }));
});

test("npy by rows", () => {
  expectTypeOf(openNpy("path", { blockRows: 8, allowSlow: true })).resolves.toEqualTypeOf<NpyFile>();
  assertType<RowBlockSource>(file);
  expectTypeOf(file.readRows(0, 2, { signal })).resolves.toEqualTypeOf<NdArray>();
  expectTypeOf(file.readBlock(0, signal)).resolves.toEqualTypeOf<NdArray>();
  expectTypeOf(file.rowBlocks(8, { signal })).toEqualTypeOf<AsyncIterable<RowBlock>>();
  // @ts-expect-error blocks are lent, whatever is said
  assertType(file.rowBlocks(8, { reuse: false }));
});

test("npz", () => {
  expectTypeOf(readNpz(new Blob([]), { names: ["a"] })).resolves.toEqualTypeOf<Record<string, NdArray>>();
  expectTypeOf(writeNpz({ A, b: [1, 2] })).toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  // @ts-expect-error entries have names
  assertType(writeNpz([A]));
});

test("Matrix Market", () => {
  expectTypeOf(readMatrixMarket(new ArrayBuffer(8), { maxBytes: 8 })).resolves.toEqualTypeOf<CsrMatrix | NdArray>();
  expectTypeOf(writeMatrixMarket(S, { symmetry: "symmetric", precision: 3 })).toEqualTypeOf<string>();
  assertType(writeMatrixMarket([[1, 2]]));
  // @ts-expect-error no such symmetry
  assertType(writeMatrixMarket(A, { symmetry: "hermitian" }));
});
