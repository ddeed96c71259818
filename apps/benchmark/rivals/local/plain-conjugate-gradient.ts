/**
 * Conjugate gradients as textbooks write them, without a preconditioner, stopped by the recurrence of the residual.
 *
 *   S  [n, n]  symmetric positive definite, compressed rows     b, x  [n]
 */
import { plainCsrVector } from "./plain-csr.js";

interface System {
  readonly rowPointers: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
  readonly b: Float64Array;
}

/** x with ‖b − S x‖ ≤ tolerance ‖b‖ by the recurrence, or the last one of 10 n. */
export function plainConjugateGradient({ rowPointers, columns, values, b }: System, tolerance: number): Float64Array<ArrayBuffer> {
  const n = b.length;
  const x = new Float64Array(n);
  const r = Float64Array.from(b);
  const p = Float64Array.from(b);
  const q = new Float64Array(n);
  let γ = dot(r, r);
  const enough = tolerance ** 2 * γ;
  for (let step = 0; step < 10 * n && γ > enough; step++) {
    plainCsrVector(rowPointers, columns, values, p, q);
    const α = γ / dot(p, q);
    for (let i = 0; i < n; i++) {
      x[i]! += α * p[i]!;
      r[i]! -= α * q[i]!;
    }
    const next = dot(r, r);
    const β = next / γ;
    for (let i = 0; i < n; i++) p[i] = r[i]! + β * p[i]!;
    γ = next;
  }
  return x;
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}
