import { expectTypeOf, test } from "vitest";
import type { MatrixInput, NdArray } from "../src/array/types.js";
import { logSumExpRows, softmaxRows, type LogSumExpRowsOptions, type SoftmaxRowsOptions } from "../src/elementwise/softmax.js";

test("operands, options and results", () => {
  expectTypeOf<Parameters<typeof softmaxRows>>().toEqualTypeOf<[S: MatrixInput, options?: SoftmaxRowsOptions | undefined]>();
  expectTypeOf<Parameters<typeof logSumExpRows>>().toEqualTypeOf<[S: MatrixInput, options?: LogSumExpRowsOptions | undefined]>();
  expectTypeOf(softmaxRows).returns.toEqualTypeOf<NdArray>();
  expectTypeOf(logSumExpRows).returns.toEqualTypeOf<NdArray>();
  softmaxRows([[0, 1]], { scale: 2, keyMask: [1, 0] });
  // @ts-expect-error a vector is no matrix
  softmaxRows([0, 1]);
  // @ts-expect-error a vector of results goes nowhere else
  logSumExpRows([[0]], { out: softmaxRows([[0]]) });
});
