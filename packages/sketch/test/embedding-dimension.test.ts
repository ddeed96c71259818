import { eigSymmetric, gram, qr, view, type NdArray } from "@subquad/linalg-core";
import { testRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { countSketch, gaussian, rademacher, rowSampling, sparseSign, srht, type SketchDistribution } from "../src/distributions.js";
import { leverageScoresSync } from "../src/leverage.js";
import { sampleSketch } from "../src/operator.js";
import { planEmbedding } from "../src/embedding-plan.js";
import { codeOf } from "./failures.js";
import { binomialTail, isFull, mostFailures } from "./tails.js";

const EPSILON = 0.5;
const RUNS = 100;

type Entry = (i: number, j: number, d: number, normal: () => number) => number;

/** Matrices whose range is embedded. */
const inputs: Readonly<Record<string, Entry>> = {
  incoherent: (_i, _j, _d, normal) => normal(),
  "coherent, the identity above zeros": (i, j) => (i === j ? 1 : 0),
  "identities stacked": (i, j, d) => (i % d === j ? 1 : 0),
  "spiky, each 97th row 1e6 times the others": (i, _j, _d, normal) => (i % 97 === 5 ? 1e6 : 1) * normal(),
};

/** An orthonormal basis of the range: [n, d]. */
function basis(input: Entry, n: number, d: number): NdArray {
  const { normal } = testRandom(`basis/${n}/${d}`);
  const entries = Float64Array.from({ length: n * d }, (_, p) => input(Math.floor(p / d), p % d, d, normal));
  return qr(view(entries, [n, d])).Q!;
}

/** Seeds for which a singular value of S Q is not in [1 − ε, 1 + ε]. */
function failures(distribution: SketchDistribution, Q: NdArray, name: string, runs = RUNS): number {
  let count = 0;
  for (let seed = 0; seed < runs; seed++) {
    const { values } = eigSymmetric(gram(sampleSketch(distribution, { seed: `${name}/${seed}` }).applyLeftSync(Q)), { vectors: false });
    const [least, largest] = [values.get(0), values.get(values.size - 1)];
    if (!(least >= (1 - EPSILON) ** 2 && largest <= (1 + EPSILON) ** 2)) count++;
  }
  return count;
}

/** Rows by theorem. */
function rowsBy(family: SketchDistribution["family"], d: number, failure: number, more: { n?: number; coherence?: number } = {}): number {
  return planEmbedding(d, { epsilon: EPSILON, failure, family, rule: "theorem", ...more }).rows;
}

describe("theorem-sized", () => {
  it("Gaussian, d = 50, ε = 1/2, δ = 1e-3: 482 rows, at most 2 of 100 seeds fail", () => {
    const m = rowsBy("gaussian", 50, 1e-3);
    expect(m).toBe(482);
    expect(binomialTail(RUNS, 1e-3, 2)).toBeLessThanOrEqual(1.6e-4); // that a right embedding fails this test
    for (const [name, input] of Object.entries(inputs).filter((_, at) => isFull || at === 3)) {
      expect(failures(gaussian(m, 1000), basis(input, 1000, 50), name), name).toBeLessThanOrEqual(2);
    }
  });

  // d, n: more in the long profile; as above, a right embedding fails with probability 1.6e-4 an input
  const families: readonly (readonly [
    name: string,
    d: number,
    n: number,
    make: (d: number, n: number, Q: NdArray) => SketchDistribution,
  ])[] = [
    ["rademacher", isFull ? 25 : 4, isFull ? 3500 : 800, (d, n) => rademacher(rowsBy("rademacher", d, 1e-3), n)],
    ["srht", isFull ? 50 : 6, isFull ? 2 ** 15 : 12_000, (d, n) => srht(rowsBy("srht", d, 1e-3, { n }), n)],
    ["rowSampling by leverage", isFull ? 50 : 20, 5000, (d, n, Q) => rowSampling(rowsBy("rowSampling", d, 1e-3, { n }), leverageScoresSync(Q).scores)],
  ]; // prettier-ignore
  for (const [family, d, n, make] of families) {
    for (const [name, input] of Object.entries(inputs)) {
      it(`${family}, δ = 1e-3, ${name}: at most 2 of 100 seeds fail`, () => {
        const Q = basis(input, n, d);
        const distribution = make(d, n, Q);
        expect(distribution.rows).toBeLessThan(n); // or nothing is embedded
        expect(failures(distribution, Q, name)).toBeLessThanOrEqual(2);
      });
    }
  }

  it("rows drawn uniformly, by the coherence of the input: at most 2 of 100 seeds fail", () => {
    for (const [name, input] of Object.entries(inputs)) {
      const [n, d] = [isFull ? 6000 : 2500, 5];
      const Q = basis(input, n, d);
      const coherence = n * leverageScoresSync(Q).scores.reduce((most, τ) => Math.max(most, τ), 0);
      const m = rowsBy("rowSampling", d, 1e-3, { coherence: Math.max(d, coherence) });
      const isIncoherent = name === "incoherent" || name === "identities stacked";
      expect(m < n, name).toBe(isIncoherent); // for the others the theorem asks for more draws than there are rows, and keeps its word
      expect(failures(rowSampling(m, new Float64Array(n).fill(1)), Q, name, isFull || m < n ? RUNS : 3), name).toBeLessThanOrEqual(2);
    }
  });

  it("sparse families, δ = 1/20, by Markov's inequality for any number of nonzeros: failures of 100 within the binomial tail of 1e-6", () => {
    const allowed = mostFailures(RUNS, 0.05, 1e-6);
    const d = isFull ? 12 : 4;
    const m = rowsBy("countSketch", d, 0.05);
    expect(rowsBy("sparseSign", d, 0.05)).toBe(m);
    const n = 2 * m;
    for (const [name, input] of Object.entries(inputs)) {
      const Q = basis(input, n, d);
      const many = [countSketch(m, n), sparseSign(m, n, { nonzeros: 2 }), sparseSign(m, n), sparseSign(m + (8 - (m % 8)), n, { blocked: true })];
      for (const distribution of many) expect(failures(distribution, Q, name), name).toBeLessThanOrEqual(allowed);
    }
  }); // prettier-ignore

  it("trivial baseline: with a fifth of the rows Gaussian embeddings fail for more seeds than allowed", () => {
    expect(failures(gaussian(96, 400), basis(inputs.incoherent!, 400, 50), "few", 10)).toBeGreaterThan(2);
  });
});

describe("errors", () => {
  it("srht without the rows of A, coherence below the dimension", () => {
    expect(codeOf(() => rowsBy("srht", 5, 1e-3))).toBe("ERR_OPTION n");
    expect(codeOf(() => rowsBy("rowSampling", 5, 1e-3, { coherence: 4 }))).toBe("ERR_OPTION coherence");
  });
});
