import { expectTypeOf, test } from "vitest";
import { kernelOracle, type KernelName, type KernelSpec } from "../src/kernel-oracle.js";
import type { PsdOracle } from "../src/psd-oracle.js";

test("kernels by name or by function", () => {
  expectTypeOf<KernelName>().toEqualTypeOf<"gaussian" | "exp" | "laplace" | "matern32" | "matern52" | "polynomial" | "linear">();
  expectTypeOf<KernelSpec>().toEqualTypeOf<KernelName | ((x: Float64Array, y: Float64Array) => number)>();
  expectTypeOf(kernelOracle([[0], [1]], { kernel: "exp", scale: 2, logWeights: [0, 0] })).toEqualTypeOf<PsdOracle>();
  expectTypeOf(kernelOracle).toBeCallableWith([[1], [2]], { kernel: (x, y) => x[0]! * y[0]! });
  // @ts-expect-error no such kernel
  kernelOracle([[0]], { kernel: "rbf" });
});
