/**
 * Householder reflectors in float64, as in assembly/householder.ts: column j of A at A + j ld, its entries side by side.
 *
 *   H = I − tau v vᵀ, v_0 = 1      H x = beta e_0
 */
import { exponentOf, powerOfTwo } from "../../math/bits.js";
import type { ComputeMemory } from "../abi.js";
import { readWords } from "./real.js";

const REFLECT = ["m", "columns", "v", "C", "ld", "columnsPerTile"] as const;

/** <x, y>: eight sums over i mod 8, pairs of vectors added as the binary does, then the entries that are left. Positions count float64 values. */
export function dotAt(f64: Float64Array, n: number, x: number, y: number): number {
  const lane = (l: number): number => {
    let sum = 0;
    for (let i = l; i < whole; i += 8) sum += f64[x + i]! * f64[y + i]!;
    return sum;
  };
  const whole = n - (n % 8);
  const pair = (l: number): number => lane(l) + lane(l + 2) + (lane(l + 4) + lane(l + 6));
  let sum = pair(0) + pair(1);
  for (let i = whole; i < n; i++) sum += f64[x + i]! * f64[y + i]!;
  return sum;
}

function axpyAt(f64: Float64Array, n: number, alpha: number, x: number, y: number): void {
  for (let i = 0; i < n; i++) f64[y + i]! += alpha * f64[x + i]!;
}

/** x ← (beta, v_1, v_2, …), returns tau; 0 where x is a multiple of e_0 already. */
export function reflect(memory: ComputeMemory, m: number, x: number): number {
  return reflectAt(memory.f64, m, x / 8);
}

function reflectAt(f64: Float64Array, m: number, x: number): number {
  let tail = 0;
  for (let i = 1; i < m; i++) tail = Math.max(tail, Math.abs(f64[x + i]!));
  if (!(tail > 0)) return 0;
  const exponent = exponentOf(Math.max(tail, Math.abs(f64[x]!)));
  const down = exponent === 1023 ? 0.5 * powerOfTwo(-1022) : powerOfTwo(-exponent);
  for (let i = 0; i < m; i++) f64[x + i]! *= down;
  const alpha = f64[x]!;
  const norm = Math.sqrt(dotAt(f64, m, x, x));
  const beta = alpha < 0 ? norm : -norm;
  const scale = 1 / (alpha - beta);
  for (let i = 1; i < m; i++) f64[x + i]! *= scale;
  f64[x] = beta * powerOfTwo(exponent);
  return (beta - alpha) / beta;
}

export function householderPanel(memory: ComputeMemory, m: number, columns: number, A: number, ld: number, tau: number): void {
  const { f64 } = memory;
  for (let j = 0; j < Math.min(m, columns); j++) {
    const v = (A + j * ld) / 8 + j;
    const t = reflectAt(f64, m - j, v);
    f64[tau / 8 + j] = t;
    const beta = f64[v]!;
    f64[v] = 1;
    reflectRange(f64, m - j, columns - j - 1, v, t, v + ld / 8, ld / 8);
    f64[v] = beta;
  }
}

/** The first q columns of H_0 … H_(k−1), side by side. */
export function householderForm(
  memory: ComputeMemory,
  m: number,
  q: number,
  k: number,
  A: number,
  ld: number,
  tau: number,
  Q: number,
  ldq: number,
): void {
  const { f64 } = memory;
  const step = ldq / 8;
  for (let j = 0; j < q; j++) {
    const column = Q / 8 + j * step;
    f64.fill(0, column, column + m);
    f64[column + j] = 1;
  }
  for (let j = k - 1; j >= 0; j--) {
    const v = (A + j * ld) / 8 + j;
    const beta = f64[v]!;
    f64[v] = 1;
    reflectRange(f64, m - j, q - j, v, f64[tau / 8 + j]!, Q / 8 + j * (step + 1), step);
    f64[v] = beta;
  }
}

/** C ← H C for `count` columns of m entries, `step` values apart. */
function reflectRange(f64: Float64Array, m: number, count: number, v: number, tau: number, C: number, step: number): void {
  if (tau === 0) return;
  for (let k = 0; k < count; k++) axpyAt(f64, m, -tau * dotAt(f64, m, v, C + k * step), v, C + k * step);
}

/** C ← H C, some of the columns. */
export function reflectColumns(memory: ComputeMemory, args: number, tile: number): void {
  const { m, columns, v, C, ld, columnsPerTile } = readWords(memory, args, REFLECT);
  const first = tile * columnsPerTile;
  const count = Math.min(columnsPerTile, columns - first);
  reflectRange(memory.f64, m, count, v / 8, memory.f64[args / 8]!, (C + first * ld) / 8, ld / 8);
}

/** <x, y>. */
export function dot(memory: ComputeMemory, n: number, x: number, y: number): number {
  return dotAt(memory.f64, n, x / 8, y / 8);
}

/** y += alpha x. */
export function axpy(memory: ComputeMemory, n: number, alpha: number, x: number, y: number): void {
  axpyAt(memory.f64, n, alpha, x / 8, y / 8);
}
