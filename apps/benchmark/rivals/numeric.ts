/** numeric: arrays of arrays of numbers in plain JavaScript. */
import type { Values } from "../src/case.js";
import { loadPackage } from "./load.js";
import type { Rival } from "./rival.js";

type Rows = number[][];
interface Numeric {
  dot(a: Rows, b: Rows): Rows;
}

export const numeric: Rival = {
  name: "numeric",
  packages: ["numeric"],
  home: ".",
  engine: "js",
  licence: "MIT",
  gemmLimit: { float64: 1024 },
  async gemm({ m, k, n, A, B }) {
    const { module, version } = await loadPackage("numeric", ".");
    const { dot } = (module as { default: Numeric }).default;
    const [a, b] = [rowsOf(A, m, k), rowsOf(B, k, n)];
    return { version, run: () => dot(a, b), read: (C): Values => Float64Array.from((C as Rows).flat()) };
  },
};

function rowsOf(values: Values, rows: number, columns: number): Rows {
  return Array.from({ length: rows }, (_, i) => Array.from(values.subarray(i * columns, (i + 1) * columns)));
}
