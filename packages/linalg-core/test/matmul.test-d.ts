import { expectTypeOf, test } from "vitest";
import type { MatrixInput, NdArray } from "../src/array/types.js";
import type { CsrMatrix } from "../src/sparse/csr.js";
import { matmul, matmulAsync, type MatmulOptions } from "../src/dense/matmul.js";
import type { RunControl } from "../src/runtime/steps.js";

test("operands and results", () => {
  expectTypeOf<Parameters<typeof matmul>>().toEqualTypeOf<
    [A: MatrixInput | CsrMatrix, B: MatrixInput, options?: MatmulOptions | undefined]
  >();
  expectTypeOf(matmul).returns.toEqualTypeOf<NdArray>();
  expectTypeOf(matmulAsync).parameter(2).toEqualTypeOf<(MatmulOptions & RunControl) | undefined>();
  expectTypeOf(matmulAsync).returns.resolves.toEqualTypeOf<NdArray>();
  matmul([[1]], [new Float32Array(1)]);
  // @ts-expect-error a vector is no matrix
  matmul([1, 2], [[1]]);
});

test("options", () => {
  expectTypeOf<MatmulOptions>().toEqualTypeOf<{
    readonly transposeA?: boolean;
    readonly transposeB?: boolean;
    readonly alpha?: number;
    readonly beta?: number;
    readonly out?: NdArray;
  }>();
  // @ts-expect-error a synchronous call has no threads
  matmul([[1]], [[1]], { threads: 2 });
  // @ts-expect-error the result goes to an NdArray, which a list is not
  matmul([[1]], [[1]], { out: [[0]] });
  void matmulAsync([[1]], [[1]], { threads: "auto", onProgress: (done: number, total: number) => done / total });
});
