/**
 * Passes over rows of float64, as in assembly/passes.ts.
 */
import type { ComputeMemory } from "../abi.js";
import { dotOf8 } from "./gemv.js";
import type { Real } from "./real.js";

/** to = from, `bytes` bytes a row. */
export function copyRows(memory: ComputeMemory, rows: number, bytes: number, from: number, fromLd: number, to: number, toLd: number): void {
  for (let i = 0; i < rows; i++) memory.f64.copyWithin((to + i * toLd) / 8, (from + i * fromLd) / 8, (from + i * fromLd + bytes) / 8);
}

/** max |entry|; NaN where one is not finite. */
export function largestEntry({ f64 }: ComputeMemory, rows: number, columns: number, A: number, ld: number): number {
  let largest = 0;
  let faults = 0;
  for (let i = 0; i < rows; i++) {
    const p = (A + i * ld) / 8;
    for (let q = p; q < p + columns; q++) {
      const x = f64[q]!;
      faults += x - x;
      largest = Math.max(largest, Math.abs(x));
    }
  }
  return faults === 0 ? largest : NaN;
}

/** sums += column sums of |entry|. */
export function columnSums({ f64 }: ComputeMemory, rows: number, columns: number, A: number, ld: number, sums: number): void {
  const s = sums / 8;
  for (let i = 0; i < rows; i++) {
    const p = (A + i * ld) / 8;
    for (let c = 0; c < columns; c++) f64[s + c]! += Math.abs(f64[p + c]!);
  }
}

/** The largest row sum of |entry|; entries four apart are summed in one lane. */
export function largestRowSum({ f64 }: ComputeMemory, rows: number, columns: number, A: number, ld: number): number {
  const fours = columns - (columns % 4);
  let largest = 0;
  for (let i = 0; i < rows; i++) {
    const p = (A + i * ld) / 8;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let q = p; q < p + fours; q += 4) {
      s0 += Math.abs(f64[q]!);
      s1 += Math.abs(f64[q + 1]!);
      s2 += Math.abs(f64[q + 2]!);
      s3 += Math.abs(f64[q + 3]!);
    }
    let sum = s0 + s2 + (s1 + s3);
    for (let q = p + fours; q < p + columns; q++) sum += Math.abs(f64[q]!);
    largest = Math.max(largest, sum);
  }
  return largest;
}

/** most = max(most, |entry|) for each column; NaN stays. */
export function columnMaxima({ f64 }: ComputeMemory, rows: number, columns: number, A: number, ld: number, most: number): void {
  const m = most / 8;
  for (let i = 0; i < rows; i++) {
    const p = (A + i * ld) / 8;
    for (let c = 0; c < columns; c++) f64[m + c] = Math.max(f64[m + c]!, Math.abs(f64[p + c]!));
  }
}

/** Rows from … to − 1 of L, unit lower, and of U times two factors. */
export function splitRows(
  memory: ComputeMemory,
  real: Real,
  n: number,
  from: number,
  to: number,
  packed: number,
  ld: number,
  f: number,
  g: number,
  L: number,
  U: number,
): number {
  const { f64 } = memory;
  const out = real.view(memory);
  const l = L / real.bytes;
  const u = U / real.bytes;
  let largest = 0;
  let faults = 0;
  for (let i = from; i < to; i++) {
    const p = (packed + i * ld) / 8;
    const row = (i - from) * n;
    for (let j = 0; j < i; j++) {
      out[l + row + j] = f64[p + j]!;
      out[u + row + j] = 0;
    }
    for (let j = i; j < n; j++) {
      const x = f64[p + j]!;
      if (Math.abs(x) > largest) largest = Math.abs(x);
      out[l + row + j] = 0;
      out[u + row + j] = x * f * g;
      faults += out[u + row + j]! - out[u + row + j]!;
    }
    out[l + row + i] = 1;
  }
  return faults === 0 ? largest : NaN;
}

/** The lower triangle of rows from … to − 1, with zeros above it. */
export function lowerRows({ f64 }: ComputeMemory, columns: number, from: number, to: number, A: number, ld: number, out: number): void {
  for (let i = from; i < to; i++) {
    const p = (A + i * ld) / 8;
    const q = out / 8 + (i - from) * columns;
    for (let j = 0; j < columns; j++) f64[q + j] = j <= i ? f64[p + j]! : 0;
  }
}

/** max |a_ij − a_ji| of rows from … to − 1 up to the diagonal. */
export function asymmetry({ f64 }: ComputeMemory, from: number, to: number, A: number, ld: number): number {
  let measured = 0;
  for (let i = from; i < to; i++) {
    for (let j = 0; j <= i; j++) {
      const size = Math.abs(f64[(A + i * ld) / 8 + j]! - f64[(A + j * ld) / 8 + i]!);
      if (size > measured) measured = size;
    }
  }
  return measured;
}

/** Steps from … to − 1 of T x = b in place, or of Tᵀ x = b. */
export function solveVector(
  { f64 }: ComputeMemory,
  n: number,
  T: number,
  ld: number,
  lower: number,
  unit: number,
  transposed: number,
  x: number,
  from: number,
  to: number,
): void {
  const descends = (lower !== 0) === (transposed !== 0);
  for (let s = from; s < to; s++) {
    const i = descends ? n - 1 - s : s;
    const row = (T + i * ld) / 8;
    const first = lower !== 0 ? 0 : i + 1;
    const count = lower !== 0 ? i : n - 1 - i;
    let value = f64[x / 8 + i]!;
    if (transposed === 0) value -= dotOf8(f64, row + first, f64, x / 8 + first, count);
    if (unit === 0) value /= f64[row + i]!;
    f64[x / 8 + i] = value;
    if (transposed !== 0) for (let k = first; k < first + count; k++) f64[x / 8 + k]! -= value * f64[row + k]!;
  }
}
