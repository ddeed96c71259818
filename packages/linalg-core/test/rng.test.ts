import fc from "fast-check";
import alea from "seedrandom/lib/alea.js";
import { describe, expect, test } from "vitest";
import fixture from "../../../tooling/fixtures/portable-math/data.json" with { type: "json" };
import { OptionError } from "../src/errors.js";
import { normalQuantile } from "../src/math/normal-quantile.js";
import { normalizeSeed, rngFor, type Rng } from "../src/rng.js";

// Statistical tests: fixed seeds, and thresholds from tail bounds that a true generator exceeds with probability α = 1e-6, never tuned.
const ALPHA = 1e-6;
const N = 1_000_000;
/** Dvoretzky–Kiefer–Wolfowitz with Massart's constant: P(sup|F_n − F| > t) ≤ 2 exp(−2 n t²). */
const dkw = (n: number): number => Math.sqrt(Math.log(2 / ALPHA) / (2 * n));
/** Bernstein: P(|mean − μ| > t) ≤ 2 exp(−n t² / (2 σ² + 2 M t / 3)) for |x − μ| ≤ M, solved for t from above. */
const bernstein = (n: number, variance: number, M: number): number => {
  const b = Math.log(2 / ALPHA) / n;
  return Math.sqrt(2 * variance * b) + (2 * M * b) / 3;
};

/** sup |F_n − F| of draws that F should make uniform. */
function kolmogorov(u: Float64Array): number {
  u.sort();
  let distance = 0;
  for (let i = 0; i < u.length; i++) distance = Math.max(distance, u[i]! - i / u.length, (i + 1) / u.length - u[i]!);
  return distance;
}

/** Φ(z) to 1.5e-7 (Abramowitz–Stegun 7.1.26): far below the thresholds, and independent of the quantile function. */
function normalDistribution(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * Math.exp(-x * x);
  return z < 0 ? tail / 2 : 1 - tail / 2;
}

const draw = (n: number, next: () => number): Float64Array => Float64Array.from({ length: n }, next);

/** The raw outputs behind rngFor(seed, name). */
function raw(seed: string, name: string): () => number {
  const stream = alea(`${seed.length}:${seed}/${name}`);
  for (let i = 0; i < 8; i++) stream.int32();
  return () => stream.int32() >>> 0;
}

describe("fixtures", () => {
  test("alea of seedrandom 3.0.5, raw", () => {
    const stream = alea("42/sketch/x");
    expect([stream.int32(), stream.int32()]).toEqual([378582300, -1107540028]);
    expect(alea("42").double()).toBe(0.6848634964661496);
  });

  test("first outputs of five substreams: a change here is a major version", () => {
    const first = (rng: Rng): unknown => [rng.uint32(), rng.uniform(), rng.double(), rng.normal(), rng.below(1000), rng.sign(), rng.sign()];
    expect([
      first(rngFor("0", "sketch/sampling")),
      first(rngFor(42, "sketch/gaussian/0/0")),
      first(rngFor("", "linalg-core/lanczos")),
      first(rngFor("a/b", "c")),
      first(rngFor(-1.5, "π")),
    ]).toEqual([
      [1322636287, 0.6067894938169047, 0.9296534447395596, 0.17628294247424403, 579, 1, 1],
      [879175209, 0.8018677661893889, 0.3299878989963523, 1.2397215400053758, 103, 1, 1],
      [3929777370, 0.8357045172015205, 0.9459884093056435, -0.9909419561500462, 776, 1, 1],
      [125571577, 0.9487550853518769, 0.09448241769888843, -1.0905246338650556, 311, -1, 1],
      [3766559892, 0.7754654010059312, 0.2952653921288402, 0.4567600231992761, 23, 1, -1],
    ]);
  });

  test("normalQuantile is within 4 ulp of mpmath", () => {
    for (const [u, hi, lo] of fixture.normalQuantile as [number, number, number][]) {
      // 4 ulp: two polynomials of degree 7 whose leading terms dominate, a quotient, and in the tail a root of a logarithm
      expect(Math.abs(normalQuantile(u) - hi - lo), `at u = ${u}`).toBeLessThanOrEqual(4 * 2 ** -52 * Math.abs(hi));
    }
  });
});

describe("laws", () => {
  test("each draw is a function of the raw outputs, in the documented number", () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), fc.integer({ min: 1, max: 2 ** 32 }), (seed, name, bound) => {
        const rng = rngFor(seed, name);
        const word = raw(seed, name);
        expect(rng.uint32()).toBe(word());
        expect(rng.uniform()).toBe((word() + 0.5) / 2 ** 32);
        expect(rng.normal()).toBe(normalQuantile((word() + 0.5) / 2 ** 32));
        const limit = 2 ** 32 - (2 ** 32 % bound);
        let k = word();
        while (k >= limit) k = word();
        expect(rng.below(bound)).toBe(k % bound);
        const bits = word();
        for (let i = 31; i >= 0; i--) expect(rng.sign()).toBe((bits >>> i) & 1 ? -1 : 1);
        const next = word();
        expect(rng.sign()).toBe(next >>> 31 ? -1 : 1);
        expect(rng.uint32()).toBe(word());
        expect(rng.sign()).toBe((next >>> 30) & 1 ? -1 : 1); // the started word is kept
      }),
      { seed: 31, numRuns: 200 },
    );
  });

  test("same seed and name, same numbers; numbers and their digits are one seed", () => {
    expect(draw(100, rngFor(7, "x").uint32)).toEqual(draw(100, rngFor("7", "x").uint32));
    expect(draw(100, rngFor(-0, "x").uint32)).toEqual(draw(100, rngFor("0", "x").uint32));
    expect(draw(9, rngFor(7, "x").uint32)).not.toEqual(draw(9, rngFor(7, "y").uint32));
    expect(draw(9, rngFor("a/b", "c").uint32)).not.toEqual(draw(9, rngFor("a", "b/c").uint32));
    expect([7, 0.1, 1e21, -0, "", "x y"].map((seed) => normalizeSeed(seed))).toEqual(["7", "0.1", "1e+21", "0", "", "x y"]);
  });

  test("two streams do not disturb each other", () => {
    const alone = draw(64, rngFor(1, "a").normal);
    const a = rngFor(1, "a");
    const b = rngFor(1, "b");
    expect(draw(64, () => (b.sign(), b.uint32(), a.normal()))).toEqual(alone);
  });

  test("uniform stays inside (0, 1) and normal finite at both ends of the range", () => {
    const low = (0 + 0.5) / 2 ** 32;
    const high = (2 ** 32 - 1 + 0.5) / 2 ** 32;
    expect(low).toBeGreaterThan(0);
    expect(high).toBeLessThan(1);
    expect(normalQuantile(low)).toBeCloseTo(-6.338, 3);
    expect(normalQuantile(high)).toBe(-normalQuantile(low));
    expect(Math.abs(normalQuantile(0.5))).toBe(0);
  });
});

describe("theorem-sized", { timeout: 60_000 }, () => {
  test.each([
    ["uniform", (rng: Rng) => rng.uniform(), 2 ** -33], // the spacing of the values
    ["double", (rng: Rng) => rng.double(), 0],
    ["normal", (rng: Rng) => normalDistribution(rng.normal()), 2e-7], // the error of the approximation of Φ
  ] as const)("a million draws of %s follow their distribution", (name, draws, slack) => {
    const rng = rngFor("ks", `test/${name}`);
    expect(kolmogorov(draw(N, () => draws(rng)))).toBeLessThan(dkw(N) + slack);
  });

  test("the first draws of 100,000 substreams are uniform", () => {
    const n = 100_000;
    const firsts = Array.from({ length: n }, (_, i) => rngFor("ks", `test/stream/${i}`));
    for (let k = 0; k < 2; k++) expect(kolmogorov(Float64Array.from(firsts, (rng) => rng.uniform()))).toBeLessThan(dkw(n) + 2 ** -33);
  });

  test("moments 1 to 4, with their exact variances", () => {
    const rng = rngFor("moments", "test");
    const uniforms = draw(N, rng.uniform);
    const normals = draw(N, rng.normal);
    const mean = (x: Float64Array, k: number): number => x.reduce((sum, v) => sum + [v, v * v, v * v * v, v * v * v * v][k - 1]!, 0) / N;
    for (let k = 1; k <= 4; k++) {
      const variance = 1 / (2 * k + 1) - 1 / (k + 1) / (k + 1);
      expect(Math.abs(mean(uniforms, k) - 1 / (k + 1))).toBeLessThan(bernstein(N, variance, 1));
    }
    const even = [0, 0, 1, 0, 3, 0, 15, 0, 105]; // E z^k; the cut at 6.338 changes them by less than 1e-6
    for (let k = 1; k <= 4; k++) {
      const M = [6.338, 40.2, 254.7, 1613.7][k - 1]! + even[k]!;
      expect(Math.abs(mean(normals, k) - even[k]!)).toBeLessThan(bernstein(N, even[2 * k]! - even[k]! * even[k]!, M) + 1e-6);
    }
  });

  test("each of the 32 bits, and each sign of 32, is balanced", () => {
    const rng = rngFor("bits", "test");
    const n = 400_000;
    const ones = new Float64Array(32);
    const plus = new Float64Array(32);
    for (let i = 0; i < n; i++) {
      const word = rng.uint32();
      for (let b = 0; b < 32; b++) ones[b]! += (word >>> b) & 1;
    }
    for (let i = 0; i < n; i++) for (let b = 0; b < 32; b++) plus[b]! += rng.sign();
    for (let b = 0; b < 32; b++) {
      expect(Math.abs(ones[b]! / n - 0.5)).toBeLessThan(dkw(n)); // Hoeffding has the same form
      expect(Math.abs(plus[b]! / n)).toBeLessThan(2 * dkw(n));
    }
  });

  test("below is unbiased, for a small bound and for one that rejects half the outputs", () => {
    const rng = rngFor("below", "test");
    const counts = [0, 0, 0];
    for (let i = 0; i < N; i++) counts[rng.below(3)]!++;
    const chi2 = counts.reduce((sum, c) => sum + (c - N / 3) * (c - N / 3), 0) / (N / 3);
    expect(chi2).toBeLessThan(-2 * Math.log(ALPHA)); // two degrees of freedom: P(χ² > t) = exp(−t/2)
    const bound = 2 ** 31 + 1;
    expect(kolmogorov(draw(N, () => (rng.below(bound) + 0.5) / bound))).toBeLessThan(dkw(N) + 2 ** -32);
    expect(draw(100, () => rng.below(1))).toEqual(new Float64Array(100));
    for (let i = 0; i < 100; i++) expect(rng.below(2 ** 32)).toBeLessThan(2 ** 32);
  });
});

describe("errors", () => {
  test.each([[NaN], [Infinity], [-Infinity], [null], [undefined], [1n], [{}], [true]])("%o is no seed", (seed) => {
    expect(() => rngFor(seed as number, "x")).toThrow(OptionError);
    expect(() => rngFor(seed as number, "x")).toThrow("rngFor(seed): expected a string or a finite number, got ");
    expect(() => normalizeSeed(seed as number)).toThrow("normalizeSeed(seed)");
  });

  test("a stream has a name", () => {
    for (const name of ["", 1, undefined]) expect(() => rngFor("0", name as string)).toThrow("rngFor(name)");
  });

  test.each([[0], [-1], [1.5], [2 ** 32 + 1], [NaN], ["3"]])("below(%o) is refused and takes no output", (bound) => {
    const rng = rngFor(1, "x");
    expect(() => rng.below(bound as number)).toThrow("Rng.below(bound): expected an integer in [1, 2^32], got ");
    expect(rng.uint32()).toBe(rngFor(1, "x").uint32());
  });
});
