/**
 * Exact features of the homogeneous polynomial kernel: all monomials of one degree.
 *
 *   x  d      p  degree      φ_a(x) = √(p!/a!) x^a  for the C(d + p − 1, p) exponents |a| = p      ⟨φ(x), φ(y)⟩ = ⟨x, y⟩^p
 *
 * Degree by degree: a monomial is its parent, the last variable taken off, times that variable; and its coefficient likewise,
 * p!/a! = (p − 1)!/(a − e_j)! · p/a_j.  Source: the multinomial theorem.
 */
import { assertInteger, assertKnownOptions, OptionError } from "@subquad/linalg-core";
import { rest } from "@subquad/linalg-core/steps";
import { featureMap, type FeatureMap, type FeatureRule } from "./feature-map.js";

export interface MonomialFeaturesOptions {
  /** p: integer in [0, 16]. Default 2. */
  readonly degree?: number;
}

/** Features beyond which a table of parents would be larger than any use of it. */
const MOST_FEATURES = 2 ** 24;

/**
 * The map with ⟨z(x), z(y)⟩ = ⟨x, y⟩^p exactly, up to rounding.
 *
 * For few dimensions or low degrees. Where C(d + p − 1, p) is too much, use tensorSketch or tensorTree.
 * @param d dimension of the rows; at least 1.
 * @param options see MonomialFeaturesOptions.
 * @returns FeatureMap, of C(d + p − 1, p) features in graded order: x₀^p first, x_(d−1)^p last.
 * @throws OptionError, also for more than 2²⁴ features.
 * @complexity one multiplication a feature and row, and as many for degrees below p.
 * @source the multinomial theorem.
 * @example monomialFeatures(2).applySync([[3, 1]]).data // -> 9, √2 · 3, 1
 */
export function monomialFeatures(d: number, options: MonomialFeaturesOptions = {}): FeatureMap {
  const where = "monomialFeatures";
  assertKnownOptions(where, options, ["degree"]);
  const { degree = 2 } = options;
  assertInteger(where, { d }, 1, 2 ** 31 - 1);
  assertInteger(where, { degree }, 0, 16);
  const size = monomialCount(d, degree);
  if (!(size <= MOST_FEATURES)) throw new OptionError(where, "degree", `at most ${MOST_FEATURES} features C(d + p − 1, p)`, size);
  const parts = [{ rule: monomialRule(d, degree), factor: 1 }];
  return featureMap({ inputDim: d, kernel: { name: "polynomial", degree, gamma: 1, offset: 0 }, seed: "", parts });
}

/** C(d + p − 1, p): exact while it is below 2⁵³. */
export function monomialCount(d: number, p: number): number {
  let count = 1;
  for (let k = 1; k <= p; k++) count = Math.round((count * (d + k - 1)) / k);
  return count;
}

/** C(d + L, L) = Σ_(p ≤ L) C(d + p − 1, p). */
export function monomialCountUpTo(d: number, L: number): number {
  return monomialCount(d + 1, L);
}

/** The rule of all monomials of degree p in d variables. */
export function monomialRule(d: number, p: number): FeatureRule {
  const m = monomialCount(d, p);
  const { parents, variables, coefficients } = monomialTable(d, p);
  return {
    outputDim: m,
    width: m,
    degree: p,
    *features(_, { count, rowPointers, columns, values }) {
      const Z = new Float64Array(count * m);
      const x = new Float64Array(d);
      const monomials = new Float64Array(parents.length);
      monomials[0] = 1;
      for (let i = 0; i < count; i++) {
        if (i * m > 2 ** 20 && (i * m) % 2 ** 20 < m) yield rest();
        x.fill(0);
        for (let q = rowPointers[i]!; q < rowPointers[i + 1]!; q++) x[columns[q]!] = values[q]!;
        for (let a = 1; a < parents.length; a++) monomials[a] = monomials[parents[a]!]! * x[variables[a]!]!;
        for (let a = 0, first = parents.length - m; a < m; a++) Z[i * m + a] = coefficients[a]! * monomials[first + a]!;
      }
      return Z;
    },
  };
}

interface MonomialTable {
  /** Of each monomial of degree 0 … p, degree by degree: the monomial without its last variable. */
  readonly parents: Int32Array;
  /** That variable. */
  readonly variables: Int32Array;
  /** √(p!/a!) of those of degree p. */
  readonly coefficients: Float64Array;
}

function monomialTable(d: number, p: number): MonomialTable {
  const total = monomialCountUpTo(d, p);
  const parents = new Int32Array(total), variables = new Int32Array(total), powers = new Int32Array(total); // prettier-ignore
  const squares = new Float64Array(total).fill(1);
  let first = 0, end = 1; // prettier-ignore
  for (let k = 1; k <= p; k++) {
    let next = end;
    for (let a = first; a < end; a++) {
      for (let j = k === 1 ? 0 : variables[a]!; j < d; j++, next++) {
        parents[next] = a;
        variables[next] = j;
        powers[next] = k > 1 && j === variables[a] ? powers[a]! + 1 : 1;
        squares[next] = (squares[a]! * k) / powers[next]!; // a multinomial coefficient: an integer at every step
      }
    }
    first = end;
    end = next;
  }
  return { parents, variables, coefficients: squares.slice(first).map(Math.sqrt) };
}
