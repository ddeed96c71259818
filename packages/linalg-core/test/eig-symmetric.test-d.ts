import { expectTypeOf, test } from "vitest";
import type { MatrixInput, NdArray } from "../src/array/types.js";
import type { Certificate } from "../src/certificate.js";
import { eigSymmetric, eigSymmetricAsync, type EigSymmetricOptions, type EigSymmetricResult } from "../src/dense/eig-symmetric.js";

test("operand, options and result", () => {
  expectTypeOf<Parameters<typeof eigSymmetric>>().toEqualTypeOf<[A: MatrixInput, options?: EigSymmetricOptions | undefined]>();
  expectTypeOf(eigSymmetric).returns.toEqualTypeOf<EigSymmetricResult>();
  expectTypeOf(eigSymmetricAsync).returns.toEqualTypeOf<Promise<EigSymmetricResult>>();
  expectTypeOf<EigSymmetricResult["values"]>().toEqualTypeOf<NdArray>();
  expectTypeOf<EigSymmetricResult["vectors"]>().toEqualTypeOf<NdArray | undefined>();
  expectTypeOf<EigSymmetricResult["method"]>().toEqualTypeOf<"qr" | "jacobi">();
  expectTypeOf<EigSymmetricResult["certificate"]>().toEqualTypeOf<Certificate>();
  eigSymmetric([[1]], { vectors: false, method: "jacobi", range: { indices: [0, 1] }, symmetryTolerance: 0 });
  void eigSymmetricAsync([[1]], { threads: 2 });
  // @ts-expect-error a range of values
  eigSymmetric([[1]], { range: [0, 1] });
  // @ts-expect-error the controls of a run
  eigSymmetric([[1]], { threads: 2 });
});
