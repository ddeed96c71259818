import { closePool, configure, csr, csrFromDense, matmul, NotConvergedError, ready, view, type NdArray } from "@subquad/linalg-core";
import { gaussianArray, layouts, strided, testRandom } from "@subquad/test-kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { measureDistortionSync } from "../src/distortion.js";
import { embedSubspace, embedSubspaceSync, type EmbeddingFamily, type EmbedSubspaceResult } from "../src/embed.js";
import { planEmbedding } from "../src/embedding-plan.js";
import { valuesOf } from "./dense.js";
import { codeOf, codeOfAsync } from "./failures.js";

const d = 12;
const n = 3000;

function fill(entry: (i: number, j: number, normal: () => number) => number): NdArray {
  const { normal } = testRandom("embed");
  return view(
    Float64Array.from({ length: n * d }, (_, p) => entry(Math.floor(p / d), p % d, normal)),
    [n, d],
  );
}

const inputs: [name: string, A: NdArray][] = [
  ["incoherent", fill((_i, _j, normal) => normal())],
  ["coherent: the identity above zeros", fill((i, j) => (i === j ? 1 : 0))],
  ["identities stacked", fill((i, j) => (i % d === j ? 1 : 0))],
  ["spiky: a few rows 1e6 times the others", fill((i, _j, normal) => (i % 400 === 7 ? 1e6 : 1) * normal())],
  ["coherent at condition 1e8", fill((i, j, normal) => (i === j ? 10 ** (-8 * (j / d)) : 1e-12 * normal()))],
  ["scale 1e150", fill((_i, _j, normal) => 1e150 * normal())],
  ["rank 1", fill((i, j) => (1 + (i % 7)) * (j + 1))],
];

function boundOf({ certificate }: EmbedSubspaceResult): number {
  return certificate.kind === "none" ? Infinity : certificate.bound;
}

describe("certificate is honest", () => {
  for (const [name, A] of inputs) {
    it(`${name}: bound ≤ ε, and measured again from A and the sketch`, () => {
      for (const family of ["auto", "sparseSign", "gaussian", "srht"] as const) {
        const result = embedSubspaceSync(A, { family, epsilon: 0.5, seed: name });
        expect(boundOf(result)).toBeLessThanOrEqual(0.5);
        expect(result.method).not.toBe("none");
        const { lower, upper, certificate } = measureDistortionSync(A, result.sketch, { method: "exact" });
        expect([result.lower, result.upper, result.certificate]).toEqual([lower, upper, certificate]);
        expect(valuesOf(result.operator!.applyLeftSync(A))).toEqual(valuesOf(result.sketch));
      }
    });
  }

  it("lanczos says so, with the share of the failure that is its own", () => {
    const { certificate } = embedSubspaceSync(csrFromDense(inputs[0]![1]), { measure: "lanczos", failure: 0.05, epsilon: 0.6 });
    expect(certificate).toMatchObject({ kind: "statistical", confidence: 1 - 0.05 / 5, fraction: 0 });
  });

  it("a smaller ε takes more rows", () => {
    const A = inputs[0]![1];
    const rows = [0.8, 0.5, 0.35].map((epsilon) => embedSubspaceSync(A, { epsilon }).sketch.shape[0]!);
    expect(rows[0]!).toBeLessThan(rows[1]!);
    expect(rows[1]!).toBeLessThan(rows[2]!);
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

  it("the same bits from the promise, at one to four threads, from every layout", async () => {
    const A = inputs[3]![1];
    const { sketch, lower, upper } = embedSubspaceSync(A, { seed: 5 });
    for (const threads of [1, 2, 3, 4]) {
      const again = await embedSubspace(A, { seed: 5, threads });
      expect([again.lower, again.upper]).toEqual([lower, upper]);
      expect(valuesOf(again.sketch)).toEqual(valuesOf(sketch));
    }
    for (const layout of layouts) expect(valuesOf(embedSubspaceSync(strided(A, layout), { seed: 5 }).sketch)).toEqual(valuesOf(sketch));
    expect(valuesOf(embedSubspaceSync(A, { seed: 6 }).sketch)).not.toEqual(valuesOf(sketch));
  });

  it("a float32 matrix gives a float32 sketch, and its rounding is measured with it", () => {
    const { data, shape } = gaussianArray([n, d], { dtype: "float32" });
    const A = view(data, shape);
    const result = embedSubspaceSync(A);
    expect(result.sketch.dtype).toBe("float32");
    expect(boundOf(result)).toBeLessThanOrEqual(0.5);
    const sparse = csrFromDense(A);
    expect(embedSubspaceSync(csr(sparse.shape, sparse.rowPointers, sparse.columns, Float32Array.from(sparse.values))).sketch.dtype).toBe(
      "float32",
    );
  });

  it("none: S = I where no sketch pays, dense and sparse", () => {
    const { rows } = planEmbedding(d, { failure: 1e-3 });
    const A = view(inputs[0]![1].data, [rows, d]);
    for (const input of [A, csrFromDense(A)]) {
      for (const family of ["auto", "gaussian"] as const) {
        const result = embedSubspaceSync(input, { family });
        expect(result).toMatchObject({ method: "none", lower: 1, upper: 1, certificate: { kind: "exact", bound: 0 } });
        expect(result.operator).toBeUndefined();
        expect(valuesOf(result.sketch)).toEqual(valuesOf(A));
      }
    }
    const copy = embedSubspaceSync(A).sketch;
    expect(copy.data.buffer).not.toBe(A.data.buffer);
  });

  it("none after attempts: a condition for which nothing can be said; NotConvergedError for a family that was named", () => {
    const G = fill((_i, j, normal) => 10 ** ((-13 * j) / (d - 1)) * normal());
    const { normal } = testRandom("mix");
    const H = view(
      Float64Array.from({ length: d * d }, () => normal()),
      [d, d],
    );
    const A = matmul(G, H);
    const result = embedSubspaceSync(A, { epsilon: 0.25 });
    expect(result).toMatchObject({ method: "none", lower: 1, upper: 1, certificate: { kind: "exact", bound: 0 } });
    expect(result.diagnostics.attempts).toBeGreaterThan(0);
    expect(valuesOf(result.sketch)).toEqual(valuesOf(A));
    expect(codeOf(() => embedSubspaceSync(A, { family: "sparseSign", epsilon: 0.25 }))).toBe("ERR_NOT_CONVERGED");
  });
});

describe("errors", () => {
  it("names the argument", async () => {
    const A = inputs[0]![1];
    expect(codeOf(() => embedSubspaceSync([1] as never))).toBe("ERR_SHAPE A");
    const cases: [object, string][] = [
      [{ epsilon: 0 }, "epsilon"],
      [{ epsilon: 1 }, "epsilon"],
      [{ epsilon: NaN }, "epsilon"],
      [{ failure: 0 }, "failure"],
      [{ failure: 0.7 }, "failure"],
      [{ family: "rowSampling" }, "family"],
      [{ measure: "fast" }, "measure"],
      [{ seed: Infinity }, "seed"],
      [{ threads: 2 }, "threads"],
    ];
    for (const [options, name] of cases) expect(codeOf(() => embedSubspaceSync(A, options))).toBe(`ERR_OPTION ${name}`);
    expect(await codeOfAsync(embedSubspace(A, { thread: 1 } as never))).toBe("ERR_OPTION thread");
    for (const rows of [20, n]) {
      const bad = view(valuesOf(A).slice(0, rows * d).map((x, p) => (p === 17 ? NaN : x)), [rows, d]); // prettier-ignore
      expect(codeOf(() => embedSubspaceSync(bad))).toBe("ERR_NON_FINITE A");
    }
  });

  it("NotConvergedError carries the best of a family that cannot: CountSketch of a coherent matrix", () => {
    let failures = 0;
    for (let seed = 0; seed < 20; seed++) {
      try {
        expect(boundOf(embedSubspaceSync(inputs[1]![1], { family: "countSketch", epsilon: 0.9, failure: 0.5, seed }))).toBeLessThanOrEqual(
          0.9,
        );
      } catch (error) {
        failures++;
        expect(error).toBeInstanceOf(NotConvergedError);
        const result = (error as NotConvergedError).result as EmbedSubspaceResult;
        expect(result.method).toBe("countSketch");
        expect(Math.max(1 - result.lower, result.upper - 1)).toBeGreaterThan(0.9);
      }
    }
    expect(failures).toBeLessThan(20);
    // two equal columns of S in each of five sketches: a matrix of as many spikes as would need m ~ d²
    const spikes = view(Float64Array.from({ length: 1600 * 120 }, (_, p) => (Math.floor(p / 120) === p % 120 ? 1 : 0)), [1600, 120]); // prettier-ignore
    expect(codeOf(() => embedSubspaceSync(spikes, { family: "countSketch", epsilon: 0.8, failure: 0.5 }))).toBe("ERR_NOT_CONVERGED");
    expect(boundOf(embedSubspaceSync(spikes, { family: "auto", epsilon: 0.8, failure: 0.5 }))).toBeLessThanOrEqual(0.8);
  });
});

describe("degenerate", () => {
  it("no rows, no columns, zeros, fewer rows than columns", () => {
    expect(embedSubspaceSync(view(new Float64Array(0), [0, 3]))).toMatchObject({ method: "none", certificate: { bound: 0 } });
    expect(embedSubspaceSync(view(new Float64Array(0), [3000, 0]))).toMatchObject({ certificate: { bound: 0 } });
    expect(embedSubspaceSync(view(new Float64Array(12), [3, 4]))).toMatchObject({ method: "none" });
    const zero = embedSubspaceSync(view(new Float64Array(n * d), [n, d]));
    expect([zero.lower, zero.upper, boundOf(zero)]).toEqual([1, 1, 0]);
    expect(valuesOf(zero.sketch).some((x) => x !== 0)).toBe(false);
  });

  it("every family that embeds any matrix", () => {
    for (const family of ["gaussian", "rademacher", "countSketch", "sparseSign", "srht"] satisfies EmbeddingFamily[]) {
      expect(boundOf(embedSubspaceSync(inputs[0]![1], { family, epsilon: 0.7 }))).toBeLessThanOrEqual(0.7);
    }
  });
});
