/** How many failures a test may see, from exact tails of the binomial law and from Bernstein's inequality; and how much is run. */

/** Long profile of the tests. */
export const isFull =
  (globalThis as { readonly process?: { readonly env?: Record<string, string | undefined> } }).process?.env?.SUBQUAD_TEST_PROFILE ===
  "full";

/** P[X > k] for X binomial: n trials of probability p. */
export function binomialTail(n: number, p: number, k: number): number {
  const chance = new Float64Array(n + 1);
  let logarithm = n * Math.log1p(-p);
  for (let i = 0; i <= n; i++) {
    chance[i] = Math.exp(logarithm);
    logarithm += Math.log((n - i) / (i + 1)) + Math.log(p) - Math.log1p(-p);
  }
  let tail = 0;
  for (let i = n; i > k; i--) tail += chance[i]!;
  return tail;
}

/** The least k with P[X > k] ≤ failure: more failures than that refute a failure probability of p. */
export function mostFailures(n: number, p: number, failure: number): number {
  let k = 0;
  while (binomialTail(n, p, k) > failure) k++;
  return k;
}

/** t with P[|mean of n − expectation| > t] ≤ failure, for terms within `range` of their expectation and of a variance of at most `variance` (Bernstein). */
export function bernstein(n: number, variance: number, range: number, failure: number): number {
  const log = Math.log(2 / failure) / n;
  return (range * log) / 3 + Math.sqrt(((range * log) / 3) ** 2 + 2 * variance * log);
}

/** t with P[|χ²_n / n − 1| > t] ≤ failure (Laurent and Massart). */
export function chiSquareDeviation(n: number, failure: number): number {
  const log = Math.log(2 / failure) / n;
  return 2 * Math.sqrt(log) + 2 * log;
}
