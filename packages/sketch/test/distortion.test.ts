import { configure, closePool, csrFromDense, matmul, ready, transpose, view, type NdArray } from "@subquad/linalg-core";
import { embeddingValuesOracle, gaussianArray, layouts, strided, testRandom } from "@subquad/test-kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { measureDistortion, measureDistortionSync, type Distortion } from "../src/distortion.js";
import { countSketch, gaussian, rowSampling, sparseSign, srht } from "../src/distributions.js";
import { sampleSketch } from "../src/operator.js";
import { valuesOf } from "./dense.js";
import { codeOf, codeOfAsync } from "./failures.js";

interface Matrix {
  readonly data: Float64Array<ArrayBuffer>;
  readonly shape: [number, number];
}

function asArray({ data, shape }: Matrix): NdArray {
  return view(data, shape);
}

function normal(n: number, d: number, seed: string): Matrix {
  const { normal: next } = testRandom(seed);
  return { data: Float64Array.from({ length: n * d }, () => next()), shape: [n, d] };
}

/** A with column j times factor(j). */
function withColumns({ data, shape }: Matrix, factor: (j: number) => number): Matrix {
  return { data: data.map((x, p) => x * factor(p % shape[1])), shape };
}

/** Of condition about `condition`: a product with a random d × d matrix of geometric singular values. */
function illConditioned(n: number, d: number, condition: number, seed: string): Matrix {
  const left = withColumns(normal(n, d, `${seed}/left`), (j) => condition ** (-j / Math.max(1, d - 1)));
  return { data: valuesOf(matmul(asArray(left), asArray(normal(d, d, `${seed}/right`)))), shape: [n, d] };
}

/** The ends of ‖M x‖ / ‖A x‖, to about 1e-15. */
function ends(A: Matrix, M: NdArray): { lowest: number; highest: number } {
  const values = embeddingValuesOracle(asArray(A), M).data;
  const d = A.shape[1];
  return { lowest: values.length < d ? 0 : values[d - 1]!, highest: values[0]! };
}

/** lower ≤ σ_min and σ_max ≤ upper; the oracle rounds by 1e-15. */
function expectHonest({ lower, upper }: Distortion, { lowest, highest }: { lowest: number; highest: number }): void {
  expect(lower).toBeLessThanOrEqual(lowest * (1 + 1e-15) + 1e-15 * highest);
  expect(upper).toBeGreaterThanOrEqual(highest * (1 - 1e-15));
}

const kinds: [name: string, make: (n: number, d: number, seed: string) => Matrix][] = [
  ["Gaussian", normal],
  ["scale 1e150", (n, d, seed) => withColumns(normal(n, d, seed), () => 1e150)],
  ["scale 1e-150", (n, d, seed) => withColumns(normal(n, d, seed), () => 1e-150)],
  ["scale 1e-300", (n, d, seed) => withColumns(normal(n, d, seed), () => 1e-300)],
  ["columns of scales 1e-140 to 1e140", (n, d, seed) => withColumns(normal(n, d, seed), (j) => 10 ** (280 * (j / Math.max(1, d - 1)) - 140))],
  ["condition 1e4", (n, d, seed) => illConditioned(n, d, 1e4, seed)],
  ["condition 1e8", (n, d, seed) => illConditioned(n, d, 1e8, seed)],
  ["condition 1e12", (n, d, seed) => illConditioned(n, d, 1e12, seed)],
  ["coherent: the identity above zeros", (n, d) => ({ data: Float64Array.from({ length: n * d }, (_, p) => (Math.floor(p / d) === p % d ? 1 : 0)), shape: [n, d] })],
  ["spiky: some rows 1e8 times the others", (n, d, seed) => {
    const A = normal(n, d, seed);
    for (let p = 0; p < 2 * d; p++) A.data[p]! *= 1e8;
    return A;
  }],
]; // prettier-ignore
const sketches = [
  (m: number, n: number) => gaussian(m, n),
  (m: number, n: number) => sparseSign(m, n),
  (m: number, n: number) => countSketch(m, n),
  (m: number, n: number) => srht(m, n),
  (m: number, n: number) => rowSampling(m, new Float64Array(n).fill(1)),
];
const SIZES: readonly [n: number, d: number, m: number][] = [
  [48, 1, 4],
  [50, 3, 24],
  [64, 5, 20],
  [40, 6, 7],
];

describe("certificate is honest", () => {
  for (const [name, make] of kinds) {
    it(`exact, ${name}: the ends of σ(S Q) are in the interval`, () => {
      for (const [n, d, m] of SIZES) {
        for (const [f, family] of sketches.entries()) {
          const A = make(n, d, `${name}/${n}/${d}`);
          const M = sampleSketch(family(m, n), { seed: `${f}` }).applyLeftSync(asArray(A));
          const measured = measureDistortionSync(asArray(A), M, { method: "exact" });
          const truth = ends(A, M);
          expectHonest(measured, truth);
          if (measured.certificate.kind === "none") continue;
          expect(measured.certificate).toMatchObject({ kind: "deterministic", bound: Math.max(1 - measured.lower, measured.upper - 1, 0) });
        }
      }
    });
  }

  it("not vacuous: within 1e-6 for condition up to 1e4 of a fair sketch, whatever the scale of the columns", () => {
    for (const [name, make] of kinds.slice(0, 6)) {
      for (const [n, d, m] of SIZES.slice(0, 3)) {
        const A = make(n, d, name);
        const M = sampleSketch(gaussian(m, n)).applyLeftSync(asArray(A));
        const { lower, upper, rank, certificate } = measureDistortionSync(asArray(A), M, { method: "exact" });
        const { lowest, highest } = ends(A, M);
        expect(rank).toBe(d);
        expect(lowest / lower).toBeLessThanOrEqual(1 + 1e-6);
        expect(upper / highest).toBeLessThanOrEqual(1 + 1e-6);
        expect(certificate.kind).toBe("deterministic");
      }
    }
  });

  it("condition 1e8 and 1e12: within 1e-4 and within 0.5", () => {
    for (const [condition, slack] of [
      [1e8, 1e-4],
      [1e12, 0.5],
    ] as const) /* prettier-ignore */ {
      const A = illConditioned(64, 5, condition, "slack");
      const M = sampleSketch(gaussian(30, 64)).applyLeftSync(asArray(A));
      const { lower, upper } = measureDistortionSync(asArray(A), M, { method: "exact" });
      const { lowest, highest } = ends(A, M);
      expect(lowest / lower).toBeLessThanOrEqual(1 + slack);
      expect(upper / highest).toBeLessThanOrEqual(1 + slack);
    }
  });

  it("a column that the sketch lost: lower is 0, whatever its scale", () => {
    for (const scale of [1, 1e-12, 1e-100, 1e-200, 1e-300, 1e100, 1e200, 1e300]) {
      for (const lost of [0, 2]) {
        const A = withColumns(normal(40, 3, "lost"), (j) => (j === lost ? scale : 1));
        const M = withColumns({ data: valuesOf(sampleSketch(gaussian(20, 40)).applyLeftSync(asArray(A))), shape: [20, 3] }, (j) =>
          j === lost ? 0 : 1,
        );
        const { lower, certificate } = measureDistortionSync(asArray(A), asArray(M), { method: "exact" });
        expect(lower).toBe(0);
        expect(certificate.kind === "none" ? 1 : certificate.bound).toBeGreaterThanOrEqual(1);
        // and one that it takes for another
        for (let i = 0; i < 20; i++) M.data[i * 3 + lost] = M.data[i * 3 + 1]!;
        expect(measureDistortionSync(asArray(A), asArray(M), { method: "exact" }).lower).toBe(0);
      }
    }
  });

  it("a direction lost by a sketch of an ill-conditioned A: a row drawn twice leaves rank 4 of 5, and lower is 0", () => {
    // the direction is 1e-4 to 1e-10 of A: it must not pass for the rounding of A in the coordinates of a sketch of that condition
    for (const condition of [1e4, 1e6, 1e8, 1e10]) {
      for (let k = 0; k < 50; k++) {
        const A = illConditioned(24, 5, condition, `drawn twice/${k}`);
        const rows = [0, 0, 1, 2, 3].map((row) => (7 * row + k) % 24);
        const M = view(
          Float64Array.from({ length: 25 }, (_, p) => 2 * A.data[rows[Math.floor(p / 5)]! * 5 + (p % 5)]!),
          [5, 5],
        );
        expect(measureDistortionSync(asArray(A), M, { method: "exact" })).toMatchObject({
          lower: 0,
          upper: Infinity,
          certificate: { kind: "none" },
        });
        expect(measureDistortionSync(asArray(A), M, { method: "lanczos" })).toMatchObject({ lower: 0, upper: Infinity });
      }
    }
  });

  it("a sketch of other sizes than A's: off by 1e±200 in a column, or in all", () => {
    for (const factor of [1e-200, 1e-100, 1e-9, 1e9, 1e100, 1e200]) {
      for (const all of [false, true]) {
        const A = normal(40, 3, "sizes");
        const M = withColumns({ data: valuesOf(sampleSketch(gaussian(20, 40)).applyLeftSync(asArray(A))), shape: [20, 3] }, (j) =>
          all || j === 1 ? factor : 1,
        );
        const { lower, upper } = measureDistortionSync(asArray(A), asArray(M), { method: "exact" });
        if (factor < 1)
          expect(lower).toBeLessThanOrEqual(2 * factor); // σ of the Gaussian sketch is below 2
        else expect(upper).toBeGreaterThanOrEqual(factor / 4); //          and above 1/4
        if (factor < 1 && all) expect(upper).toBeGreaterThanOrEqual(factor);
        if (factor > 1 && all) expect(lower).toBeLessThanOrEqual(2 * factor);
      }
    }
  });

  it("rank deficient A: the interval is that of a basis of the range, and rank says how many", () => {
    for (let k = 0; k < 40; k++) {
      const [n, r, d] = [50, 1 + (k % 4), 6];
      const basis = normal(n, r, `deficient/${k}`);
      const random = testRandom(`mix/${k}`);
      const mix = Float64Array.from({ length: r * d }, (_, p) => (p % d < r ? Number(Math.floor(p / d) === p % d) : random.below(5) - 2));
      const scale = 10 ** (random.below(200) - 100);
      const rounded = { data: basis.data.map((x) => Math.fround(x)), shape: basis.shape }; // so that combinations of small weights are exact
      const A: Matrix = { data: valuesOf(matmul(asArray(rounded), view(mix, [r, d]))).map((x) => x * scale), shape: [n, d] };
      const M = sampleSketch(sparseSign(24, n), { seed: k }).applyLeftSync(asArray(A));
      const measured = measureDistortionSync(asArray(A), M, { method: "exact" });
      expect(measured.rank).toBe(r);
      const sketched = sampleSketch(sparseSign(24, n), { seed: k }).applyLeftSync(asArray(rounded));
      const truth = ends(rounded, sketched);
      expectHonest(measured, truth);
      expect(measured.upper - measured.lower).toBeLessThanOrEqual(truth.highest - truth.lowest + 1e-9);
    }
  });

  it("lanczos: misses at most the share that its confidence leaves, and is at most 1.3 times as wide where it has steps", () => {
    // 200 sketches at confidence 0.9: at most 20 misses expected, 40 of 200 have probability below 1e-5 (binomial)
    let misses = 0;
    const widths: number[] = [];
    for (let k = 0; k < 200; k++) {
      const A = normal(120, 24, `lanczos/${k % 10}`);
      const M = sampleSketch(sparseSign(96, 120), { seed: k }).applyLeftSync(asArray(A));
      const exact = measureDistortionSync(asArray(A), M, { method: "exact" });
      const input = k % 2 === 0 ? asArray(A) : csrFromDense(asArray(A));
      const { lower, upper, method, certificate } = measureDistortionSync(input, M, {
        method: "lanczos",
        confidence: 0.9,
        steps: 16,
        seed: k,
      });
      expect([method, certificate.kind]).toEqual(["lanczos", "statistical"]);
      if (!(lower <= exact.lower * (1 + 1e-9) && upper >= exact.upper * (1 - 1e-9))) misses++;
      widths.push((upper - lower) / (exact.upper - exact.lower));
    }
    expect(misses).toBeLessThanOrEqual(40);
    expect(widths.sort((a, b) => a - b)[100]).toBeLessThanOrEqual(1.3);
  });

  it("lanczos on hard inputs: never inside of the true interval at confidence 1 − 1e-9", () => {
    for (const [name, make] of kinds) {
      for (const [n, d, m] of SIZES) {
        const A = make(n, d, `hard/${name}/${n}`);
        const M = sampleSketch(sparseSign(m, n), { seed: name }).applyLeftSync(asArray(A));
        for (const input of [asArray(A), csrFromDense(asArray(A))]) expectHonest(measureDistortionSync(input, M, { method: "lanczos", confidence: 1 - 1e-9 }), ends(A, M)); // prettier-ignore
      }
    }
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

  it("the same bits from the promise, from one to four threads, from every layout; dense and CSR agree", async () => {
    const A = normal(2500, 12, "bits");
    const M = sampleSketch(sparseSign(80, 2500)).applyLeftSync(asArray(A));
    for (const method of ["exact", "lanczos"] as const) {
      const { diagnostics, ...wanted } = measureDistortionSync(asArray(A), M, { method });
      expect(diagnostics.condition).toBeGreaterThan(0);
      for (const threads of [1, 2, 3, 4]) expect(await measureDistortion(asArray(A), M, { method, threads })).toMatchObject(wanted);
      for (const layout of layouts) expect(measureDistortionSync(strided(asArray(A), layout), M, { method })).toMatchObject(wanted);
      const sparse = measureDistortionSync(csrFromDense(asArray(A)), M, { method });
      expect(sparse.lower).toBeCloseTo(wanted.lower, 9);
      expect(sparse.upper).toBeCloseTo(wanted.upper, 9);
    }
  });

  it("M = A distorts nothing, M = 2 A everything twice", () => {
    const A = asArray(normal(100, 7, "itself"));
    const one = measureDistortionSync(A, A);
    expect(one.method).toBe("exact");
    expect(Math.max(1 - one.lower, one.upper - 1)).toBeLessThanOrEqual(1e-11);
    const two = measureDistortionSync(A, view((A.data as Float64Array).map((x) => 2 * x), A.shape)); // prettier-ignore
    expect(two.lower).toBeCloseTo(2 * one.lower, 14);
    expect(two.upper).toBeCloseTo(2 * one.upper, 14);
  });

  it("auto: lanczos where a product with A is cheap against n d²", () => {
    const A = new Float64Array(1000 * 900);
    const random = testRandom("auto");
    for (let i = 0; i < 1000; i++) A[i * 900 + (i % 900)] = 1 + random.uniform();
    expect(measureDistortionSync(csrFromDense(view(A, [1000, 900])), view(A, [1000, 900])).method).toBe("lanczos");
  });
});

describe("errors", () => {
  const A = asArray(normal(20, 3, "errors"));

  it("names the argument", async () => {
    expect(codeOf(() => measureDistortionSync(A, asArray(normal(9, 2, "M"))))).toBe("ERR_SHAPE sketch");
    expect(codeOf(() => measureDistortionSync([1] as never, A))).toBe("ERR_SHAPE A");
    expect(codeOf(() => measureDistortionSync(A, A, { method: "fast" as never }))).toBe("ERR_OPTION method");
    expect(codeOf(() => measureDistortionSync(A, A, { confidence: 1 }))).toBe("ERR_OPTION confidence");
    expect(codeOf(() => measureDistortionSync(A, A, { confidence: NaN }))).toBe("ERR_OPTION confidence");
    expect(codeOf(() => measureDistortionSync(A, A, { steps: 0 }))).toBe("ERR_OPTION steps");
    expect(codeOf(() => measureDistortionSync(A, A, { method: "exact", seed: 3 }))).toBe("ERR_OPTION seed");
    expect(codeOf(() => measureDistortionSync(A, A, { threads: 1 } as never))).toBe("ERR_OPTION threads");
    expect(await codeOfAsync(measureDistortion(A, A, { thread: 1 } as never))).toBe("ERR_OPTION thread");
    const bad = view(
      (A.data as Float64Array).map((x, p) => (p === 4 ? NaN : x)),
      [20, 3],
    );
    expect(codeOf(() => measureDistortionSync(bad, A))).toBe("ERR_NON_FINITE A");
    expect(codeOf(() => measureDistortionSync(A, bad))).toBe("ERR_NON_FINITE sketch");
    expect(await codeOfAsync(measureDistortion(csrFromDense(A), bad))).toBe("ERR_NON_FINITE sketch");
  });
});

describe("degenerate", () => {
  const zeros = (n: number, d: number): NdArray => view(new Float64Array(n * d), [n, d]);

  it("zero A, no columns, no rows", () => {
    for (const method of ["exact", "lanczos"] as const) {
      for (const [A, M] of [
        [zeros(30, 4), zeros(8, 4)],
        [zeros(30, 0), zeros(8, 0)],
        [zeros(0, 4), zeros(8, 4)],
      ] as const) {
        expect(measureDistortionSync(A, M, { method })).toMatchObject({ lower: 1, upper: 1, rank: 0, certificate: { bound: 0 } });
      }
    }
    const M = asArray(normal(8, 4, "of nothing"));
    expect(measureDistortionSync(zeros(30, 4), M).upper).toBe(Infinity);
    expect(measureDistortionSync(zeros(0, 4), M).certificate.kind).toBe("none");
    expect(measureDistortionSync(M, zeros(2, 4)).lower).toBe(0);
    expect(measureDistortionSync(M, zeros(0, 4)).lower).toBe(0);
  });

  it("a wide A: fewer rows than columns", () => {
    const A = asArray(normal(4, 9, "wide"));
    const M = sampleSketch(gaussian(40, 4)).applyLeftSync(A);
    const { rank, lower, upper } = measureDistortionSync(A, M, { method: "exact" });
    expect(rank).toBe(4);
    // range(A) is all of R⁴: σ(S Q) = σ(S)
    const truth = embeddingValuesOracle(asArray({ data: Float64Array.from({ length: 16 }, (_, p) => (p % 5 === 0 ? 1 : 0)), shape: [4, 4] }), sampleSketch(gaussian(40, 4)).toDense()).data; // prettier-ignore
    expect(lower).toBeLessThanOrEqual(truth[3]!);
    expect(upper).toBeGreaterThanOrEqual(truth[0]!);
    expect(upper - lower).toBeLessThanOrEqual(truth[0]! - truth[3]! + 1e-9);
  });

  it("float32 A and sketch", () => {
    const { data, shape } = gaussianArray([200, 6], { dtype: "float32" });
    const A = view(data, shape);
    const M = sampleSketch(gaussian(60, 200)).applyLeftSync(A);
    const measured = measureDistortionSync(A, M);
    const values = embeddingValuesOracle(A, M).data;
    expectHonest(measured, { lowest: values[5]!, highest: values[0]! });
    expect(measured.upper).toBeLessThanOrEqual(values[0]! * (1 + 1e-6));
    expect(transpose(M).shape).toEqual([6, 60]);
  });
});
