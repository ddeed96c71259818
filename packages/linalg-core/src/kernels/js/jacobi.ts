/**
 * One-sided Jacobi in float64, as in assembly/jacobi.ts.
 */
import type { ComputeMemory } from "../abi.js";
import { dotAt } from "./householder.js";

/** One sweep over all pairs of the r columns of X [n] and J [r]; the number of pairs that were rotated. */
export function jacobiSweep(
  { f64 }: ComputeMemory,
  n: number,
  r: number,
  X: number,
  ldX: number,
  J: number,
  ldJ: number,
  tolerance: number,
): number {
  let rotated = 0;
  for (let i = 0; i < r - 1; i++) {
    for (let j = i + 1; j < r; j++) {
      const x = (X + i * ldX) / 8;
      const y = (X + j * ldX) / 8;
      const a = dotAt(f64, n, x, x);
      const b = dotAt(f64, n, y, y);
      const c = dotAt(f64, n, x, y);
      if (!(Math.abs(c) > tolerance * Math.sqrt(a) * Math.sqrt(b))) continue;
      rotated++;
      const zeta = (b - a) / (2 * c);
      const size = Math.abs(zeta);
      const t = (zeta < 0 ? -1 : 1) / (size + (size > 1e8 ? size : Math.sqrt(1 + size * size)));
      const cosine = 1 / Math.sqrt(1 + t * t);
      rotate(f64, n, x, y, cosine, cosine * t);
      rotate(f64, r, (J + i * ldJ) / 8, (J + j * ldJ) / 8, cosine, cosine * t);
    }
  }
  return rotated;
}

/** (x, y) ← (c x − s y, s x + c y). */
function rotate(f64: Float64Array, n: number, x: number, y: number, c: number, s: number): void {
  for (let k = 0; k < n; k++) {
    const p = f64[x + k]!;
    const q = f64[y + k]!;
    f64[x + k] = c * p - s * q;
    f64[y + k] = s * p + c * q;
  }
}
