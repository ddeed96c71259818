import {
  backend,
  closePool,
  configure,
  csrFromDense,
  isCsr,
  ready,
  svd,
  transpose,
  view,
  type CsrMatrix,
  type MatrixInput,
  type NdArray,
} from "@subquad/linalg-core";
import { gaussianArray, testRandom } from "@subquad/test-kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { leverageScoresSync } from "../src/leverage.js";
import { sampleColumns, sampleColumnsSync, sampleRows, sampleRowsSync, type SampledRows, type SampleRowsOptions } from "../src/sampling.js";
import { valuesOf } from "./dense.js";
import { codeOf, codeOfAsync } from "./failures.js";

/** Gaussian rows of sizes from 1 to 100, row 7 of zeros. */
function uneven(n: number, d: number, seed: string): NdArray {
  const random = testRandom(seed);
  const sizes = Float64Array.from({ length: n }, (_, i) => (i === 7 ? 0 : Math.exp(random.uniform() * Math.log(100))));
  return view(gaussianArray([n, d], { seed }).data.map((x, p) => x * sizes[Math.floor(p / d)]!), [n, d]); // prettier-ignore
}

/** The probabilities that `by` stands for, written out. */
function probabilities(A: NdArray, by: SampleRowsOptions["by"], ridge?: number): Float64Array {
  const [n = 0, d = 0] = A.shape;
  const a = valuesOf(A);
  let p = new Float64Array(n).fill(1);
  if (by === "norm") p = p.map((_, i) => a.subarray(i * d, (i + 1) * d).reduce((sum, x) => sum + x * x, 0));
  else if (by === "leverage") p = Float64Array.from(leverageScoresSync(A).scores);
  else if (by === "ridgeLeverage") p = Float64Array.from(leverageScoresSync(A, { ridge: ridge! }).scores);
  else if (typeof by !== "string") p = Float64Array.from(by as Float64Array);
  const total = p.reduce((sum, x) => sum + x, 0);
  return p.map((x) => x / total);
}

/** Singular values of √W U, U the left singular vectors of A: what the sample does to norms on the range of A. */
function singularValues(A: NdArray, { indices, weights }: SampledRows): Float64Array {
  const { U = A, s } = svd(A);
  const [, k = 0] = U.shape;
  const [u, σ] = [valuesOf(U), valuesOf(view(Float64Array.from(s.data as Float64Array), [1, k]))];
  const rank = σ.filter((value) => value > 1e-12 * σ[0]!).length;
  const rows = Float64Array.from({ length: indices.length * rank }, (_, p) => {
    const t = Math.floor(p / rank);
    return Math.sqrt(weights[t]!) * u[indices[t]! * k + (p % rank)]!;
  });
  const sample = svd(view(rows, [indices.length, rank])).s;
  const found = Float64Array.from({ length: rank }, (_, j) => (j < Math.min(indices.length, rank) ? (sample.data[j] ?? 0) : 0));
  return found;
}

describe("oracle", () => {
  const n = 60, d = 3; // prettier-ignore
  const A = uneven(n, d, "sampling/expectation");
  const given = Float64Array.from({ length: n }, (_, i) => 1 + (i % 5));
  const ways: readonly (readonly [string, SampleRowsOptions])[] = [
    ["uniform", { by: "uniform", count: 40 }],
    ["uniform without replacement", { by: "uniform", count: 40, replacement: false }],
    ["norm", { by: "norm", count: 40 }],
    ["leverage", { by: "leverage", count: 40 }],
    ["ridgeLeverage", { by: "ridgeLeverage", ridge: 3, count: 40 }],
    ["given", { by: given, count: 40 }],
  ];
  for (const [name, options] of ways) {
    it(`${name}: the weighted Gram matrix has the expectation AᵀA, within Hoeffding's bound`, () => {
      const a = valuesOf(A);
      const p = probabilities(A, options.by, options.ridge);
      const seeds = 300;
      const mean = new Float64Array(d * d);
      for (let seed = 0; seed < seeds; seed++) {
        const { indices, weights } = sampleRowsSync(A, { ...options, seed });
        indices.forEach((i, t) => {
          for (let q = 0; q < d * d; q++) mean[q]! += (weights[t]! * a[i * d + Math.floor(q / d)]! * a[i * d + (q % d)]!) / seeds;
        });
      }
      for (let q = 0; q < d * d; q++) {
        const terms = Array.from({ length: n }, (_, i) => (p[i] === 0 ? 0 : (a[i * d + Math.floor(q / d)]! * a[i * d + (q % d)]!) / p[i]!));
        let expected = 0;
        for (let i = 0; i < n; i++) expected += a[i * d + Math.floor(q / d)]! * a[i * d + (q % d)]!;
        // 300 · 40 draws in an interval: failure 2 exp(−2 N t² / range²) = 1e-9 for each of 54 entries; also without replacement (Hoeffding 1963)
        const range = Math.max(...terms) - Math.min(...terms);
        expect(Math.abs(mean[q]! - expected)).toBeLessThanOrEqual(range * Math.sqrt(Math.log(2e9) / (2 * seeds * 40)));
      }
    });

    it(`${name}: sorted rows, once each, draws that add up, weights by the probabilities`, () => {
      const p = probabilities(A, options.by, options.ridge);
      const { indices, weights, multiplicity, method, diagnostics } = sampleRowsSync(A, { ...options, seed: 1 });
      expect([...indices]).toEqual([...new Set(indices)].sort((x, y) => x - y));
      expect(multiplicity.reduce((sum, x) => sum + x, 0)).toBe(40);
      expect([method, diagnostics.count]).toEqual([name.split(" ")[0], 40]);
      // p is added up in another order
      indices.forEach((i, t) => { expect(Math.abs(weights[t]! * 40 * p[i]! - multiplicity[t]!)).toBeLessThanOrEqual(1e-12 * multiplicity[t]!); }); // prettier-ignore
      if (options.replacement === false) expect([...multiplicity]).toEqual(new Array<number>(40).fill(1));
    });
  }

  it("columns: rows of the transpose, dense and sparse", async () => {
    const At = transpose(A);
    for (const options of [
      { by: "norm", count: 30, seed: 2 },
      { seed: 2, certify: true },
    ] as const) {
      // prettier-ignore
      const rows = sampleRowsSync(A, options);
      expect(sampleColumnsSync(At, options)).toEqual(rows);
      expect(await sampleColumns(At, options)).toEqual(rows);
      expect(await sampleRows(A, options)).toEqual(rows);
      expect([...sampleColumnsSync(csrFromDense(valuesAs(At)), options).indices]).toEqual([...rows.indices]);
    }
  });
});

describe("certificate is honest", () => {
  for (const [name, count] of [
    ["few", 12],
    ["some", 60],
    ["many", 600],
  ] as const) {
    // prettier-ignore
    it(`${name} draws: it bounds the distortion of the sample, closely`, () => {
      for (const by of ["uniform", "norm", "leverage"] as const) {
        for (let seed = 0; seed < 6; seed++) {
          const A = uneven(120, 4, `sampling/honest/${seed}`);
          const result = sampleRowsSync(A, { by, count, seed, certify: true });
          const σ = singularValues(A, result);
          const distortion = σ.reduce((most, x) => Math.max(most, Math.abs(1 - x)), 0);
          if (result.certificate.kind !== "deterministic") throw new Error("a certificate is missing");
          expect(result.certificate.bound).toBeGreaterThanOrEqual(distortion * (1 - 1e-12)); // rounding of the reference
          expect(result.certificate.bound).toBeLessThanOrEqual(distortion * (1 + 1e-6) + 1e-10);
        }
      }
    });
  }

  it("a sample of fewer rows than the rank certifies nothing", () => {
    const { certificate } = sampleRowsSync(uneven(120, 4, "sampling/lost"), { by: "norm", count: 3, certify: true });
    expect(certificate.kind === "none" || certificate.kind === "conditional" || certificate.bound >= 1).toBe(true);
  });

  it("not asked for: none, with the reason", () => {
    expect(sampleRowsSync(uneven(50, 2, "sampling/none")).certificate).toEqual({ kind: "none", reason: "pass certify: true" });
  });
});

describe("theorem-sized", () => {
  it("by leverage, ε = 1/2, δ = 1e-2: at most 6 of 60 seeds fail, coherent and rank-deficient inputs", () => {
    for (const [name, A] of Object.entries({ coherent: coherent(300, 5), deficient: deficient(300, 6) })) {
      let failures = 0;
      for (let seed = 0; seed < 60; seed++) {
        const result = sampleRowsSync(A, { seed: `${name}/${seed}` });
        if (singularValues(A, result).some((σ) => !(Math.abs(1 - σ) <= 0.5))) failures++;
      }
      expect(failures).toBeLessThanOrEqual(6); // P[Binomial(60, 1e-2) > 6] < 4e-6
    }
  });

  it("draws for the rank, not for the columns", () => {
    const counts = [0.5, 0.2].map((epsilon) => sampleRowsSync(deficient(300, 6), { epsilon }).diagnostics.count);
    expect(counts[1]!).toBeGreaterThan(3 * counts[0]!); // (2ε − ε²)⁻² grows by 4.3
    expect(sampleRowsSync(deficient(300, 12)).diagnostics.count).toBe(counts[0]);
  });

  it("trivial baseline: as many rows drawn uniformly lose the coherent row", () => {
    const A = coherent(300, 5);
    const { diagnostics } = sampleRowsSync(A, { seed: 1 });
    const count = Math.floor(diagnostics.count / 2);
    const σ = singularValues(A, sampleRowsSync(A, { by: "uniform", replacement: false, count: Math.min(count, 150), seed: 1 }));
    expect(σ.some((value) => Math.abs(1 - value) > 0.3)).toBe(true);
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

  const dense = uneven(2000, 20, "sampling/bits");
  const inputs: readonly (NdArray | CsrMatrix)[] = [dense, csrFromDense(dense), coherent(1500, 16)];
  const ways: readonly SampleRowsOptions[] = [
    { by: "uniform", count: 200 },
    { by: "uniform", count: 200, replacement: false },
    { by: "norm", count: 200, certify: true },
    { by: "ridgeLeverage", ridge: 2, count: 200 },
    { seed: "bits", certify: true },
  ];
  const columnsOf = (A: NdArray | CsrMatrix): NdArray | CsrMatrix => (isCsr(A) ? A.transpose() : transpose(A));

  it("the bits of the calling thread on one to four threads, rows and columns", async () => {
    for (const A of inputs) {
      for (const options of ways) {
        const [rows, columns] = [sampleRowsSync(A, options), sampleColumnsSync(columnsOf(A), options)];
        for (const threads of [1, 2, 3, 4]) {
          expect(await sampleRows(A, { ...options, threads })).toEqual(rows);
          expect(await sampleColumns(columnsOf(A), { ...options, threads })).toEqual(columns);
        }
      }
    }
  });

  it("the JavaScript backend has the bits of WebAssembly without fused multiply-add", () => {
    const run = (): SampledRows[] =>
      inputs.flatMap((A) => ways.flatMap((options) => [sampleRowsSync(A, options), sampleColumnsSync(columnsOf(A), options)]));
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

  it("rows without probability are never drawn", () => {
    const A = uneven(100, 3, "sampling/zero");
    const p = Float64Array.from({ length: 100 }, (_, i) => (i % 3 === 0 || i === 99 ? 0 : 1));
    for (const by of ["norm", "leverage", p] as const) {
      const zero = probabilities(A, by);
      for (let seed = 0; seed < 20; seed++) {
        for (const i of sampleRowsSync(A, { by, count: 2000, seed }).indices) expect(zero[i]).toBeGreaterThan(0);
      }
    }
  });

  it("scales 1e-150 to 1e150: the same rows and weights to rounding", () => {
    const A = uneven(200, 4, "sampling/scale");
    for (const by of ["norm", "leverage"] as const) {
      const plain = sampleRowsSync(A, { by, count: 50, seed: 3 });
      for (const scale of [2 ** -500, 2 ** 500]) {
        const scaled = sampleRowsSync(view(valuesOf(A).map((x) => scale * x), [200, 4]), { by, count: 50, seed: 3 }); // prettier-ignore
        expect([...scaled.indices]).toEqual([...plain.indices]);
        scaled.weights.forEach((w, t) => { expect(Math.abs(w - plain.weights[t]!)).toBeLessThanOrEqual(1e-11 * w); }); // prettier-ignore
      }
    }
  });

  it("the same seed gives the same bits, another one other rows", () => {
    const A = uneven(200, 4, "sampling/seed");
    expect(sampleRowsSync(A, { count: 50, seed: 3 })).toEqual(sampleRowsSync(A, { count: 50, seed: "3" }));
    expect([...sampleRowsSync(A, { count: 50, seed: 3 }).indices]).not.toEqual([...sampleRowsSync(A, { count: 50, seed: 4 }).indices]);
  });
});

describe("errors", () => {
  const A = [[1, 2], [3, 4], [5, 6]]; // prettier-ignore
  const zeros = [[0, 0], [0, 0], [0, 0]]; // prettier-ignore
  const refused: readonly (readonly [string, unknown, object])[] = [
    ["ERR_OPTION by", A, { by: "rows" }],
    ["ERR_OPTION by", A, { by: [1, 2], count: 2 }],
    ["ERR_OPTION by", A, { by: [1, -1, 1], count: 2 }],
    ["ERR_OPTION by", A, { by: [0, 0, 0], count: 2 }],
    ["ERR_NON_FINITE by", A, { by: [0, NaN, 0], count: 2 }],
    ["ERR_OPTION count", A, { by: "norm" }],
    ["ERR_OPTION count", A, { count: 0 }],
    ["ERR_OPTION count", A, { count: 2.5 }],
    ["ERR_OPTION count", A, { count: 4, epsilon: 0.5 }],
    ["ERR_OPTION count", A, { by: "uniform", count: 4, replacement: false }],
    ["ERR_OPTION replacement", A, { by: "norm", count: 2, replacement: false }],
    ["ERR_OPTION replacement", A, { replacement: 1 }],
    ["ERR_OPTION certify", A, { certify: "yes" }],
    ["ERR_OPTION epsilon", A, { epsilon: 1 }],
    ["ERR_OPTION failure", A, { failure: 0 }],
    ["ERR_OPTION ridge", A, { ridge: 1 }],
    ["ERR_OPTION ridge", A, { by: "ridgeLeverage", count: 3 }],
    ["ERR_OPTION ridge", A, { by: "ridgeLeverage", count: 3, ridge: 0 }],
    ["ERR_OPTION seed", A, { seed: NaN }],
    ["ERR_OPTION poisson", A, { poisson: true }],
    ["ERR_NON_FINITE A", [[1, 2], [NaN, 1], [1, 1]], {}], // prettier-ignore
    ["ERR_SHAPE A", [1, 2], {}],
    ["ERR_OPTION A", view(new Float64Array(0), [0, 3]), {}],
    ["ERR_ASSUMPTION A", zeros, { by: "norm", count: 2 }],
    ["ERR_ASSUMPTION A", zeros, {}],
  ];
  for (const [code, input, options] of refused) {
    it(`${code} for ${JSON.stringify(options)}`, async () => {
      expect(codeOf(() => sampleRowsSync(input as MatrixInput, options))).toBe(code);
      expect(await codeOfAsync(sampleRows(input as MatrixInput, options))).toBe(code);
    });
  }

  it("columns: an index is that in A", () => {
    try {
      sampleColumnsSync([[1, 2, NaN]], { by: "uniform", count: 1 }); // prettier-ignore
      expect.unreachable();
    } catch (error) {
      expect((error as { index: readonly number[] }).index).toEqual([0, 2]);
    }
  });
});

describe("degenerate", () => {
  it("one row, no columns, a matrix of zeros drawn uniformly", () => {
    expect(sampleRowsSync([[3, 4]], { count: 5 })).toMatchObject({ indices: Int32Array.of(0), multiplicity: Int32Array.of(5) });
    expect(sampleRowsSync([[3, 4]], { count: 5 }).weights[0]).toBe(1);
    expect(sampleRowsSync(view(new Float64Array(0), [4, 0]), { by: "uniform", count: 2 }).multiplicity.reduce((sum, x) => sum + x, 0)).toBe(
      2,
    );
    expect(sampleRowsSync([[0], [0]], { by: "uniform", count: 2, replacement: false, certify: true }).weights).toEqual(
      Float64Array.of(1, 1),
    );
  });
});

/** One row alone in its direction. */
function coherent(n: number, d: number): NdArray {
  const entries = gaussianArray([n, d], { seed: "sampling/coherent" }).data.slice();
  for (let i = 0; i < n; i++) entries[i * d + d - 1] = i === 55 ? 1 : 0;
  return view(entries, [n, d]);
}

/** Of rank 3. */
function deficient(n: number, d: number): NdArray {
  const [G, T] = [gaussianArray([n, 3], { seed: "sampling/G" }).data, gaussianArray([3, d], { seed: "sampling/T" }).data];
  return view(Float64Array.from({ length: n * d }, (_, p) => [0, 1, 2].reduce((sum, k) => sum + G[Math.floor(p / d) * 3 + k]! * T[k * d + (p % d)]!, 0)), [n, d]); // prettier-ignore
}

function valuesAs(A: NdArray): NdArray {
  return view(valuesOf(A), A.shape);
}
