import { expectTypeOf, test } from "vitest";
import type { CsrMatrix } from "../src/sparse/csr.js";
import type { MatrixInput, NdArray } from "../src/array/types.js";
import { gram, gramAsync } from "../src/dense/gram.js";

test("gram", () => {
  expectTypeOf(gram).parameter(0).toExtend<MatrixInput | CsrMatrix>();
  expectTypeOf(gram).returns.toEqualTypeOf<NdArray>();
  expectTypeOf(gramAsync).returns.resolves.toEqualTypeOf<NdArray>();
  gram([[1]], { side: "rows", alpha: 2, beta: 0, triangle: "both" });
  void gramAsync([[1]], { side: "columns", threads: 2 });
  // @ts-expect-error a vector is no matrix
  gram([1, 2]);
  // @ts-expect-error no other word
  gram([[1]], { side: "left" });
  // @ts-expect-error a synchronous call has no threads
  gram([[1]], { threads: 2 });
});
