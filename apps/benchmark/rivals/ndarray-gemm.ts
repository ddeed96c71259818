/** ndarray-gemm: a blocked loop over scijs ndarrays, compiled from strings for their strides. */
import { loadPackage } from "./load.js";
import type { Values } from "../src/case.js";
import type { Rival } from "./rival.js";

interface Ndarray {
  readonly data: Values;
}
type NdarrayConstructor = (data: Values, shape: readonly number[]) => Ndarray;
type Gemm = (C: Ndarray, A: Ndarray, B: Ndarray) => void;

export const ndarrayGemm: Rival = {
  name: "ndarray-gemm",
  packages: ["ndarray-gemm", "ndarray"],
  home: ".",
  engine: "js",
  licence: "MIT",
  gemmLimit: { float32: 1024, float64: 1024 },
  async gemm({ m, k, n, A, B }) {
    const { module, version } = await loadPackage("ndarray-gemm", ".");
    const gemm = (module as { default: Gemm }).default;
    const ndarray = ((await loadPackage("ndarray", ".")).module as { default: NdarrayConstructor }).default;
    const C = ndarray(A instanceof Float32Array ? new Float32Array(m * n) : new Float64Array(m * n), [m, n]);
    const [a, b] = [ndarray(A, [m, k]), ndarray(B, [k, n])];
    return {
      version,
      run: () => {
        gemm(C, a, b);
        return C;
      },
      read: (output): Values => (output as Ndarray).data.slice(),
    };
  },
};
