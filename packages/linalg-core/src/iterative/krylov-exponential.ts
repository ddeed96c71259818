/**
 * exp(τ T) e_1 for the projection T of an operator on a Krylov basis, and how far it leads from the truth.
 *
 *   T = S diag(θ) Sᵀ  k × k      S row-major      see exp-action.ts for the bound and its proof
 *
 * Source: Saad 1992.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import { exp } from "../math/exp.js";
import { expm1 } from "../math/expm1.js";
import type { KrylovBasis } from "./krylov.js";
import { addMultiple } from "./vectors.js";

/** |τ| β ‖b‖ |Σ S_ki S_1i D(μ, τθ_i)|. */
export function errorBound(θ: ArrayLike<number>, S: ArrayLike<number>, k: number, β: number, length: number, τ: number, μ: number): number {
  let sum = 0;
  for (let i = 0; i < k; i++) sum += S[(k - 1) * k + i]! * S[i]! * dividedDifference(μ, τ * θ[i]!);
  // the sum cancels: what rounding may have taken from it
  let magnitude = 0;
  for (let i = 0; i < k; i++) magnitude += Math.abs(S[(k - 1) * k + i]! * S[i]!) * dividedDifference(μ, τ * θ[i]!);
  return Math.abs(τ) * β * length * (Math.abs(sum) + 8 * k * UNIT_ROUND_OFF.float64 * magnitude);
}

/** (e^a − e^c) / (a − c), e^a where they meet. */
function dividedDifference(a: number, c: number): number {
  const gap = a - c;
  if (Math.abs(gap) < 1e-300) return exp(a);
  return gap > 0 ? exp(a) * (-expm1(-gap) / gap) : exp(c) * (expm1(gap) / gap);
}

/** ‖b‖ V exp(τ T) e_1. */
export function combine(
  { vectors }: KrylovBasis,
  θ: ArrayLike<number>,
  S: ArrayLike<number>,
  k: number,
  length: number,
  τ: number,
): Float64Array {
  const coefficients = new Float64Array(k);
  for (let i = 0; i < k; i++) {
    const weight = length * exp(τ * θ[i]!) * S[i]!;
    for (let j = 0; j < k; j++) coefficients[j]! += weight * S[j * k + i]!;
  }
  const y = new Float64Array(vectors[0]!.length);
  for (let j = 0; j < k; j++) addMultiple(coefficients[j]!, vectors[j]!, y);
  return y;
}
