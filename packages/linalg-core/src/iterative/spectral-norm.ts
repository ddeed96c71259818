/**
 * The 2-norm of a matrix, from below.
 *
 *   A  m × n, p = min(m, n)      M = AᵀA, or A Aᵀ where that is smaller      T = Vᵀ M V  k × k tridiagonal      T s = θ s, θ largest
 *
 *   ‖A y‖ / ‖y‖ ≤ ‖A‖₂ for any y: what is returned is measured from y = V s, and T only says when to stop
 *
 * Within β |s_(k−1)| of θ lies an eigenvalue of M. That it is the largest is likely, not proved: after k products
 * P[λ − θ > ε λ] ≤ 1.648 √p e^(−√ε (2k − 1)) over the start.
 * Source: Lanczos; Kuczyński and Woźniakowski 1992; the eigenvector of T by a twisted factorization (Dhillon, Parlett).
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import { view } from "../array/view.js";
import { addMultiple, euclideanNorm, largestMagnitude, scaled, timesPowerOfTwo } from "../dense/sums.js";
import { exponentOf } from "../math/bits.js";
import { asOperator } from "../operator.js";
import { rngFor } from "../rng.js";
import { csr, type CsrMatrix } from "../sparse/csr.js";
import { orthogonalize, unit } from "./krylov.js";
import { extremesOfTridiagonal } from "./tridiagonal-extremes.js";

/** Products with M. */
const MOST_STEPS = 300;
/** Values that the basis may hold: 128 MiB; when it is full, y begins the next. */
const MOST_VALUES = 2 ** 24;
const LEAST_BASIS = 20;
/** β |s_(k−1)| beside θ: then ‖A y‖ is within 5e-11 of a singular value, and far nearer as a rule. */
const TOLERANCE = 1e-10;
/** Steps between two looks at T. */
const LOOK = 4;

/**
 * A lower bound of ‖A‖₂, as a rule equal to it to round-off.
 * @param shape of A.
 * @param entries finite: all of them, row-major, or those that `sparse` stores.
 * @param sparse the pattern, where there is one.
 */
export function spectralNorm([m, n]: readonly [number, number], entries: Float64Array, sparse?: CsrMatrix): number {
  const largest = largestMagnitude(entries);
  if (largest === 0) return 0;
  const exponent = exponentOf(largest); // then neither squares of entries nor their sums leave the range
  const fitting = scaled(entries, -exponent);
  const A = asOperator(sparse === undefined ? view(fitting, [m, n]) : csr([m, n], sparse.rowPointers, sparse.columns, fitting), "norm(x)");
  const [p, q] = m < n ? [m, n] : [n, m];
  const image = new Float64Array(q);
  const multiply = (x: Float64Array): void => {
    if (m < n) A.multiplyTranspose(x, image);
    else A.multiply(x, image);
  };
  const multiplyBack = (x: Float64Array): void => {
    if (m < n) A.multiply(image, x);
    else A.multiplyTranspose(image, x);
  };

  const room = Math.min(p, MOST_STEPS, Math.max(LEAST_BASIS, Math.floor(MOST_VALUES / p)));
  const rng = rngFor("0", "linalg-core/norm");
  let y: Float64Array = Float64Array.from({ length: p }, () => rng.normal());
  let best = 0;
  for (let steps = 0, isDone = false; !isDone && steps < MOST_STEPS;) {
    const vectors: Float64Array[] = [unit(y)];
    const [diagonal, beside]: [number[], number[]] = [[], []];
    let s = Float64Array.of(1);
    for (let k = 1, isFull = false; !isDone && !isFull; k++, steps++) {
      const w = new Float64Array(p);
      multiply(vectors[k - 1]!);
      multiplyBack(w);
      diagonal.push(orthogonalize(w, vectors)[k - 1]!);
      const β = euclideanNorm(w);
      const isInvariant = k === p || β <= p * UNIT_ROUND_OFF.float64 * Math.max(...diagonal);
      isFull = k === room || steps + 1 === MOST_STEPS;
      if (isInvariant || isFull || k % LOOK === 0) {
        const T = { d: Float64Array.from(diagonal), e: Float64Array.from(beside) };
        const θ = extremesOfTridiagonal(T.d, T.e).high;
        s = topVector(T.d, T.e, θ);
        isDone = isInvariant || β * Math.abs(s[k - 1]!) <= TOLERANCE * θ * euclideanNorm(s);
      }
      beside.push(β);
      if (!isDone && !isFull) vectors.push(w.map((x) => x / β));
    }
    y = new Float64Array(p);
    for (let j = 0; j < s.length; j++) addMultiple(s[j]!, vectors[j]!, y);
    multiply(y);
    best = Math.max(best, euclideanNorm(image) / euclideanNorm(y));
  }
  return timesPowerOfTwo(best, exponent);
}

/** The eigenvector of the largest eigenvalue θ of a tridiagonal matrix, of any length: pivots from both ends, joined where they agree best. */
function topVector(d: Float64Array, e: Float64Array, θ: number): Float64Array<ArrayBuffer> {
  const k = d.length;
  const smallest = -UNIT_ROUND_OFF.float64 * UNIT_ROUND_OFF.float64 * θ; // pivots are negative, but for rounding
  const [above, below] = [new Float64Array(k), new Float64Array(k)];
  for (let i = 0; i < k; i++) {
    above[i] = Math.min(smallest, d[i]! - θ - (i === 0 ? 0 : (e[i - 1]! / above[i - 1]!) * e[i - 1]!));
  }
  for (let i = k - 1; i >= 0; i--) {
    below[i] = Math.min(smallest, d[i]! - θ - (i === k - 1 ? 0 : (e[i]! / below[i + 1]!) * e[i]!));
  }
  const gap = (i: number): number => Math.abs(above[i]! + below[i]! - (d[i]! - θ));
  let twist = 0;
  for (let i = 1; i < k; i++) if (gap(i) < gap(twist)) twist = i;
  const s = new Float64Array(k);
  s[twist] = 1;
  for (let i = twist - 1; i >= 0; i--) s[i] = (-e[i]! / above[i]!) * s[i + 1]!;
  for (let i = twist + 1; i < k; i++) s[i] = (-e[i - 1]! / below[i]!) * s[i - 1]!;
  return s;
}
