import { expectTypeOf, test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import * as ops from "../src/ops.js";

test("what each kind takes and gives", () => {
  expectTypeOf(ops.add).returns.toEqualTypeOf<NdArray>();
  expectTypeOf(ops.addseq).parameter(1).toBeNumber();
  expectTypeOf(ops.sum([1, 2])).toBeNumber();
  expectTypeOf(ops.argmin([1, 2])).toEqualTypeOf<number[]>();
  expectTypeOf(ops.equals([1], [1])).toBeBoolean();
  // @ts-expect-error the result needs a place to go
  ops.add([1], [2]);
});
