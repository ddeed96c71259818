import { expectTypeOf, test } from "vitest";
import type { MatrixInput, NdArray, VectorInput } from "../src/array/types.js";
import { matvec, matvecAsync, type MatvecOptions } from "../src/dense/matvec.js";
import { dot, norm } from "../src/dense/norm.js";
import { productBound } from "../src/dense/product-bound.js";
import { backwardError, residual } from "../src/dense/residual.js";
import type { LinearOperator } from "../src/operator.js";
import type { RunControl } from "../src/runtime/steps.js";
import { csr, csrFromDense, csrFromTriplets, csrToDense, isCsr, type CsrMatrix } from "../src/sparse/csr.js";
import { selectColumns, selectRows } from "../src/sparse/select.js";

test("sparse matrices", () => {
  expectTypeOf(csr).returns.toEqualTypeOf<CsrMatrix>();
  expectTypeOf(csrFromTriplets).returns.toEqualTypeOf<CsrMatrix>();
  expectTypeOf(csrFromDense).returns.toEqualTypeOf<CsrMatrix>();
  expectTypeOf(csrToDense).returns.toEqualTypeOf<NdArray>();
  expectTypeOf(selectColumns).returns.toEqualTypeOf<CsrMatrix>();
  expectTypeOf(selectRows).returns.toEqualTypeOf<CsrMatrix>();
  expectTypeOf(isCsr).parameter(0).toBeUnknown();
  expectTypeOf<CsrMatrix["values"]>().toEqualTypeOf<Float64Array | Float32Array>();
  // @ts-expect-error a sparse matrix has two axes
  csr([2], [0, 0, 0], [], []);
  // @ts-expect-error its arrays do not change
  csr([0, 0], [0], [], []).values = new Float64Array(0);
});

test("products and norms", () => {
  expectTypeOf(matvec).parameter(0).toEqualTypeOf<MatrixInput | CsrMatrix | LinearOperator>();
  expectTypeOf(matvec).returns.toEqualTypeOf<NdArray>();
  expectTypeOf(matvecAsync).parameter(2).toEqualTypeOf<(MatvecOptions & RunControl) | undefined>();
  expectTypeOf(matvecAsync).returns.resolves.toEqualTypeOf<NdArray>();
  expectTypeOf(dot).returns.toBeNumber();
  expectTypeOf(norm).returns.toBeNumber();
  expectTypeOf(productBound).returns.toBeNumber();
  expectTypeOf(backwardError).returns.toBeNumber();
  expectTypeOf(residual).returns.toEqualTypeOf<NdArray>();
  expectTypeOf(residual).parameter(1).toEqualTypeOf<MatrixInput | VectorInput>();
  // @ts-expect-error a synchronous call has no threads
  matvec([[1]], [1], { threads: 2 });
  // @ts-expect-error no such norm
  norm([1], { kind: "two" });
});
