/**
 * Ten thousand certificates against the truth, a seventh of them in the short profile: exact intervals of distortion 3000, Lanczos 2000, both bounds of
 * the four low-rank factorizations 500 each, all entries of 1000 pivoted Cholesky factors and 1000 of their trace norms, 1000 sketches by frequent directions.
 *
 * The truth is counted in numbers of two terms (products, and the ends of σ(S Q)) or by Jacobi's rotations; a tolerance is the rounding of that alone.
 */
import { csrFromDense, qr, svd, view, type Certificate, type NdArray } from "@subquad/linalg-core";
import { embeddingValuesOracle, testRandom, twoTermDot } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { curSync } from "../src/cur.js";
import { measureDistortionSync } from "../src/distortion.js";
import { countSketch, gaussian, rademacher, rowSampling, sparseSign, srht, type SketchDistribution } from "../src/distributions.js";
import { entryBound } from "../src/entry-bound.js";
import { frequentDirections } from "../src/frequent-directions.js";
import { interpolativeDecompositionSync } from "../src/interpolative.js";
import { sampleSketch } from "../src/operator.js";
import { psdLowRankSync, type PsdLowRankMethod } from "../src/psd-low-rank.js";
import { matrixOracle } from "../src/psd-oracle.js";
import { qbDecompositionSync } from "../src/qb.js";
import { randomizedSvdSync } from "../src/randomized-svd.js";
import { eigenvalues, traceNorm, valuesOf, type Dense } from "./dense.js";
import { anyRank, deficient, exactlySemidefinite, exponents, fullRank, hard, scaled } from "./hard-matrices.js";
import { frobenius } from "./spectra.js";
import { isFull, mostFailures } from "./tails.js";

/** Every seventh case in the short profile. */
const STEP = isFull ? 1 : 7;

function numbers(count: number): number[] {
  return Array.from({ length: Math.ceil(count / STEP) }, (_, c) => c * STEP);
}

/** A number below `bound`, of its own for each property of a case: no two go together. */
function draw(at: number, property: string, bound: number): number {
  return testRandom(`${property}/${at}`).below(bound);
}

function pick<T>(at: number, property: string, of: readonly T[]): T {
  return of[draw(at, property, of.length)]!;
}

function boundOf(certificate: Certificate): number {
  if (certificate.kind === "none") throw new Error("a certificate is missing");
  return certificate.bound;
}

/** Σ_c x_c y_c + start, entry by entry: start + X Y for X n × k, Y k × d, each entry rounded once. */
function plusProduct(start: Dense, X: Dense, Y: Dense, d: number): Dense {
  const k = Y.length / d;
  return start.map((x, p) => twoTermDot(k, X, Math.floor(p / d) * k, 1, Y, p % d, d, x));
}

/** X and what X lacks of the exact product, side by side: [n, 2k]. */
function withRest(n: number, X: Dense, rest: Dense): Dense {
  const k = X.length / n;
  return Float64Array.from({ length: 2 * n * k }, (_, p) => {
    const [i, c] = [Math.floor(p / (2 * k)), p % (2 * k)];
    return c < k ? X[i * k + c]! : rest[i * k + c - k]!;
  });
}

const negative = (x: Dense): Dense => x.map((value) => -value);

function isInside(outer: { lower: number; upper: number }, least: number, largest: number, slack: number): boolean {
  return outer.lower <= least * (1 + slack) + slack * largest && outer.upper >= largest * (1 - slack);
}

describe("certificate is honest", () => {
  const families: readonly ((m: number, n: number) => SketchDistribution)[] = [
    gaussian,
    sparseSign,
    countSketch,
    srht,
    rademacher,
    (m, n) => rowSampling(m, new Float64Array(n).fill(1)),
    (m, n) =>
      rowSampling(
        m,
        Float64Array.from({ length: n }, (_, i) => 1 + (i % 9)),
      ),
  ];
  const sizes: readonly (readonly [n: number, d: number, m: number])[] = [[40, 4, 20], [30, 6, 12], [48, 1, 3], [33, 3, 33], [24, 5, 5]]; // prettier-ignore

  it("2000 exact intervals hold the ends of σ(S Q): full rank, conditions to 1e10, scales 1e±150, seven families", () => {
    const kinds = Object.entries(fullRank);
    for (const at of numbers(2000)) {
      const [name, make] = pick(at, "kind", kinds);
      const [n, d, m] = pick(at, "size", sizes);
      const A = view(scaled(hard(make, n, d, at), pick(at, "scale", exponents)), [n, d]);
      const M = sampleSketch(pick(at, "family", families)(m, n), { seed: at }).applyLeftSync(A);
      const values = embeddingValuesOracle(A, M).data;
      const input = draw(at, "input", 4) === 1 ? csrFromDense(A) : A;
      const measured = measureDistortionSync(input, M, { method: "exact" });
      expect(isInside(measured, values.length < d ? 0 : values[d - 1]!, values[0]!, 1e-15), `${at}: ${name}`).toBe(true);
      if (measured.certificate.kind !== "none") expect(measured.certificate.bound).toBeGreaterThanOrEqual(values[0]! - 1);
    }
  });

  it("1000 exact intervals of matrices that lack rank: integers, whose sketches are exact", () => {
    // entries of S are powers of 2 here
    const exact = [countSketch, (m: number, n: number) => sparseSign(m, n, { nonzeros: 4 }), srht, rademacher];
    for (const at of numbers(1000)) {
      const [n, r, d, m] = [40 + draw(at, "n", 13), 1 + draw(at, "r", 4), 5 + draw(at, "d", 3), 16];
      const { A, B } = deficient(n, r, d, at);
      const e = pick(at, "scale", exponents);
      const operator = sampleSketch(pick(at, "family", exact)(m, n), { seed: at });
      const measured = measureDistortionSync(view(scaled(A, e), [n, d]), operator.applyLeftSync(view(scaled(A, e), [n, d])), { method: "exact" });
      const values = embeddingValuesOracle(view(B, [n, r]), operator.applyLeftSync(view(B, [n, r]))).data;
      expect(isInside(measured, values[r - 1]!, values[0]!, 1e-15), `${at}`).toBe(true);
    }
  }); // prettier-ignore

  it("2000 intervals by Lanczos: at confidence 0.9 no more misses than the binomial tail of 1e-6 allows", () => {
    const cases = numbers(2000);
    const kinds = [fullRank.normal!, fullRank["spiky rows"]!, fullRank["one direction a million times the others"]!, fullRank["duplicated rows"]!]; // prettier-ignore
    let misses = 0;
    for (const at of cases) {
      const [n, d, m] = [90, 20, pick(at, "m", [24, 40, 80])];
      const A = view(hard(pick(at, "kind", kinds), n, d, at), [n, d]);
      const operator = sampleSketch(pick(at, "family", families)(m, n), { seed: at });
      const scale = pick(at, "scale", exponents);
      const input = view(scaled(valuesOf(A), scale), [n, d]);
      const found = measureDistortionSync(draw(at, "input", 2) === 0 ? input : csrFromDense(input), operator.applyLeftSync(input), {
        method: "lanczos",
        confidence: 0.9,
        steps: 6 + draw(at, "steps", 10),
        seed: at,
      });
      const { s } = svd(operator.applyLeftSync(qr(A).Q!), { vectors: "none" });
      if (!isInside(found, s.get(d - 1), s.get(0), 1e-8)) misses++; // 1e6 u of the range, and its square root where S loses a direction
    }
    expect(misses).toBeLessThanOrEqual(mostFailures(cases.length, 0.1, 1e-6));
  });

  /** A − Ã of each factorization, in units of 2^e, from the factors as they are. */
  const [m, n] = [24, 18];
  interface Factored {
    readonly certificate: Certificate;
    readonly spectral: Certificate;
    readonly D: Dense;
  }
  const factorizations: Readonly<Record<string, (A: NdArray, exact: Dense, e: number, at: number) => Factored>> = {
    qbDecomposition: (A, exact, e, at) => {
      const { Q, B, ...found } = qbDecompositionSync(A, { ...lowRank(at), oversampling: draw(at, "oversampling", 3) });
      return { ...found, D: plusProduct(exact, negative(valuesOf(Q)), scaled(valuesOf(B), -e), n) };
    },
    randomizedSvd: (A, exact, e, at) => {
      const { U, s, V, ...found } = randomizedSvdSync(A, { ...lowRank(at), method: "randomized", powerIterations: draw(at, "powers", 3) });
      const k = s.size;
      const [values, right] = [scaled(valuesOf(view(s.data, [1, k])), -e), valuesOf(V)];
      const turned = Float64Array.from({ length: k * n }, (_, p) => values[Math.floor(p / n)]! * right[(p % n) * k + Math.floor(p / n)]!);
      const rest = turned.map((x, p) => twoTermDot(1, values, Math.floor(p / n), 1, right, (p % n) * k + Math.floor(p / n), 1, -x));
      const both = Float64Array.of(...turned, ...rest);
      return { ...found, D: plusProduct(exact, negative(withRest(m, valuesOf(U), valuesOf(U))), both, n) };
    },
    interpolative: (A, exact, _e, at) => {
      const axis = pick(at, "axis", ["columns", "rows"] as const);
      const { indices: J, coefficients, ...found } = interpolativeDecompositionSync(A, { ...lowRank(at), axis });
      const T = valuesOf(coefficients);
      const D = axis === "columns" ? plusProduct(exact, negative(columnsOf(exact, J)), T, n) : plusProduct(exact, negative(T), rowsOf(exact, J), n);
      return { ...found, D };
    },
    cur: (A, exact, e, at) => {
      const way = pick(at, "pick", ["pivoted", "leverage"] as const);
      const { columns, rows, core, ...found } = curSync(A, { ...lowRank(at), pick: way });
      const [C, U, R] = [columnsOf(exact, columns), scaled(valuesOf(core), e), rowsOf(exact, rows)];
      const left = plusProduct(new Float64Array(m * rows.length), C, U, rows.length);
      const rest = plusProduct(negative(left), C, U, rows.length);
      return { ...found, D: plusProduct(exact, negative(withRest(m, left, rest)), Float64Array.of(...R, ...R), n) };
    },
  }; // prettier-ignore
  /** One probe: the spectral bound fails with probability 1/10. */
  function lowRank(at: number): { rank: number; seed: number; confidence: number; blockSize: number } {
    return { rank: 1 + draw(at, "rank", 17), seed: at, confidence: 0.9, blockSize: 1 + draw(at, "block", 5) };
  }
  function columnsOf(A: Dense, J: Int32Array): Dense {
    return Float64Array.from({ length: m * J.length }, (_, p) => A[Math.floor(p / J.length) * n + J[p % J.length]!]!);
  }
  function rowsOf(A: Dense, I: Int32Array): Dense {
    return Float64Array.from({ length: I.length * n }, (_, p) => A[I[Math.floor(p / n)]! * n + (p % n)]!);
  }
  for (const [name, factor] of Object.entries(factorizations)) {
    it(`500 of ${name}: the Frobenius bound always, and no more misses of one probe than the binomial tail of 1e-6 allows`, () => {
      const kinds = Object.entries(anyRank);
      const cases = numbers(500);
      let misses = 0;
      for (const at of cases) {
        const [kind, make] = pick(at, "kind", kinds);
        const exact = hard(make, m, n, at);
        const e = pick(at, "scale", exponents);
        const A = view(scaled(exact, e), [m, n]);
        const { certificate, spectral, D } = factor(A, exact, e, at);
        const [bound, probed] = scaled(Float64Array.of(boundOf(certificate), boundOf(spectral)), -e);
        expect(frobenius(D), `${at}: ${kind}`).toBeLessThanOrEqual(bound! * (1 + 1e-13)); // the sum of 432 squares
        const size = frobenius(D);
        const largest = size === 0 ? 0 : svd(view(D.map((x) => x / size), [m, n]), { vectors: "none" }).s.get(0) * size; // prettier-ignore
        if (!(largest <= probed! * (1 + 1e-13))) misses++;
      }
      expect(misses).toBeLessThanOrEqual(mostFailures(cases.length, 0.1, 1e-6));
    });
  }

  const methods: readonly PsdLowRankMethod[] = ["accelerated", "rpcholesky", "greedy", "blockRobust"];
  /** K − F Fᵀ of a run, K being scaled by 2^e and the residual not. */
  function pivoted(at: number, certify: boolean): { low: ReturnType<typeof psdLowRankSync>; R: Dense; N: number; e: number } {
    const N = 12 + draw(at, "N", 11);
    const e = pick(at, "scale", exponents);
    const K = exactlySemidefinite(N, at);
    const oracle = matrixOracle(view(scaled(K, e), [N, N]), { positiveSemidefinite: true });
    const size = pick(at, "size", [{ rank: 1 + draw(at, "rank", N) }, { tolerance: 1e-3 }, { tolerance: 1e-9 }, { tolerance: 0, maxRank: N }]);
    const method = pick(at, "method", methods);
    const low = psdLowRankSync(oracle, { method, certify, ...size, ...(method === "greedy" ? {} : { seed: at }) });
    const F = scaled(valuesOf(low.factor), -e / 2);
    const k = low.pivots.length;
    const transposed = Float64Array.from({ length: k * N }, (_, p) => F[(p % N) * k + Math.floor(p / N)]!);
    return { low, R: plusProduct(K, negative(F), transposed, N), N, e };
  } // prettier-ignore

  it("1000 pivoted Cholesky factors: no entry of K − F Fᵀ exceeds its bound", () => {
    for (const at of numbers(1000)) {
      const { low, R, N, e } = pivoted(at, true);
      const bounds = scaled(Float64Array.from({ length: N * N }, (_, p) => entryBound(low, Math.floor(p / N), p % N)), -e); // prettier-ignore
      expect(
        R.findIndex((x, p) => !(Math.abs(x) <= bounds[p]! * (1 + 1e-15))),
        `${at}`,
      ).toBe(-1); // R is rounded once
    }
  });

  it("1000 residual certificates of psdLowRank hold the trace norm, conditional or not", () => {
    for (const at of numbers(1000)) {
      const mustCertify = draw(at, "certify", 2) === 0;
      const { low, R, e } = pivoted(5000 + at, mustCertify);
      const [bound] = scaled(Float64Array.of(boundOf(low.certificate)), -e);
      expect(low.certificate.kind).toBe(mustCertify ? "deterministic" : "conditional");
      expect(traceNorm(R), `${at}`).toBeLessThanOrEqual(bound! * (1 + 1e-12)); // Jacobi: a few units a value, of 22
    }
  });

  it("1000 sketches by frequent directions: 0 ≤ AᵀA − BᵀB ≤ Δ I, Δ ≤ (‖A‖² − ‖B‖²)/l, in pieces and merged", () => {
    const kinds = Object.entries(anyRank);
    for (const at of numbers(1000)) {
      const [kind, make] = pick(at, "kind", kinds);
      const [rows, d, l] = [20 + draw(at, "rows", 23), 4 + draw(at, "d", 5), 1 + draw(at, "l", 7)];
      const A = hard(make, rows, d, at);
      const e = pick(at, "scale", [0, 470, -470, 0]); // squares of 2^504 overflow
      const given = view(scaled(A, e), [rows, d]);
      const random = testRandom(`pieces/${at}`);
      const parts = Array.from({ length: 1 + draw(at, "parts", 3) }, () => frequentDirections(d, { sketchRows: l }));
      for (let i = 0; i < rows;) {
        const end = Math.min(rows, i + 1 + random.below(9));
        parts[random.below(parts.length)]!.update(view(valuesOf(given).slice(i * d, end * d), [end - i, d]));
        i = end;
      }
      for (const part of parts.slice(1)) parts[0]!.merge(part);
      const value = parts[0]!.value();
      const B = scaled(valuesOf(value.B), -e);
      const [bound, shrinkage] = scaled(Float64Array.of(boundOf(value.certificate), value.shrinkage), -2 * e);
      const stacked = Float64Array.of(...A, ...B);
      const signed = Float64Array.of(...A, ...negative(B));
      const gap = Float64Array.from({ length: d * d }, (_, p) => twoTermDot(stacked.length / d, stacked, Math.floor(p / d), d, signed, p % d, d, 0));
      const values = eigenvalues(gap);
      const rounding = 1e-15 * d * Math.max(values[0]!, -values[d - 1]!); // of Jacobi
      const slack = bound! - shrinkage!; // what the certificate allows for rounding
      expect(values[0], `${at}: ${kind}`).toBeLessThanOrEqual(bound! + rounding);
      expect(values[d - 1], `${at}: ${kind}`).toBeGreaterThanOrEqual(-slack - rounding);
      expect(shrinkage! * l).toBeLessThanOrEqual(gap.reduce((sum, x, p) => sum + (p % (d + 1) === 0 ? x : 0), 0) + l * slack + d * rounding);
    }
  }); // prettier-ignore
});
