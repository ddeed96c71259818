/** numpy-ts: NumPy's interface over WebAssembly kernels. Its heap is freed by `dispose()` only, and full it falls to a twentieth of its speed. */
import type { Values } from "../src/case.js";
import { loadPackage } from "./load.js";
import type { Rival } from "./rival.js";

interface NumpyArray {
  readonly data: Values;
  reshape(shape: readonly number[]): NumpyArray;
  dispose(): void;
}
interface Numpy {
  array(values: Values, dtype: "float32" | "float64"): NumpyArray;
  matmul(a: NumpyArray, b: NumpyArray): NumpyArray;
}

export const numpyTs: Rival = {
  name: "numpy-ts",
  packages: ["numpy-ts"],
  home: ".",
  engine: "wasm",
  licence: "MIT",
  gemmLimit: { float32: 4096, float64: 4096 },
  async gemm({ m, k, n, A, B }) {
    const { module, version } = await loadPackage("numpy-ts", ".");
    const np = module as Numpy;
    const dtype = A instanceof Float32Array ? "float32" : "float64";
    const flat = [np.array(A, dtype), np.array(B, dtype)] as const;
    const [a, b] = [flat[0].reshape([m, k]), flat[1].reshape([k, n])];
    return {
      version,
      run: () => np.matmul(a, b),
      read: (C) => (C as NumpyArray).data.slice(0, m * n),
      release: (C) => {
        (C as NumpyArray).dispose();
      },
      close: () => {
        for (const array of [a, b, ...flat]) array.dispose();
      },
    };
  },
};
