import {
  backend,
  closePool,
  configure,
  csrFromDense,
  csrToDense,
  ready,
  svd,
  view,
  type CsrMatrix,
  type MatrixInput,
  type NdArray,
} from "@subquad/linalg-core";
import { gaussianArray, testRandom } from "@subquad/test-kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sparseSign } from "../src/distributions.js";
import { leverageScores, leverageScoresSync, type LeverageScores, type LeverageScoresOptions } from "../src/leverage.js";
import { sampleSketch } from "../src/operator.js";
import { valuesOf, type Dense } from "./dense.js";
import { codeOf, codeOfAsync } from "./failures.js";

const UNIT = 2 ** -53;

/** Squared row norms of U, of the columns whose singular value is above max(n, d) u times the largest. */
function bySvd(A: NdArray): Float64Array {
  const [n = 0, d = 0] = A.shape;
  const { U = A, s } = svd(A);
  const [u, values] = [valuesOf(U), Float64Array.from({ length: Math.min(n, d) }, (_, k) => s.get(k))];
  const rank = values.filter((σ) => σ > Math.max(n, d) * UNIT * values[0]!).length;
  return Float64Array.from({ length: n }, (_, i) =>
    u.subarray(i * values.length, i * values.length + rank).reduce((sum, x) => sum + x * x, 0),
  );
}

/** G diag(1 … 1/condition) V with V random: [n, d]. */
function conditioned(n: number, d: number, condition: number, seed: string): NdArray {
  const G = gaussianArray([n, d], { seed }).data;
  const V = gaussianArray([d, d], { seed: `${seed}/V` }).data;
  const entries = new Float64Array(n * d);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < d; k++) {
      const x = G[i * d + k]! * condition ** (-k / Math.max(1, d - 1));
      for (let j = 0; j < d; j++) entries[i * d + j]! += x * V[k * d + j]!;
    }
  }
  return view(entries, [n, d]);
}

/** Of every ten entries about nine are 0; row 3 is. */
function sparse(n: number, d: number, density: number, seed: string): NdArray {
  const random = testRandom(seed);
  const entries = Float64Array.from({ length: n * d }, (_, p) =>
    random.uniform() < density && Math.floor(p / d) !== 3 ? random.normal() : 0,
  );
  return view(entries, [n, d]);
}

/** ±1 columns of a Walsh-Hadamard matrix in rows of their own, three of each height: orthogonal, and every τ is 3 / height exactly. */
const heights = [64, 256, 1024] as const;
const known = Float64Array.from(heights.flatMap((height) => Array.from({ length: height }, () => 3 / height)));

/** These columns times integers T that make them ill-conditioned: no entry is rounded, so the scores are the same. */
function knownScores(largest: number, seed: string): NdArray {
  const random = testRandom(seed);
  const T = Array.from({ length: 9 }, (_, i) =>
    Array.from({ length: 9 }, (_, j) => (i === j ? 1 : i < j ? random.below(2 * largest + 1) - largest : 0)),
  );
  const entries = new Float64Array(known.length * 9);
  let i = 0;
  for (const [g, height] of heights.entries()) {
    for (let row = 0; row < height; row++, i++) {
      for (let c = 0; c < 3; c++) {
        const parity = [row & (5 * c + 1), row & 7].map((x) => x.toString(2).replace(/0/g, "").length);
        const sign = parity[0]! % 2 === 0 ? 1 : -1;
        for (let j = 0; j < 9; j++) entries[i * 9 + j]! += sign * T[3 * g + c]![j]!;
      }
    }
  }
  return view(entries, [known.length, 9]);
}

function boundOf({ certificate }: LeverageScores): number {
  if (certificate.kind === "none") throw new Error("a certificate is missing");
  return certificate.bound;
}

function expectClose(found: Float64Array, expected: Float64Array, relative: number, absolute = 0): void {
  expect(found.length).toBe(expected.length);
  for (let i = 0; i < found.length; i++) {
    expect(Math.abs(found[i]! - expected[i]!)).toBeLessThanOrEqual(relative * expected[i]! + absolute);
  }
}

const sum = (values: Float64Array): number => values.reduce((total, x) => total + x, 0);

describe("oracle", () => {
  for (const [n, d] of [
    [60, 1],
    [300, 7],
    [1000, 20],
    [700, 50],
    [90, 60],
  ] as const) {
    // prettier-ignore
    for (const condition of [1, 1e4, 1e8, 1e12]) {
      it(`[${n}, ${d}] of condition ${condition}: the singular vectors' row norms`, () => {
        const A = conditioned(n, d, condition, `leverage/${n}/${condition}`);
        const { scores, rank } = leverageScoresSync(A);
        expect(rank).toBe(d);
        // 50 u cond: A itself says no more; 1e-13 for what U lacks of orthonormal columns
        expectClose(scores, bySvd(A), Math.max(1e-10, 50 * UNIT * condition * d), 1e-13);
      });
    }
  }

  for (let k = 0; k < 21; k++) {
    it(`sparse matrix ${k}: as the dense one, and as the singular vectors`, () => {
      const [n, d] = [100 + 57 * k, 2 + 2 * k];
      const A = sparse(n, d, k % 3 === 0 ? 0.03 : 0.15, `leverage/sparse/${k}`);
      const S = csrFromDense(A);
      const { scores, rank, sum: total } = leverageScoresSync(S);
      expectClose(scores, bySvd(A), 1e-10, 1e-12);
      expect(Math.abs(total - rank)).toBeLessThanOrEqual(1e-11 * rank);
      expectClose(scores, leverageScoresSync(A).scores, 1e-11, 1e-14);
    });
  }

  it("a ridge: a_i (AᵀA + λI)⁻¹ a_iᵀ, dense and sparse", () => {
    for (const [n, d, ridge] of [
      [200, 6, 0.3],
      [40, 5, 100],
      [5, 12, 1e-3],
      [500, 30, 1e-8],
    ] as const) {
      // prettier-ignore
      const A = sparse(n, d, 0.5, `leverage/ridge/${n}`);
      const expected = ridgeScores(valuesOf(A), n, d, ridge);
      const { scores, sum: total, rank } = leverageScoresSync(A, { ridge });
      // the formula in doubles loses cond(AᵀA + λI) u: up to 1e-6 for λ = 1e-3 and n < d, where A'A is singular
      expectClose(scores, expected, 1e-9, 1e-9);
      expect(Math.abs(total - sum(expected))).toBeLessThanOrEqual(1e-8 * (1 + total));
      expect(rank).toBe(d);
      expectClose(leverageScoresSync(csrFromDense(A), { ridge }).scores, scores, 1e-10, 1e-13);
    }
  });

  it("asynchronous and synchronous: the same bits", async () => {
    const A = conditioned(500, 9, 100, "leverage/async");
    expect(await leverageScores(A, { threads: 2 })).toEqual(leverageScoresSync(A));
    expect(await leverageScores(A, { method: "fast" })).toEqual(leverageScoresSync(A, { method: "fast" }));
  });
});

describe("certificate is honest", () => {
  for (const largest of [0, 1, 4, 30, 60]) {
    it(`exact: scores known exactly, mixed by integers up to ${largest}`, () => {
      for (let k = 0; k < 5; k++) {
        const result = leverageScoresSync(knownScores(largest, `leverage/known/${largest}/${k}`));
        expect(result.certificate.kind).toBe("exact");
        const bound = boundOf(result);
        let worst = 0;
        result.scores.forEach((score, i) => { worst = Math.max(worst, Math.abs(score - known[i]!)); }); // prettier-ignore
        expect(result.rank).toBe(9);
        expect(worst).toBeLessThanOrEqual(bound);
        if (largest <= 4) expect(bound).toBeLessThanOrEqual(1e-6); // κ grows as products of the mixing
      }
    });
  }

  const inputs: Readonly<Record<string, (seed: number) => NdArray>> = {
    gaussian: (seed) => gaussianArray([2000, 60], { seed: `fast/${seed}` }) as unknown as NdArray,
    coherent: (seed) => coherent(2000, 60, `fast/${seed}`),
    "of condition 1e4": (seed) => conditioned(2000, 60, 1e4, `fast/${seed}`),
    sparse: (seed) => sparse(2000, 60, 0.05, `fast/${seed}`),
  };
  for (const [name, make] of Object.entries(inputs)) {
    it(`fast, ${name}: all but the stated share of the rows keep the factor, and it is of use`, () => {
      for (let seed = 0; seed < 3; seed++) {
        const A = make(seed);
        const { scores: exact, rank } = leverageScoresSync(A);
        const result = leverageScoresSync(A, { method: "fast", seed });
        const { certificate } = result;
        if (certificate.kind !== "statistical") throw new Error("a statistical certificate is missing");
        expect(result.rank).toBe(rank);
        const factors = exact.map((τ, i) => (τ === 0 ? 1 : Math.max(τ / result.scores[i]!, result.scores[i]! / τ))).sort();
        const allowed = Math.floor(certificate.fraction * exact.length);
        // 12 calls, each with failure 1e-2: that one fails has probability 0.11; seeds are fixed
        expect(factors.filter((factor) => factor > certificate.bound + 1).length).toBeLessThanOrEqual(allowed);
        expect(exact.filter((τ, i) => τ > result.overestimate * result.scores[i]! * (1 + 1e-12)).length).toBeLessThanOrEqual(allowed);
        expect(certificate.bound + 1).toBeLessThanOrEqual(5 * factors[factors.length - 1]!); // 1.5 for the sketch, both ways
      }
    });
  }

  it("fast, of condition 1e9: exact scores, and it says so", () => {
    const A = conditioned(2000, 60, 1e9, "fast/ill");
    const { scores, method, certificate } = leverageScoresSync(A, { method: "fast" });
    expect([method, certificate.kind]).toEqual(["exact", "exact"]);
    expectClose(scores, leverageScoresSync(A).scores, 1e-5);
  });

  it("fast with few columns: no row is left out", () => {
    const A = coherent(2000, 12, "fast/few");
    const { scores: exact } = leverageScoresSync(A);
    const { scores, certificate, overestimate } = leverageScoresSync(A, { method: "fast" });
    if (certificate.kind !== "statistical") throw new Error("a statistical certificate is missing");
    expect(certificate.fraction).toBe(0);
    expect(certificate.bound).toBeLessThanOrEqual(8); // a sketch of d + 32 rows
    exact.forEach((τ, i) => {
      expect(Math.max(τ / scores[i]!, scores[i]! / τ)).toBeLessThanOrEqual(certificate.bound + 1);
      expect(τ).toBeLessThanOrEqual(overestimate * scores[i]!);
    });
  });
});

describe("laws", () => {
  beforeAll(async () => {
    configure({ threads: 4 });
    await ready();
  });
  afterAll(async () => {
    configure({ threads: "auto" });
    await closePool();
  });

  const inputs: readonly (readonly [string, NdArray | CsrMatrix])[] = [
    ["dense", conditioned(2500, 30, 1e3, "leverage/bits")],
    ["float32", single(2500, 30, "leverage/bits")],
    ["sparse", csrFromDense(sparse(2500, 30, 0.1, "leverage/bits"))],
    ["coherent and rank deficient", doubled(coherent(2000, 12, "leverage/bits"))],
  ];
  const ways: readonly LeverageScoresOptions[] = [{ method: "exact" }, { method: "fast", seed: 5 }, { ridge: 0.7 }];

  it("the bits of the calling thread on one to four threads", async () => {
    for (const [name, A] of inputs) {
      for (const options of ways) {
        const wanted = leverageScoresSync(A, options);
        for (const threads of [1, 2, 3, 4]) expect(await leverageScores(A, { ...options, threads }), name).toEqual(wanted);
      }
    }
  });

  it("the JavaScript backend has the bits of WebAssembly without fused multiply-add", () => {
    const run = (): LeverageScores[] => inputs.flatMap(([, A]) => ways.map((options) => leverageScoresSync(A, options)));
    const { deterministic } = backend();
    try {
      configure({ deterministic: true });
      const wanted = run();
      configure({ backend: "js" });
      expect(run()).toEqual(wanted);
    } finally {
      configure({ backend: "auto", deterministic });
    }
  });

  it("Σ τ is the rank and every τ lies in [0, 1]; a row orthogonal to all others has 1", () => {
    const A = sparse(600, 20, 0.2, "leverage/sum");
    const entries = valuesOf(A);
    for (let j = 0; j < 20; j++) entries[5 * 20 + j] = 0;
    for (let i = 0; i < 600; i++) entries[i * 20] = 0;
    entries[5 * 20] = 1e-3;
    const { scores, rank, sum: total } = leverageScoresSync(view(entries, [600, 20]));
    expect(rank).toBe(20);
    expect(Math.abs(total - 20)).toBeLessThanOrEqual(1e-11);
    expect(Math.abs(scores[5]! - 1)).toBeLessThanOrEqual(1e-12);
    expect(scores[3]).toBe(0);
    for (const τ of scores) expect(τ >= 0 && τ <= 1 + 1e-12).toBe(true);
  });

  it("the pair (i, j) of a Kronecker product: the product of scores", () => {
    const [A, B] = [conditioned(30, 3, 10, "leverage/A"), conditioned(20, 4, 10, "leverage/B")];
    const [a, b] = [valuesOf(A), valuesOf(B)];
    const AB = Float64Array.from({ length: 600 * 12 }, (_, p) => {
      const [row, column] = [Math.floor(p / 12), p % 12];
      return a[Math.floor(row / 20) * 3 + Math.floor(column / 4)]! * b[(row % 20) * 4 + (column % 4)]!;
    });
    const [τA, τB] = [leverageScoresSync(A).scores, leverageScoresSync(B).scores];
    const expected = Float64Array.from({ length: 600 }, (_, row) => τA[Math.floor(row / 20)]! * τB[row % 20]!);
    expectClose(leverageScoresSync(view(AB, [600, 12])).scores, expected, 1e-10, 1e-14);
  });

  it("mixing the columns changes nothing, nor does doubling them", () => {
    const A = conditioned(800, 10, 5, "leverage/mix");
    const { scores } = leverageScoresSync(A);
    const a = valuesOf(A);
    const mixed = mix(a, 800, 10, gaussianArray([10, 10], { seed: "leverage/T" }).data, 10);
    expectClose(leverageScoresSync(view(mixed, [800, 10])).scores, scores, 1e-10, 1e-13);
    const double = mix(a, 800, 10, gaussianArray([10, 20], { seed: "leverage/T2" }).data, 20);
    const twice = leverageScoresSync(view(double, [800, 20]));
    expect(twice.rank).toBe(10);
    expectClose(twice.scores, scores, 1e-9, 1e-12);
  });

  for (const scale of [1e-150, 1e-9, 1e9, 1e150]) {
    it(`scale ${scale}: the same scores`, () => {
      const A = conditioned(500, 8, 100, "leverage/scale");
      const scaled = view(valuesOf(A).map((x) => scale * x), [500, 8]); // prettier-ignore
      for (const method of ["exact", "fast"] as const) {
        expectClose(leverageScoresSync(scaled, { method }).scores, leverageScoresSync(A, { method }).scores, 1e-11, 1e-14);
      }
    });
  }

  it("columns of sizes from 1e-200 to 1e200: the same scores", () => {
    const A = conditioned(500, 8, 3, "leverage/columns");
    const sizes = [1e-200, 1e-100, 1e-10, 1, 1e10, 1e60, 1e150, 1e200];
    const scaled = view(valuesOf(A).map((x, p) => sizes[p % 8]! * x), [500, 8]); // prettier-ignore
    expectClose(leverageScoresSync(scaled).scores, leverageScoresSync(A).scores, 1e-10, 1e-13);
    const wide = conditioned(2000, 60, 3, "leverage/columns/fast");
    const far = view(valuesOf(wide).map((x, p) => (p % 60 === 7 ? 1e-290 : 1) * x), [2000, 60]); // prettier-ignore
    const { scores } = leverageScoresSync(wide);
    const fast = leverageScoresSync(far, { method: "fast" });
    scores.forEach((τ, i) => { expect(Math.max(τ / fast.scores[i]!, fast.scores[i]! / τ)).toBeLessThanOrEqual(boundOf(fast) + 1); }); // prettier-ignore
  });

  it("float32: scores are float64, those of the same numbers", () => {
    const single = gaussianArray([300, 6], { dtype: "float32" });
    const double = view(Float64Array.from(single.data), [300, 6]);
    expectClose(leverageScoresSync(single).scores, leverageScoresSync(double).scores, 1e-12);
  });

  it("the same seed gives the same bits, another one the same exact scores to rounding", () => {
    const A = conditioned(1000, 10, 10, "leverage/seed");
    expect(leverageScoresSync(A, { seed: 3 })).toEqual(leverageScoresSync(A, { seed: "3" }));
    expectClose(leverageScoresSync(A, { seed: 3 }).scores, leverageScoresSync(A, { seed: 4 }).scores, 1e-12);
  });
});

describe("errors", () => {
  const A = [[1, 2], [3, 4], [5, 6]]; // prettier-ignore
  const refused: readonly (readonly [string, unknown, object])[] = [
    ["ERR_OPTION method", A, { method: "svd" }],
    ["ERR_OPTION ridge", A, { ridge: -1 }],
    ["ERR_OPTION ridge", A, { ridge: NaN }],
    ["ERR_OPTION epsilon", A, { epsilon: 1 }],
    ["ERR_OPTION epsilon", A, { method: "exact", epsilon: 0.5 }],
    ["ERR_OPTION failure", A, { failure: 0 }],
    ["ERR_OPTION failure", A, { method: "exact", failure: 0.1 }],
    ["ERR_OPTION rankTolerance", A, { rankTolerance: 1 }],
    ["ERR_OPTION rankTolerance", A, { method: "fast", rankTolerance: 0.1 }],
    ["ERR_OPTION seed", A, { seed: NaN }],
    ["ERR_OPTION signal", A, { signal: AbortSignal.abort() }],
    ["ERR_NON_FINITE A", [[1, NaN]], {}],
    ["ERR_NON_FINITE A", [[1, Infinity]], { ridge: 1 }],
    ["ERR_SHAPE A", [1, 2], {}],
  ];
  for (const [code, input, options] of refused) {
    it(`${code} for ${JSON.stringify(options)}`, async () => {
      expect(codeOf(() => leverageScoresSync(input as MatrixInput, options))).toBe(code);
      if (!("signal" in options)) expect(await codeOfAsync(leverageScores(input as MatrixInput, options))).toBe(code);
    });
  }

  it("an abort rejects with its reason", async () => {
    await expect(leverageScores(A, { signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
  });
});

describe("degenerate", () => {
  it("independent rows: every score is 1, by either method", () => {
    const A = gaussianArray([7, 40], { seed: "wide" });
    for (const method of ["exact", "fast"] as const) {
      const { scores, rank, sum, certificate } = leverageScoresSync(A, { method });
      expect(scores).toEqual(new Float64Array(7).fill(1));
      expect([rank, sum]).toEqual([7, 7]);
      expect(certificate.kind).toBe("exact");
    }
  });

  it("a column that all but vanishes from the first sketch: another one is taken", () => {
    // columns 7665 and 11434 of sparseSign(33, n) with seed "leverage/0" are the same but for the sign s
    const n = 12000;
    const S = sampleSketch(sparseSign(33, n), { seed: "leverage/0" });
    const [first, second] = [7665, 11434].map((j) => valuesOf(S.block([0, 33], [j, j + 1]))) as [Dense, Dense];
    const sign = first[0]! * second[0]! < 0 ? -1 : 1;
    expect(Array.from(first)).toEqual(Array.from(second, (x) => sign * x + 0));
    for (const size of [1e-100, 1e-200, 1e-300]) {
      const x = new Float64Array(n);
      x[7665] = 1;
      x[11434] = -sign;
      x[5] = size; // all that S x consists of
      const A = view(x, [n, 1]);
      for (const [matrix, method] of [
        [A, "exact"],
        [csrFromDense(A), "exact"],
        [A, "fast"],
        [csrFromDense(A), "fast"],
      ] as const) {
        const { scores, rank, sum: total, certificate } = leverageScoresSync(matrix, { method });
        expect(rank).toBe(1);
        expect(Math.abs(scores[7665]! - 0.5)).toBeLessThanOrEqual(certificate.kind === "none" ? 0 : certificate.bound);
        expect(Math.abs(scores[11434]! - 0.5)).toBeLessThanOrEqual(certificate.kind === "none" ? 0 : certificate.bound);
        expect(total).toBeCloseTo(1, method === "exact" ? 12 : 0);
      }
    }
  });

  it("zeros, no rows, no columns: rank 0", () => {
    for (const method of ["exact", "fast"] as const) {
      for (const [n, d] of [
        [300, 4],
        [3, 4],
        [0, 4],
        [5, 0],
      ] as const) {
        // prettier-ignore
        const zeros = view(new Float64Array(n * d), [n, d]);
        for (const A of [zeros, csrFromDense(zeros)] as (NdArray | CsrMatrix)[]) {
          const { scores, rank, sum: total, certificate } = leverageScoresSync(A, { method });
          expect([scores, rank, total]).toEqual([new Float64Array(n), 0, 0]);
          expect(certificate).toEqual({ kind: "exact", bound: 0 });
        }
      }
    }
    const ridged = leverageScoresSync([[0, 0], [0, 0]], { ridge: 1 }); // prettier-ignore
    expect([ridged.scores, ridged.sum]).toEqual([new Float64Array(2), 0]);
  });

  it("more columns than rows: 1 for independent rows", () => {
    const { scores, rank } = leverageScoresSync(gaussianArray([6, 15]));
    expect(rank).toBe(6);
    expectClose(scores, new Float64Array(6).fill(1), 1e-11);
  });

  it("equal rows share; zero rows have 0", () => {
    expectClose(leverageScoresSync([[1, 0], [0, 1], [0, 1], [0, 0]]).scores, Float64Array.of(1, 0.5, 0.5, 0), 1e-14); // prettier-ignore
  });

  it("a column that one row alone has, among many rows: no sketch may lose it", () => {
    for (let k = 0; k < 20; k++) {
      const entries = valuesOf(csrToDense(csrFromDense(sparse(2000, 10, 0.3, `leverage/lone/${k}`))));
      for (let i = 0; i < 2000; i++) entries[i * 10 + 4] = i === 17 ? 1e-3 : 0;
      const { scores, rank } = leverageScoresSync(view(entries, [2000, 10]), { seed: k });
      expect(rank).toBe(10);
      expect(scores[17]!).toBeGreaterThan(1 - 1e-10);
    }
  });

  it("rankTolerance: directions below it do not count", () => {
    const A = conditioned(400, 5, 1, "leverage/tolerance");
    const entries = valuesOf(A);
    for (let i = 0; i < 400; i++) entries[i * 5 + 4] = entries[i * 5]! + 1e-5 * entries[i * 5 + 4]!;
    const B = view(entries, [400, 5]);
    expect(leverageScoresSync(B).rank).toBe(5);
    const { rank, scores, diagnostics } = leverageScoresSync(B, { rankTolerance: 1e-3 });
    expect([rank, diagnostics.attempts]).toEqual([4, 1]);
    expect(Math.abs(sum(scores) - 4)).toBeLessThanOrEqual(1e-12);
  });
});

/** Gaussian rows, ten of which are a thousand times as long as the others and one alone in its direction. */
function coherent(n: number, d: number, seed: string): NdArray {
  const entries = gaussianArray([n, d], { seed }).data.slice();
  for (let i = 0; i < 10; i++) for (let j = 0; j < d; j++) entries[i * 100 * d + j]! *= 1000;
  for (let i = 0; i < n; i++) entries[i * d + d - 1] = i === 55 ? 1 : 0;
  return view(entries, [n, d]);
}

/** float32 normals. */
function single(n: number, d: number, seed: string): NdArray {
  return view(Float32Array.from(gaussianArray([n, d], { seed }).data), [n, d]);
}

/** [A, A]. */
function doubled(A: NdArray): NdArray {
  const [n = 0, d = 0] = A.shape;
  const a = valuesOf(A);
  return view(Float64Array.from({ length: 2 * n * d }, (_, p) => a[Math.floor(p / (2 * d)) * d + (p % d)]!), [n, 2 * d]); // prettier-ignore
}

/** A T. */
function mix(a: Dense, n: number, d: number, T: Float64Array, width: number): Dense {
  const out = new Float64Array(n * width);
  for (let i = 0; i < n; i++) for (let k = 0; k < d; k++) for (let j = 0; j < width; j++) out[i * width + j]! += a[i * d + k]! * T[k * width + j]!; // prettier-ignore
  return out;
}

/** By a Cholesky factor of AᵀA + λI, in plain doubles. */
function ridgeScores(a: Dense, n: number, d: number, ridge: number): Float64Array {
  const L = Array.from({ length: d }, () => new Float64Array(d));
  for (let j = 0; j < d; j++) {
    for (let k = 0; k <= j; k++) {
      let entry = j === k ? ridge : 0;
      for (let i = 0; i < n; i++) entry += a[i * d + j]! * a[i * d + k]!;
      for (let l = 0; l < k; l++) entry -= L[j]![l]! * L[k]![l]!;
      L[j]![k] = j === k ? Math.sqrt(entry) : entry / L[k]![k]!;
    }
  }
  return Float64Array.from({ length: n }, (_, i) => {
    const y = new Float64Array(d);
    for (let j = 0; j < d; j++) {
      let entry = a[i * d + j]!;
      for (let l = 0; l < j; l++) entry -= L[j]![l]! * y[l]!;
      y[j] = entry / L[j]![j]!;
    }
    return y.reduce((total, x) => total + x * x, 0);
  });
}
