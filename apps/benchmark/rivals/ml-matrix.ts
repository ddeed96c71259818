/** ml-matrix: rows of Float64Arrays, a blocked loop in plain JavaScript. */
import type { Values } from "../src/case.js";
import { loadPackage } from "./load.js";
import type { Rival } from "./rival.js";

interface Matrix {
  mmul(other: Matrix): Matrix;
  to1DArray(): number[];
}
interface MlMatrix {
  readonly Matrix: { from1DArray(rows: number, columns: number, values: ArrayLike<number>): Matrix };
}

export const mlMatrix: Rival = {
  name: "ml-matrix",
  packages: ["ml-matrix"],
  home: ".",
  engine: "js",
  licence: "MIT",
  gemmLimit: { float64: 1024 },
  async gemm({ m, k, n, A, B }) {
    const { module, version } = await loadPackage("ml-matrix", ".");
    const { Matrix } = module as MlMatrix;
    const [a, b] = [Matrix.from1DArray(m, k, A), Matrix.from1DArray(k, n, B)];
    return { version, run: () => a.mmul(b), read: (C): Values => Float64Array.from((C as Matrix).to1DArray()) };
  },
};
