import { expectTypeOf, test } from "vitest";
import type { MatrixInput, NdArray } from "../src/array/types.js";
import type { Certificate } from "../src/certificate.js";
import { eigSymmetric, eigSymmetricAsync } from "../src/dense/eig-symmetric.js";

test("eigSymmetric", () => {
  const { values, vectors, certificate } = eigSymmetric([[1]], { method: "jacobi", range: [0, 2] });
  expectTypeOf(values).toEqualTypeOf<NdArray>();
  expectTypeOf(vectors).toExtend<NdArray | undefined>();
  expectTypeOf(certificate).toEqualTypeOf<Certificate>();
  expectTypeOf(eigSymmetric).parameter(0).toEqualTypeOf<MatrixInput>();
  eigSymmetric([[1]], { vectors: false });
  void eigSymmetricAsync([[1]], { method: "qr", threads: 2 });
  // @ts-expect-error a flag, not a word
  eigSymmetric([[1]], { vectors: "none" });
  // @ts-expect-error no other word
  eigSymmetric([[1]], { method: "lanczos" });
});
