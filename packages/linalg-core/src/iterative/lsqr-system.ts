/**
 * The system that LSQR solves, known by its products: A, a preconditioner from the right or a damping below.
 *
 *   A N y ≈ b, x = x₀ + N y      or      [A; μ I] x ≈ [b; 0], the lower part of a vector being `low`
 *
 * Source: Paige and Saunders.
 */
import type { CheckedOperator } from "../operator.js";
import type { Steps } from "../runtime/steps.js";
import { subtractDamped } from "./gradient-certificate.js";
import { addMultiple, euclideanNorm } from "./vectors.js";

export interface System {
  readonly A: CheckedOperator;
  readonly N: CheckedOperator | undefined;
  readonly b: Float64Array;
  /** μ. */
  readonly damping: number;
}

/** A N v; t is for N v. */
export function* product({ A, N }: System, v: Float64Array, t: Float64Array, out: Float64Array): Steps<void> {
  if (N) yield* N.multiplySteps(v, t);
  yield* A.multiplySteps(N ? t : v, out);
}

/** v ← Nᵀ (Aᵀ u + μ low). */
export function transposedProduct(
  { A, N, damping }: System,
  u: Float64Array,
  low: Float64Array | undefined,
  v: Float64Array,
  t: Float64Array,
): void {
  A.multiplyTranspose(u, N ? t : v);
  if (N) N.multiplyTranspose(t, v);
  else if (low) addMultiple(damping, low, v);
}

/** x₀ + N y. */
export function* candidate({ N }: System, x0: Float64Array, y: Float64Array, t: Float64Array): Steps<Float64Array> {
  if (N) yield* N.multiplySteps(y, t);
  else t.set(y);
  return Float64Array.from(x0, (value, j) => value + t[j]!);
}

/** Which of the two criteria x meets, by its true residual. */
export function* criterion(
  { A, b, damping, N }: System,
  x: Float64Array,
  allowed: number,
  tolerance: number,
  normEstimate: number,
): Steps<"gradient" | "residual" | undefined> {
  const r = new Float64Array(b.length);
  yield* A.multiplySteps(x, r);
  for (let i = 0; i < r.length; i++) r[i] = b[i]! - r[i]!;
  const size = euclideanNorm(r);
  if (size <= allowed && damping === 0) return "residual";
  const g = new Float64Array(x.length);
  A.multiplyTranspose(r, g);
  subtractDamped(damping, x, g);
  const h = new Float64Array(x.length);
  if (N) N.multiplyTranspose(g, h); // the estimate of the norm is that of A N
  const whole = damping === 0 ? size : euclideanNorm(Float64Array.of(size, damping * euclideanNorm(x)));
  return euclideanNorm(N ? h : g) <= tolerance * normEstimate * whole ? "gradient" : undefined;
}
