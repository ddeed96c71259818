/**
 * Matrix Market texts made by a seed, and their matrices as dense values.
 */
import type { CsrMatrix, NdArray } from "@subquad/linalg-core";
import { pack, testRandom } from "@subquad/test-kit";
import { readMatrixMarket } from "../src/index.js";

export function encoded(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

export function read(text: string): Promise<CsrMatrix | NdArray> {
  return readMatrixMarket(encoded(text));
}

export function isSparse(A: CsrMatrix | NdArray): A is CsrMatrix {
  return "rowPointers" in A;
}

/** Values in row-major order, whatever holds them. */
export function denseOf(A: CsrMatrix | NdArray): Float64Array {
  if (!isSparse(A)) return pack(A);
  const [m, n] = A.shape;
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let p = A.rowPointers[i]!; p < A.rowPointers[i + 1]!; p++) out[i * n + A.columns[p]!] = A.values[p]!;
  }
  return out;
}

export interface Sample {
  readonly text: string;
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
  /** Entries that the matrix has, the implied half included. */
  readonly stored: number;
}

/** `entries` lines of different places, in random order. */
export function sample(
  rows: number,
  columns: number,
  entries: number,
  field: "real" | "integer" | "pattern",
  symmetry: "general" | "symmetric" | "skew-symmetric",
  seed: string,
): Sample {
  // prettier-ignore
  const { below, normal } = testRandom(seed);
  const values = new Float64Array(rows * columns);
  const places = new Set<number>();
  const lines: string[] = [];
  let stored = 0;
  while (places.size < entries) {
    let [i, j] = [below(rows), below(columns)];
    if (symmetry !== "general" && i < j) [i, j] = [j, i];
    if (places.has(i * columns + j) || (symmetry === "skew-symmetric" && i === j)) continue;
    places.add(i * columns + j);
    const value = field === "pattern" ? 1 : field === "integer" ? below(200) - 100 : normal() * 10 ** (below(40) - 20);
    values[i * columns + j] = value;
    stored++;
    if (symmetry !== "general" && i !== j) {
      values[j * columns + i] = symmetry === "symmetric" ? value : -value;
      stored++;
    }
    lines.push(field === "pattern" ? `${i + 1} ${j + 1}` : `${i + 1} ${j + 1} ${value}`);
  }
  const text = `%%MatrixMarket matrix coordinate ${field} ${symmetry}\n% made by a seed\n${rows} ${columns} ${entries}\n${lines.join("\n")}\n`;
  return { text, rows, columns, values, stored };
}
