/**
 * How many rows to recompute exactly, and what the recomputed rows prove about the rest.
 *
 *   N  rows in the population        φ  share of them that may be bad       δ  probability of being misled
 *   K  = ⌊φN⌋ + 1: the least number of bad rows that is more than φN        k  bad rows allowed in the sample
 *   m  rows drawn without replacement; X, the bad ones among them, is hypergeometric (N, K, m), or binomial (m, φ) when N is unbounded
 *
 * When more than φN rows are bad, at most k of the m drawn rows are bad with probability ≤ P[X ≤ k]: both tails fall as m grows, so the
 * least m with P[X ≤ k] ≤ δ is found by bisection. A tail is its first term, a plain product, times the ratios of the terms that follow:
 * only + − × ÷ on positive numbers, hence the same bits in every engine and a relative error of a few m·2⁻⁵³, where a difference of
 * log-gammas would cancel; powers of 2²⁵⁶ are counted apart, so nothing underflows.
 * Source: the hypergeometric and binomial laws; Clopper and Pearson 1934 for the upper share.
 */
import { assertInRange, assertInteger, OptionError } from "@subquad/linalg-core";

/** A positive number as value · 2^(−256 shift): tails reach 1e-20000 long before they are added up. */
interface Scaled {
  value: number;
  shift: number;
}

/** Largest population and sample: no array has more rows, and the products and sums stay short of a minute. */
const MOST = 2 ** 31;
const MOST_ALLOWED = 2 ** 20;

/**
 * The least m such that a sample of m rows of N, drawn without replacement, shows at most k bad ones with probability ≤ δ whenever more
 * than φN rows are bad.
 *
 * So if at most k of the m recomputed rows miss a bound, all but φN rows keep it, with confidence 1 − δ over the draw.
 * @param population N: integer in [0, 2³¹].
 * @param fraction φ: in (0, 1).
 * @param failure δ: in (0, 1).
 * @param allowed k: integer in [0, 2²⁰]; at most ⌊φN⌋, or even all N rows would prove nothing.
 * @returns m in [0, N]; 0 for an empty population.
 * @throws OptionError for a value outside its range.
 * @complexity O((m + k) log N) time, O(1) space.
 * @source the hypergeometric law.
 * @example rowsNeeded(8192, 0.02, 0.005, 0) // -> 258
 */
export function rowsNeeded(population: number, fraction: number, failure: number, allowed: number): number {
  assertInteger("rowsNeeded", { population }, 0, MOST);
  assertInRange("rowsNeeded", { fraction }, 0, 1, { openLow: true, openHigh: true });
  assertInRange("rowsNeeded", { failure }, 0, 1, { openLow: true, openHigh: true });
  assertInteger("rowsNeeded", { allowed }, 0, MOST_ALLOWED);
  if (population === 0) return 0;
  const K = Math.min(Math.floor(fraction * population) + 1, population); // φ just below 1 may round up to N + 1
  if (allowed >= K) throw new OptionError("rowsNeeded", "allowed", `at most ⌊fraction · population⌋ = ${K - 1}`, allowed);
  return least((m) => hypergeometricTail(allowed, population, K, m), failure, allowed + 1, population);
}

/**
 * The least m such that m independent draws, each bad with probability at least φ, show at most k bad ones with probability ≤ δ.
 *
 * For one sample out of several strata (the heads of one call, m/H rows of each): by Hoeffding 1956 the count of a stratified sample has a
 * lower tail at most the binomial one as long as k ≤ mφ − 1, which the m returned satisfies for φ ≤ 1/2 and δ ≤ 1/4 (tested on a grid).
 * @param fraction φ: in (0, 1).
 * @param failure δ: in (0, 1).
 * @param allowed k: integer in [0, 2²⁰].
 * @returns m ≥ k + 1.
 * @throws OptionError for a value outside its range; also when m would exceed 2³¹.
 * @complexity O((k + log m) log m) time, O(1) space.
 * @source the binomial law; Hoeffding 1956 for strata.
 * @example rowsNeededPooled(0.02, 0.005, 0) // -> 263
 */
export function rowsNeededPooled(fraction: number, failure: number, allowed: number): number {
  assertInRange("rowsNeededPooled", { fraction }, 0, 1, { openLow: true, openHigh: true });
  assertInRange("rowsNeededPooled", { failure }, 0, 1, { openLow: true, openHigh: true });
  assertInteger("rowsNeededPooled", { allowed }, 0, MOST_ALLOWED);
  if (!(binomialTail(allowed, MOST, fraction) <= failure)) {
    throw new OptionError("rowsNeededPooled", "fraction", "a share that 2^31 draws can show", fraction);
  }
  return least((m) => binomialTail(allowed, m, fraction), failure, allowed + 1, MOST);
}

/**
 * The upper end of the one-sided Clopper–Pearson interval: the share of bad rows is at most this with the given confidence.
 * @param hits h: bad rows seen; integer in [0, min(sampled, 2²⁰)].
 * @param sampled m: rows looked at, drawn independently (without replacement is also covered: that tail is lighter); integer in [0, 2³¹].
 * @param confidence in (0, 1).
 * @returns the largest share p with P[X ≤ h] ≥ 1 − confidence, rounded up; 1 when every row was bad, or none was looked at.
 * @throws OptionError for a value outside its range.
 * @complexity O(h + log m) time at each of about 60 bisection steps, O(1) space.
 * @source Clopper and Pearson 1934.
 * @example upperShare(0, 300, 0.99) // -> 0.01523…
 */
export function upperShare(hits: number, sampled: number, confidence: number): number {
  assertInteger("upperShare", { sampled }, 0, MOST);
  assertInteger("upperShare", { hits }, 0, Math.min(sampled, MOST_ALLOWED));
  assertInRange("upperShare", { confidence }, 0, 1, { openLow: true, openHigh: true });
  if (hits === sampled) return 1;
  const failure = 1 - confidence;
  let low = hits / sampled, high = 1; // prettier-ignore
  if (binomialTail(hits, sampled, low) <= failure) low = 0; // a confidence below 1/2 may lie left of h/m
  for (;;) {
    const p = low + (high - low) / 2;
    if (p <= low || p >= high) return high;
    if (binomialTail(hits, sampled, p) <= failure) high = p;
    else low = p;
  }
}

/** The least integer m in [low, high] whose tail is ≤ δ, for a tail that falls with m and is ≤ δ at `high`. */
function least(tail: (m: number) => number, failure: number, low: number, high: number): number {
  let above = low - 1, reached = low; // prettier-ignore
  while (reached < high && tail(reached) > failure) {
    above = reached;
    reached = Math.min(2 * reached, high);
  }
  while (reached - above > 1) {
    const m = above + Math.floor((reached - above) / 2);
    if (tail(m) <= failure) reached = m;
    else above = m;
  }
  return reached;
}

/** P[X ≤ k]: m of N rows drawn without replacement, K of the N are bad. */
function hypergeometricTail(k: number, N: number, K: number, m: number): number {
  const first = Math.max(0, m - (N - K)); // the least possible number of bad rows in the sample
  if (k < first) return 0;
  // the first term: the sample avoids the bad rows, or (first > 0) the rows left out avoid the good ones
  const term = first === 0 ? avoids(N, K, m) : avoids(N, N - K, N - m);
  return sumOfTerms(term, first, k, (i) => (((K - i) / (i + 1)) * (m - i)) / (N - K - m + i + 1));
}

/** P[X ≤ k]: m independent draws, each bad with probability p. */
function binomialTail(k: number, m: number, p: number): number {
  if (k >= m) return 1;
  if (p >= 1) return 0;
  const odds = p / (1 - p);
  return sumOfTerms(power(1 - p, m), 0, k, (i) => ((m - i) / (i + 1)) * odds);
}

/** The probability that a random set of a rows out of N has none in common with a fixed set of b rows; symmetric in a and b. */
function avoids(N: number, a: number, b: number): Scaled {
  const fewer = Math.min(a, b), more = Math.max(a, b); // prettier-ignore
  const product = { value: 1, shift: 0 };
  for (let j = 0; j < fewer; j++) {
    product.value *= (N - more - j) / (N - j);
    if (product.value < 2 ** -256) lift(product);
  }
  return product;
}

/** q^m for q in (0, 1] by repeated squaring. */
function power(q: number, m: number): Scaled {
  const base = { value: q, shift: 0 }, product = { value: 1, shift: 0 }; // prettier-ignore
  for (let rest = m; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) {
      product.value *= base.value;
      product.shift += base.shift;
      if (product.value < 2 ** -256) lift(product);
    }
    base.value *= base.value;
    base.shift *= 2;
    if (base.value < 2 ** -256) lift(base);
  }
  return product;
}

/** Σ of the terms first … last, where term i + 1 is term i times ratio(i). */
function sumOfTerms(term: Scaled, first: number, last: number, ratio: (i: number) => number): number {
  let sum = term.value;
  for (let i = first; i < last; i++) {
    term.value *= ratio(i);
    sum += term.value;
    if (term.value === 0) break; // the support ends before `last`
    if (sum > 2 ** 256) {
      term.value *= 2 ** -256; // terms that vanish against this sum may do so
      sum *= 2 ** -256;
      term.shift--;
    }
  }
  for (let s = 0; s < term.shift && sum > 0; s++) sum *= 2 ** -256;
  return Math.min(sum, 1);
}

/** One power of 2²⁵⁶ from the shift into the value. */
function lift(product: Scaled): void {
  product.value *= 2 ** 256;
  product.shift++;
}
