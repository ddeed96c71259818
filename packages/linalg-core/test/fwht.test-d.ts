import { expectTypeOf, test } from "vitest";
import type { MatrixInput, NdArray, VectorInput } from "../src/array/types.js";
import { fwht, fwhtAsync, type FwhtOptions } from "../src/transform/fwht.js";

test("operand, options and result", () => {
  expectTypeOf<Parameters<typeof fwht>>().toEqualTypeOf<[X: MatrixInput | VectorInput, options?: FwhtOptions | undefined]>();
  expectTypeOf(fwht).returns.toEqualTypeOf<NdArray>();
  expectTypeOf(fwhtAsync).returns.toEqualTypeOf<Promise<NdArray>>();
  fwht([1, 2], { axis: 0, normalize: true });
  void fwhtAsync(new Float32Array(4), { threads: 2 });
  // @ts-expect-error threads belong to the asynchronous form
  fwht([1, 2], { threads: 2 });
});
