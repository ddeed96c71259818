import { expectTypeOf, test } from "vitest";
import type { MatrixInput, NdArray } from "../src/array/types.js";
import type { Certificate } from "../src/certificate.js";
import { svd, svdAsync } from "../src/dense/svd.js";

test("svd", () => {
  const { U, s, V, rank, method, certificate } = svd([[1]], { vectors: "full", method: "golub-kahan" });
  expectTypeOf(U).toExtend<NdArray | undefined>();
  expectTypeOf(s).toEqualTypeOf<NdArray>();
  expectTypeOf(V).toExtend<NdArray | undefined>();
  expectTypeOf(rank).toEqualTypeOf<number>();
  expectTypeOf(method).toEqualTypeOf<"golub-kahan" | "jacobi">();
  expectTypeOf(certificate).toEqualTypeOf<Certificate>();
  expectTypeOf(svd).parameter(0).toEqualTypeOf<MatrixInput>();
  svd([[1]], { vectors: "none", method: "auto" });
  void svdAsync([[1]], { method: "jacobi", threads: 2 });
  // @ts-expect-error a word, not a flag
  svd([[1]], { vectors: false });
  // @ts-expect-error a synchronous call has no threads
  svd([[1]], { threads: 2 });
});
