/**
 * Certificates against truths without rounding, on what a hostile user would send: sizes 1e±300, graded rows and columns, lost rank, duplicates,
 * zeros, constants, one row, one column, every layout and dtype.
 */
import { csrFromDense, slice, transpose, view, type Certificate, type CsrMatrix, type NdArray } from "@subquad/linalg-core"; // prettier-ignore
import { testRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import * as api from "../src/index.js";
import { difference, exact, isBelow, isWithin, product, turned, whole, type Exact } from "./exact.js";

type Entries = (i: number, j: number) => number;

function matrix(n: number, d: number, entry: Entries): NdArray {
  return view(Float64Array.from({ length: n * d }, (_, p) => entry(Math.floor(p / d), p % d)), [n, d]); // prettier-ignore
}

/** Integers in [−8, 8], the same for the same seed. */
function integers(n: number, d: number, seed: string): NdArray {
  const random = testRandom(seed);
  return matrix(n, d, () => Math.floor(17 * random.uniform()) - 8);
}

const base = integers(24, 4, "adversarial");
const at = (A: NdArray, i: number, j: number): number => A.data[i * A.shape[1]! + j]!;

/** Of 24 × 4 mostly. */
const shapes: Readonly<Record<string, NdArray>> = {
  integers: base,
  "rank 2": matrix(24, 4, (i, j) => at(base, i, 0) * (j + 1) + at(base, i, 1) * ((j * j) % 3)),
  "duplicate rows": matrix(24, 4, (i, j) => at(base, i % 3, j)),
  "zero rows and a zero column": matrix(24, 4, (i, j) => (i % 4 === 0 || j === 2 ? 0 : at(base, i, j))),
  constant: matrix(24, 4, () => 3),
  "one row": matrix(1, 4, (_, j) => j - 1),
  "one column": matrix(24, 1, (i) => i - 3),
  wide: matrix(3, 17, (i, j) => at(base, (5 * i + j) % 24, i)),
  "graded columns": matrix(24, 4, (i, j) => at(base, i, j) * 2 ** (300 * (1.5 - j))),
  "graded rows": matrix(24, 4, (i, j) => at(base, i, j) * 2 ** (40 * (12 - i))),
  "one huge entry": matrix(24, 4, (i, j) => (i === 7 && j === 1 ? 2 ** 500 : at(base, i, j))),
  "near dependence": matrix(24, 4, (i, j) => (j === 3 ? at(base, i, 0) + 2 ** -40 * at(base, i, 3) : at(base, i, j))),
  zeros: matrix(24, 4, () => 0),
};
const scales = [0, -1000, -500, 500, 1000];

/** Every shape at every size, as far as float64 holds it. */
const cases: readonly (readonly [string, NdArray])[] = Object.entries(shapes).flatMap(([name, A]) =>
  scales.map((e) => [`${name} times 2^${e}`, matrix(A.shape[0]!, A.shape[1]!, (i, j) => at(A, i, j) * 2 ** (e / 2) * 2 ** (e / 2))] as const),
).filter(([, A]) => A.data.every(Number.isFinite)); // prettier-ignore

function boundOf(certificate: Certificate): number {
  return certificate.kind === "none" ? Infinity : certificate.bound;
}

/** The failures, in one list. */
function check(run: (name: string, A: NdArray) => string[]): void {
  expect(cases.flatMap(([name, A]) => { try { return run(name, A).map((what) => `${name}: ${what}`); } catch (error) { return [`${name}: ${String(error)}`]; } })).toEqual([]); // prettier-ignore
}

const hasNaN = (value: unknown): boolean =>
  typeof value !== "object" || value === null
    ? Number.isNaN(value)
    : ArrayBuffer.isView(value)
      ? Array.from(value as unknown as ArrayLike<number>).some(Number.isNaN)
      : Object.values(value).some(hasNaN);

const diagonal = (s: NdArray): NdArray => matrix(s.size, s.size, (i, j) => (i === j ? s.data[i]! : 0));

/** Both certificates of A − L R …. */
function ofProduct(
  A: NdArray,
  factors: readonly NdArray[],
  { certificate, spectral, ...rest }: { certificate: Certificate; spectral: Certificate },
): string[] {
  // prettier-ignore
  const error = difference(exact(A), factors.map(exact).reduce(product));
  const faults = hasNaN(rest) ? ["NaN"] : [];
  if (!isWithin(error, boundOf(certificate))) faults.push(`certificate ${boundOf(certificate)}`);
  // the spectral norm is at least that of every column
  for (let j = 0; j < error.columns; j++) {
    const column = { ...error, columns: 1, entries: error.entries.filter((_, p) => p % error.columns === j) };
    if (!isWithin(column, boundOf(spectral))) faults.push(`spectral ${boundOf(spectral)}, column ${j}`);
  }
  return faults;
}

const both = (A: NdArray): readonly (NdArray | CsrMatrix)[] => [A, csrFromDense(A)];

describe("certificate is honest", () => {
  it("qbDecomposition", () => {
    check((_, A) => both(A).flatMap((given) => [{ rank: 1, oversampling: 1 }, { rank: Math.min(2, ...A.shape), powerIterations: 0 }, { tolerance: 1e-3 }].flatMap((options) => {
      const result = api.qbDecompositionSync(given, options);
      return ofProduct(A, [result.Q, result.B], result);
    }))); // prettier-ignore
  });

  it("randomizedSvd", () => {
    check((_, A) => both(A).flatMap((given) => [{ rank: 1 }, { rank: 1, method: "randomized" as const }, { tolerance: 1e-3 }].flatMap((options) => {
      const result = api.randomizedSvdSync(given, options);
      return ofProduct(A, [result.U, diagonal(result.s), transpose(result.V)], result);
    }))); // prettier-ignore
  });

  it("interpolativeDecomposition", () => {
    check((_, A) => both(A).flatMap((given) => [{ rank: 1 }, { rank: Math.min(3, ...A.shape) }, { tolerance: 1e-3 }].flatMap((options) => {
      const result = api.interpolativeDecompositionSync(given, options);
      const C = matrix(A.shape[0]!, result.indices.length, (i, j) => at(A, i, result.indices[j]!));
      return ofProduct(A, [C, result.coefficients], result);
    }))); // prettier-ignore
  });

  it("cur", () => {
    check((_, A) => both(A).flatMap((given) => [{ rank: 1 }, { rank: Math.min(3, ...A.shape) }, { rank: 1, pick: "leverage" as const }].flatMap((options) => {
      const result = api.curSync(given, options);
      const C = matrix(A.shape[0]!, result.columns.length, (i, j) => at(A, i, result.columns[j]!));
      const R = matrix(result.rows.length, A.shape[1]!, (i, j) => at(A, result.rows[i]!, j));
      return ofProduct(A, [C, result.core, R], result);
    }))); // prettier-ignore
  });

  it("frequentDirections: the sandwich at witnesses", () => {
    check((_, A) => {
      const [n, d] = A.shape as [number, number];
      const sketch = api.frequentDirections(d, { sketchRows: 2 });
      if (A.data.some((x) => Math.abs(x) > 2 ** 504)) return [];
      for (let i = 0; i < n; i += 5) sketch.update(slice(A, [i, Math.min(n, i + 5)]));
      const { B, certificate } = sketch.value();
      const [X, Y] = [exact(A), exact(B)];
      const D = difference(product(turned(X), X), product(turned(Y), Y));
      const faults: string[] = [];
      const columns = largestOf(A);
      for (const v of witnesses(d, columns)) {
        const value = product(product(turned(v), D), v).entries[0]!; // over 2^(4 · 1074)
        const size = product(turned(v), v).entries[0]!;
        const limit = (whole(boundOf(certificate)) * size) << 1074n;
        if (value > limit || -value > limit) faults.push(`certificate ${boundOf(certificate)}`);
      }
      return faults;
    });
  });

  it("measureDistortion, both methods, and embedSubspace: both ends at witnesses", () => {
    check((_, A) => {
      const [n] = A.shape as [number, number];
      const faults: string[] = [];
      const operators = [api.sparseSign(9, n), api.countSketch(2, n)].map((distribution) => api.sampleSketch(distribution));
      for (const given of both(A)) {
        for (const operator of operators) {
          const M = operator.applyLeftSync(given);
          if (M.data.some((x) => !Number.isFinite(x))) continue;
          for (const method of ["exact", "lanczos"] as const) {
            faults.push(...stretched(A, M, api.measureDistortionSync(given, M, { method }), `${operator.distribution.family} ${method}`));
          }
        }
        const { sketch, ...rest } = api.embedSubspaceSync(given, { epsilon: 0.9 });
        faults.push(...stretched(A, sketch, rest, "embed"));
      }
      return faults;
    });
  });

  it("leverageScores: fractions", () => {
    check((name, A) => {
      const truth = fractions(A);
      return both(A).flatMap((given) => (["exact", "fast"] as const).flatMap((method) => {
        const { scores, rank, certificate } = api.leverageScoresSync(given, { method });
        const faults = hasNaN(Array.from(scores)) ? ["NaN"] : [];
        if (name.startsWith("graded rows")) return rank <= truth.rank ? faults : [`rank ${rank}`]; // lost to rounding, as the rank says
        if (truth.rank !== rank) return [...faults, `rank ${rank} for ${truth.rank}`];
        truth.scores.forEach((score, i) => {
          const bound = boundOf(certificate);
          const isFactor = certificate.kind === "statistical";
          const isHonest = isFactor ? scores[i]! <= score * (1 + bound) * (1 + 1e-12) && score <= scores[i]! * (1 + bound) * (1 + 1e-12) : Math.abs(scores[i]! - score) <= bound + 2 ** -53; // of the truth itself
          if (!isHonest) faults.push(`${method}: score ${scores[i]} for ${score}, ${certificate.kind} ${bound}`);
        });
        return faults;
      })); // prettier-ignore
    });
  });

  it("psdLowRank, entryBound and extendLowRank: entries and trace of K = X Xᵀ of integers", () => {
    const faults: string[] = [];
    const N = 16;
    for (const [name, X] of Object.entries(shapes)) {
      const [n, d] = X.shape as [number, number];
      if (n < N || name === "one huge entry" || name.startsWith("graded") || name === "near dependence") continue;
      for (const grade of [0, 20, -60]) {
        for (const e of [0, -1000, 960]) {
          const size = (i: number): number => 2 ** Math.round((grade * i) / N);
          const entry: Entries = (i, j) => {
            let sum = 0;
            for (let l = 0; l < d; l++) sum += at(X, i, l) * at(X, j, l); // integers: exact
            return sum * size(i) * size(j) * 2 ** (e / 2) * 2 ** (e / 2);
          };
          const K = matrix(n, n, entry);
          if (!K.data.every((x) => Number.isFinite(x) && (x === 0 || Math.abs(x) > 1e-290))) continue;
          const old = api.matrixOracle(matrix(N, N, (i, j) => at(K, i, j)), { positiveSemidefinite: true }); // prettier-ignore
          for (const method of ["accelerated", "rpcholesky", "greedy", "blockRobust"] as const) {
            for (const options of [{ rank: 1 }, { rank: 3 }, {}]) {
              const about = `${name}, grade ${grade}, 2^${e}, ${method}, ${JSON.stringify(options)}`;
              try {
                faults.push(
                  ...ofPsd(K, N, api.psdLowRankSync(old, { method, certify: true, ...options })).map((what) => `${about}: ${what}`),
                );
              } catch (error) {
                faults.push(`${about}: ${String(error)}`);
              }
            }
          }
        }
      }
    }
    expect(faults).toEqual([]);
  });

  it("measureFeatures: all pairs of five rows, of which 300 draws miss one with a chance of 1e-4", () => {
    const faults: string[] = [];
    for (const e of [0, -150, 150, -300, 300]) {
      for (const degree of [1, 2, 3]) {
        for (const map of [api.monomialFeatures(4, { degree }), api.tensorSketch(4, 64, { degree }), api.tensorTree(4, 64, { degree })]) {
          const X = matrix(5, 4, (i, j) => at(base, i, j) * 2 ** e);
          const { certificate } = api.measureFeaturesSync(map, X);
          const Z = exact(map.applySync(X));
          const [inner, features] = [exact(X), Z].map((Y) => product(Y, turned(Y))) as [Exact, Exact];
          for (let p = 0; p < 25; p++) {
            const power = 2 * degree;
            const kernel = inner.entries[p]! ** BigInt(degree);
            const error = (features.entries[p]! << BigInt(1074 * (power - 2))) - kernel;
            if (!isBelow(error, power, boundOf(certificate)))
              faults.push(`2^${e}, degree ${degree}, ${map.outputDim}: ${boundOf(certificate)}`);
          }
        }
      }
    }
    expect(faults).toEqual([]);
  });
});

describe("laws", () => {
  it("every layout and integer dtype: the same answer", () => {
    const [n, d] = [24, 4];
    const inside = view(new Float64Array(9 + 3 * n * d).fill(NaN), [n, d], [3 * d, 3], 9);
    for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) inside.data[9 + 3 * (i * d + j)] = at(base, i, j);
    const turnedData = Float64Array.from({ length: n * d }, (_, p) => at(base, p % n, Math.floor(p / n)));
    const backward = view(Float64Array.from(base.data).reverse(), [n, d], [-d, -1], n * d - 1);
    const layouts = [inside, transpose(view(turnedData, [d, n])), backward, { ...base, data: Int8Array.from(base.data) }, { ...base, data: Int32Array.from(base.data) }]; // prettier-ignore
    const calls: readonly ((A: NdArray) => unknown)[] = [
      (A) => api.qbDecompositionSync(A, { rank: 2 }),
      (A) => api.randomizedSvdSync(A, { rank: 2, method: "randomized" }),
      (A) => api.interpolativeDecompositionSync(A, { rank: 2, axis: "rows" }),
      (A) => api.curSync(A, { rank: 2 }),
      (A) => api.leverageScoresSync(A, { ridge: 0.5 }),
      (A) => api.measureDistortionSync(A, slice(base, [0, 9])),
      (A) => api.embedSubspaceSync(A).sketch,
      (A) => api.sampleRowsSync(A, { count: 9 }),
      (A) => api.sampleColumnsSync(A, { by: "norm", count: 9 }),
      (A) => api.measureFeaturesSync(api.tensorSketch(4, 8), A),
      (A) => {
        const stream = api.frequentDirections(4, { sketchRows: 2 });
        stream.update(A);
        return stream.value();
      },
    ];
    for (const call of calls) for (const A of layouts) expect(call(A as NdArray)).toEqual(call(base));
  });
});

describe("errors", () => {
  it("sums that leave the range: NonFiniteError, never NaN or an infinity in a result", () => {
    const tall = matrix(2000, 2, (i, j) => ((2 * i + j) % 3 === 0 ? 1e308 : 0.4e308));
    const S = api.sampleSketch(api.sparseSign(20, 2000));
    const single = view(new Float32Array(4000).fill(3e38), [2000, 2]);
    const sum = api.createAccumulator(S.distribution, 2);
    sum.update(tall, { firstRow: 0 });
    const calls: Readonly<Record<string, () => unknown>> = {
      applyLeftSync: () => S.applyLeftSync(tall),
      "applyLeftSync of float32": () => S.applyLeftSync(single),
      applyRightSync: () => S.applyRightSync(transpose(tall)),
      applyTransposeSync: () => api.sampleSketch(api.gaussian(2000, 3000)).applyTransposeSync(tall),
      value: () => sum.value(),
      embedSubspaceSync: () => api.embedSubspaceSync(tall),
      "embedSubspaceSync of float32": () => api.embedSubspaceSync(single),
      leverageScoresSync: () => api.leverageScoresSync(tall),
      sampleRowsSync: () => api.sampleRowsSync(tall, { by: "norm", count: 9, certify: true }),
      randomizedSvdSync: () => api.randomizedSvdSync(tall, { rank: 1 }),
      qbDecompositionSync: () => api.qbDecompositionSync(tall, { rank: 1 }),
      applySync: () => api.tensorSketch(2, 8).applySync(tall),
    };
    for (const [name, call] of Object.entries(calls)) expect(call, name).toThrow(new RegExp(`^${name.split(" ")[0]!}.*overflow`));
    const { certificate, spectral } = api.interpolativeDecompositionSync(tall, { rank: 1 });
    expect([certificate.kind, spectral.kind]).toEqual(["none", "none"]); // of a norm beyond float64
  });
});

/** −log2 of the largest of each column. */
function largestOf(A: NdArray): number[] {
  const [n, d] = A.shape as [number, number];
  return Array.from({ length: d }, (_, j) => {
    let most = 0;
    for (let i = 0; i < n; i++) most = Math.max(most, Math.abs(at(A, i, j)));
    return most === 0 ? 0 : Math.max(-1000, Math.min(1000, -Math.round(Math.log2(most))));
  });
}

/** Vectors that try columns one by one, together, and each in units of its size. */
function witnesses(d: number, exponents: readonly number[]): Exact[] {
  const random = testRandom("witness");
  const list: number[][] = [];
  for (let j = 0; j < d; j++) list.push(Array.from({ length: d }, (_, l) => (l === j ? 1 : 0)));
  for (let t = 0; t < 5; t++) list.push(Array.from({ length: d }, () => Math.floor(17 * random.uniform()) - 8));
  for (let t = 0; t < 5; t++) list.push(Array.from({ length: d }, (_, j) => (Math.floor(17 * random.uniform()) - 8) * 2 ** exponents[j]!));
  return list.filter((v) => v.some((x) => x !== 0)).map((v) => exact(view(Float64Array.from(v), [d, 1])));
}

/** lower ‖A x‖ ≤ ‖M x‖ ≤ upper ‖A x‖. */
function stretched(
  A: NdArray,
  M: NdArray,
  { lower, upper, certificate }: { lower: number; upper: number; certificate: Certificate },
  about: string,
): string[] {
  // prettier-ignore
  const faults: string[] = [];
  if (Number.isNaN(lower) || Number.isNaN(upper)) faults.push(`${about}: NaN`);
  if (!(boundOf(certificate) >= Math.max(1 - lower, upper - 1)))
    faults.push(`${about}: bound ${boundOf(certificate)} for [${lower}, ${upper}]`);
  const [X, Y] = [exact(A), exact(M)];
  for (const v of witnesses(A.shape[1]!, largestOf(A))) {
    const sizes = [product(X, v), product(Y, v)].map((u) => u.entries.reduce((sum, x) => sum + x * x, 0n)) as [bigint, bigint];
    const unit = 1n << 1074n;
    if (sizes[1] * unit * unit < sizes[0] * whole(lower) ** 2n) faults.push(`${about}: lower ${lower}`);
    if (upper < Infinity && sizes[1] * unit * unit > sizes[0] * whole(upper) ** 2n) faults.push(`${about}: upper ${upper}`);
  }
  return faults;
}

/** a_i (AᵀA)⁺ a_iᵀ, by elimination of fractions: rows of Gram–Schmidt over the columns that are independent. */
function fractions(A: NdArray): { readonly scores: readonly number[]; readonly rank: number } {
  const { rows: n, columns: d, entries } = exact(A);
  const kept: bigint[][] = [];
  const scores = new Array<number>(n).fill(0);
  for (let j = 0; j < d; j++) {
    let column = Array.from({ length: n }, (_, i) => entries[i * d + j]!);
    column = reduced(column);
    for (const q of kept) {
      const dot = sumOf(column.map((x, i) => x * q[i]!));
      const size = sumOf(q.map((x) => x * x));
      column = reduced(column.map((x, i) => x * size - dot * q[i]!));
    }
    const size = sumOf(column.map((x) => x * x));
    if (size === 0n) continue;
    kept.push(column);
    column.forEach((x, i) => { scores[i]! += Number((x * x << 80n) / size) * 2 ** -80; }); // prettier-ignore
  }
  return { scores, rank: kept.length };
}

const sumOf = (list: readonly bigint[]): bigint => list.reduce((sum, x) => sum + x, 0n);

/** Without their common divisor. */
function reduced(list: bigint[]): bigint[] {
  let divisor = 0n;
  for (const entry of list) {
    let [a, b] = [entry < 0n ? -entry : entry, divisor];
    while (b !== 0n) [a, b] = [b, a % b];
    divisor = a;
  }
  return divisor === 0n ? list : list.map((x) => x / divisor);
}

/** All entries, the trace, and rows of new points. */
function ofPsd(K: NdArray, N: number, low: api.PsdLowRank): string[] {
  const faults: string[] = [];
  const F = exact(low.factor);
  const all = exact(K);
  const n = all.rows;
  const part: Exact = { rows: N, columns: N, power: 1, entries: all.entries.filter((_, p) => p % n < N && Math.floor(p / n) < N) };
  const D = difference(part, product(F, turned(F)));
  let trace = 0n;
  for (let i = 0; i < N; i++) {
    trace += D.entries[i * N + i]!;
    for (let j = 0; j < N; j++) {
      const bound = api.entryBound(low, i, j);
      if (!isBelow(D.entries[i * N + j]!, 2, bound)) faults.push(`entry ${i}, ${j}: ${bound}`);
    }
  }
  if (!isBelow(trace, 2, boundOf(low.certificate))) faults.push(`trace ${boundOf(low.certificate)}`);
  const S = Array.from(low.pivots);
  const added = Array.from({ length: n - N }, (_, q) => N + q);
  const cross = matrix(n - N, S.length, (q, s) => at(K, N + q, S[s]!));
  const { features, residualDiagonal, roundingDiagonal } = api.extendLowRank(
    low,
    cross,
    Float64Array.from(added, (i) => at(K, i, i)),
  );
  const G = exact(features);
  const across = product(G, turned(F));
  for (const [q, i] of added.entries()) {
    for (let j = 0; j < N; j++) {
      const error = (all.entries[i * n + j]! << 1074n) - across.entries[q * N + j]!;
      const [d, g] = [low.residualDiagonal[j]!, low.roundingDiagonal![j]!];
      const bound =
        Math.sqrt(residualDiagonal[q]! + roundingDiagonal[q]!) * Math.sqrt(d + g) + Math.sqrt(roundingDiagonal[q]!) * Math.sqrt(g);
      if (!isBelow(error, 2, bound * (1 + 2 ** -48))) faults.push(`new ${q}, ${j}: ${bound}`);
    }
  }
  return faults;
}
