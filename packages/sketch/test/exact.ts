/**
 * Numbers of the tests without rounding: a float64 is an integer times 2^−1074, a product of p of them one times 2^(−1074 p).
 */
import type { NdArray } from "@subquad/linalg-core";
import { valuesOf } from "./dense.js";

/** x 2^1074. */
export function whole(x: number): bigint {
  if (!Number.isFinite(x)) throw new Error(`${x} is no number`);
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, x);
  const word = bits.getBigUint64(0);
  const exponent = Number((word >> 52n) & 0x7ffn);
  const fraction = word & 0xfffffffffffffn;
  const size = exponent === 0 ? fraction : (fraction | 0x10000000000000n) << BigInt(exponent - 1);
  return word >> 63n === 1n ? -size : size;
}

/** A matrix of such integers, each over 2^(1074 power). */
export interface Exact {
  readonly rows: number;
  readonly columns: number;
  readonly power: number;
  readonly entries: readonly bigint[];
}

export function exact(A: NdArray): Exact {
  const [rows = 0, columns = 0] = A.shape;
  return { rows, columns, power: 1, entries: Array.from(valuesOf(A), whole) };
}

export function product(A: Exact, B: Exact): Exact {
  const { rows } = A, { columns } = B; // prettier-ignore
  const entries = new Array<bigint>(rows * columns).fill(0n);
  for (let i = 0; i < rows; i++) {
    for (let l = 0; l < A.columns; l++) {
      const a = A.entries[i * A.columns + l]!;
      if (a !== 0n) for (let j = 0; j < columns; j++) entries[i * columns + j]! += a * B.entries[l * columns + j]!;
    }
  }
  return { rows, columns, power: A.power + B.power, entries };
}

export function turned(A: Exact): Exact {
  const { rows, columns } = A;
  const entries = A.entries.map((_, p) => A.entries[(p % rows) * columns + Math.floor(p / rows)]!);
  return { ...A, rows: columns, columns: rows, entries };
}

/** A − B. */
export function difference(A: Exact, B: Exact): Exact {
  const power = Math.max(A.power, B.power);
  const [a, b] = [A, B].map((X) => X.entries.map((x) => x << BigInt(1074 * (power - X.power)))) as [bigint[], bigint[]];
  return { ...A, power, entries: a.map((x, p) => x - b[p]!) };
}

/** Σ of squares, over 2^(2148 power). */
export function squares(A: Exact): bigint {
  return A.entries.reduce((sum, x) => sum + x * x, 0n);
}

/** Whether ‖A‖_F ≤ bound. */
export function isWithin(A: Exact, bound: number): boolean {
  if (bound === Infinity) return true;
  const limit = whole(bound) << BigInt(1074 * (A.power - 1));
  return squares(A) <= limit * limit;
}

/** Whether |x| ≤ bound, x over 2^(1074 power). */
export function isBelow(x: bigint, power: number, bound: number): boolean {
  return bound === Infinity || (x < 0n ? -x : x) <= whole(bound) << BigInt(1074 * (power - 1));
}
