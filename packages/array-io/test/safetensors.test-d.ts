import { assertType, expectTypeOf, test } from "vitest";
import type { NdArray } from "@subquad/linalg-core";
import { openSafetensors, writeSafetensors, type SafetensorsFile, type TensorInfo } from "../src/index.js";

declare const A: NdArray;
declare const file: SafetensorsFile;

test("sources", () => {
  expectTypeOf(openSafetensors("path")).resolves.toEqualTypeOf<SafetensorsFile>();
  assertType(openSafetensors(new Uint8Array(8)));
  assertType(openSafetensors(new ArrayBuffer(8)));
  assertType(openSafetensors(new Blob([])));
  assertType(openSafetensors({ size: 8, read: () => Promise.resolve(new Uint8Array(8)) }, { signal: new AbortController().signal }));
  // @ts-expect-error a list of numbers is no source
  assertType(openSafetensors([1, 2]));
});

test("reading", () => {
  expectTypeOf(file.info("x")).toEqualTypeOf<TensorInfo>();
  expectTypeOf(file.read("x", { dtype: "float64" })).resolves.toEqualTypeOf<NdArray>();
  expectTypeOf(file.readRows("x", 0, 2)).resolves.toEqualTypeOf<NdArray>();
  // @ts-expect-error no such type
  assertType(file.read("x", { dtype: "int8" }));
});

test("writing", () => {
  expectTypeOf(writeSafetensors({ A, b: [1, 2], C: [[1], [2]], codes: new Uint8Array(2) }, { made: "here" })).toEqualTypeOf<
    Uint8Array<ArrayBuffer>
  >();
  // @ts-expect-error metadata are text
  assertType(writeSafetensors({ A }, { steps: 3 }));
});
