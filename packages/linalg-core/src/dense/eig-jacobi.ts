/**
 * Eigenvalues and eigenvectors of a symmetric matrix by cyclic two-sided Jacobi rotations.
 *
 *   A  n × n  symmetric, becomes diagonal      X  n × n  the vectors, one a row      J  turns rows and columns p < q so that a_pq = 0
 *
 *   θ = (a_qq − a_pp) / (2 a_pq)      t = sign(θ) / (|θ| + √(1 + θ²))      c = 1 / √(1 + t²)      s = c t
 *
 * A sweep visits every pair once; off-diagonal entries vanish quadratically. Small eigenvalues of a positive definite matrix come out with
 * small relative errors where the matrix allows it.  Source: Jacobi; Rutishauser; Demmel, Veselić.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import { rest, type Steps } from "../runtime/steps.js";

export interface JacobiResult {
  /** In no order. */
  readonly values: Float64Array;
  readonly sweeps: number;
  readonly attempts: number;
  readonly unconverged: readonly number[];
}

/** Entries that are turned between two turns of the event loop: some milliseconds. */
const ENTRIES = 1 << 20;

/**
 * @param A row-major, O(1), both triangles; the upper one is overwritten.
 * @param X n × n; on return the vectors, one a row. undefined where they are not wanted.
 * @param sweepLimit sweeps of one attempt, at least 1.
 */
export function* jacobiEigen(n: number, A: Float64Array, X: Float64Array | undefined, sweepLimit: number): Steps<JacobiResult> {
  let norm = 0;
  for (const x of A) norm += x * x;
  if (X !== undefined) for (let i = 0; i < n; i++) X.fill(0, i * n, (i + 1) * n).fill(1, i * (n + 1), i * (n + 1) + 1);
  // at first every entry must be small beside its own two diagonal entries; where that cannot be had, beside the whole matrix
  const scales = [0, Math.sqrt(norm) / Math.max(1, n)];
  let [sweeps, attempts] = [0, 0];
  let turned: Set<number>;
  do {
    const floor = UNIT_ROUND_OFF.float64 * scales[attempts]!;
    attempts++;
    const budget = sweeps + sweepLimit;
    do {
      turned = yield* sweep(n, A, X, floor);
      sweeps++;
    } while (turned.size > 0 && sweeps < budget);
  } while (turned.size > 0 && attempts < scales.length);
  const values = Float64Array.from({ length: n }, (_, i) => A[i * (n + 1)]!);
  return { values, sweeps, attempts, unconverged: [...turned] };
}

/** One sweep; returns the rows that were turned. */
function* sweep(n: number, A: Float64Array, X: Float64Array | undefined, floor: number): Steps<Set<number>> {
  const turned = new Set<number>();
  let work = 0;
  for (let p = 0; p < n; p++) {
    for (let q = p + 1; q < n; q++) {
      const apq = Math.abs(A[p * n + q]!);
      const own = UNIT_ROUND_OFF.float64 * Math.sqrt(Math.abs(A[p * (n + 1)]!)) * Math.sqrt(Math.abs(A[q * (n + 1)]!));
      if (apq <= own || apq <= floor) continue;
      annihilate(n, A, X, p, q);
      turned.add(p).add(q);
      work += 2 * n;
    }
    if (work < ENTRIES) continue;
    yield rest();
    work = 0;
  }
  return turned;
}

/** A ← JᵀA J in its upper triangle, X ← JᵀX. */
function annihilate(n: number, A: Float64Array, X: Float64Array | undefined, p: number, q: number): void {
  const [P, Q] = [p * n, q * n];
  const apq = A[P + q]!;
  const θ = (A[Q + q]! - A[P + p]!) / (2 * apq);
  const t = Math.abs(θ) > 1e150 ? 0.5 / θ : (θ < 0 ? -1 : 1) / (Math.abs(θ) + Math.sqrt(1 + θ * θ));
  const c = 1 / Math.sqrt(1 + t * t);
  const s = c * t;
  A[P + p]! -= t * apq;
  A[Q + q]! += t * apq;
  A[P + q] = 0;
  for (let k = 0; k < p; k++) turn(A, k * n + p, k * n + q, c, s);
  for (let k = p + 1; k < q; k++) turn(A, P + k, k * n + q, c, s);
  for (let k = q + 1; k < n; k++) turn(A, P + k, Q + k, c, s);
  if (X !== undefined) for (let k = 0; k < n; k++) turn(X, P + k, Q + k, c, s);
}

/** The entries at two positions. */
function turn(A: Float64Array, i: number, j: number, c: number, s: number): void {
  const x = A[i]!;
  const y = A[j]!;
  A[i] = c * x - s * y;
  A[j] = s * x + c * y;
}
