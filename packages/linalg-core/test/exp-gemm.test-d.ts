import { expectTypeOf, test } from "vitest";
import type { MatrixInput, NdArray, VectorInput } from "../src/array/types.js";
import { expGemm, expGemmSync, type ExpGemmOptions } from "../src/attention/exp-gemm.js";
import type { RunControl } from "../src/runtime/steps.js";

test("both forms", () => {
  expectTypeOf<Parameters<typeof expGemmSync>>().toEqualTypeOf<[A: MatrixInput, B: MatrixInput, options?: ExpGemmOptions | undefined]>();
  expectTypeOf(expGemm).parameter(2).toEqualTypeOf<(ExpGemmOptions & RunControl) | undefined>();
  expectTypeOf(expGemmSync).returns.toEqualTypeOf<NdArray>();
  expectTypeOf(expGemm).returns.resolves.toEqualTypeOf<NdArray>();
  // @ts-expect-error a synchronous call reports no progress
  expGemmSync([[1]], [[1]], { onProgress: () => undefined });
});

test("options", () => {
  expectTypeOf<ExpGemmOptions>().toEqualTypeOf<{
    readonly scale?: number;
    readonly rowShift?: VectorInput;
    readonly columnShift?: VectorInput;
    readonly clamp?: boolean;
    readonly times?: MatrixInput;
    readonly transposed?: boolean;
    readonly weights?: VectorInput;
  }>();
});
