import { expectTypeOf, test } from "vitest";
import type { MatrixInput, NdArray, VectorInput } from "../src/array/types.js";
import { exp, type ExpOptions } from "../src/elementwise/exp.js";

test("operand, options and result", () => {
  expectTypeOf<Parameters<typeof exp>>().toEqualTypeOf<[x: MatrixInput | VectorInput, options?: ExpOptions | undefined]>();
  expectTypeOf(exp).returns.toEqualTypeOf<NdArray>();
  exp([0, 1]);
  exp([[0], [1]]);
  exp(new Float32Array(3), { out: exp([1, 2, 3]) });
  // @ts-expect-error a number is no array
  exp(1);
});
