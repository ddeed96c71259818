/** mathjs: sparse matrices in compressed columns, of any kind of number, in plain JavaScript. */
import type { Values } from "../src/case.js";
import { loadPackage } from "./load.js";
import type { Rival } from "./rival.js";
import { joined, rowsOf, type Rows } from "./rows.js";

interface MathMatrix {
  toArray(): Rows;
}
interface Mathjs {
  readonly SparseMatrix: new (parts: {
    readonly values: number[];
    readonly index: number[];
    readonly ptr: number[];
    readonly size: readonly [number, number];
    readonly datatype: "number";
  }) => MathMatrix;
  matrix(rows: Rows, format: "dense", datatype: "number"): MathMatrix;
  multiply(a: MathMatrix, b: MathMatrix): MathMatrix;
}

export const mathjs: Rival = {
  name: "mathjs",
  packages: ["mathjs"],
  home: "rivals-mathjs",
  engine: "js",
  licence: "Apache-2.0",
  async sparse({ m, n, p, rowPointers, columns, values, B }) {
    const { module, version } = await loadPackage("mathjs", "rivals-mathjs");
    const { SparseMatrix, matrix, multiply } = module as Mathjs;
    const byColumn = Array.from({ length: n }, (): [number, number][] => []);
    for (let i = 0; i < m; i++) for (let q = rowPointers[i]!; q < rowPointers[i + 1]!; q++) byColumn[columns[q]!]!.push([i, values[q]!]);
    const ptr = [0];
    for (const entries of byColumn) ptr.push(ptr.at(-1)! + entries.length);
    const flat = byColumn.flat();
    const S = new SparseMatrix({ values: flat.map(([, x]) => x), index: flat.map(([i]) => i), ptr, size: [m, n], datatype: "number" });
    const b = matrix(rowsOf(B, n, p), "dense", "number");
    return { version, run: () => multiply(S, b), read: (C): Values => joined((C as MathMatrix).toArray()) };
  },
};
