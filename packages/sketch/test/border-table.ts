/**
 * Every public function, and every function of the objects that they return, with arguments that it accepts and, for each argument and option,
 * values that it must refuse: what the tests of the border go through. A new export without an entry fails there.
 */
import { csr, full, type CsrMatrix, type DType, type NdArray } from "@subquad/linalg-core";
import * as api from "../src/index.js";

export interface Argument {
  readonly name: string;
  readonly value: unknown;
  /** A matrix or vector of numbers: refused as such, and with NaN and infinities in it. */
  readonly isArray?: boolean;
  /** Sparse matrices go here too. */
  readonly takesSparse?: boolean;
  /** What else must be refused. */
  readonly refused?: readonly unknown[];
}

export interface Entry {
  /** A function of an object; default the export of this name. `where` of its errors is the last part of the name. */
  readonly call?: (...values: readonly unknown[]) => unknown;
  readonly arguments: readonly Argument[];
  /** For each option the values that must be refused; none for a function without options. */
  readonly options?: Readonly<Record<string, readonly unknown[]>>;
  /** Options without which the call would be refused. */
  readonly always?: object;
  /** Options without which another would be refused. */
  readonly beside?: Readonly<Record<string, object>>;
  readonly isAsync?: boolean;
}

export const NOT_NUMBERS: readonly unknown[] = [NaN, "1", null, true, [], [1], {}, 1n, Symbol("x")];
export const REAL = [...NOT_NUMBERS, Infinity, -Infinity];
export const NOT_OBJECTS: readonly unknown[] = [undefined, null, 1, NaN, true, "x", () => 1, Symbol("x"), 1n];
const FLAG = [0, 1, "true", null, NaN, []];
const CHOICE = ["", "nothing", 0, null, true, NaN];
const SEED = [NaN, Infinity, null, {}, true, [], 1n, Symbol("x")];
const between = (...outside: readonly number[]): readonly unknown[] => [...REAL, ...outside];
const count = (...outside: readonly number[]): readonly unknown[] => [...REAL, 1.5, -1, 2 ** 53, ...outside];
export const CONTROL = {
  threads: [...REAL, 0, -1, 1.5, 17, "all"],
  signal: [null, {}, true, "abort"],
  onProgress: [null, {}, 1, "log", NaN],
};

/** Of full rank, no two entries alike, positive. */
function tall(n: number, d: number, dtype: DType): NdArray {
  const A = full([n, d], 0, { dtype });
  for (let i = 0; i < n; i++) for (let j = 0; j < d; j++) A.data[i * d + j] = 1 / (1 + i + 2 * j) + (i % d === j ? 1 : 0);
  return A;
}

/** The same, every other entry left out. */
export function sparse(n: number, d: number, dtype: DType): CsrMatrix {
  const dense = tall(n, d, dtype);
  const half = Math.ceil(d / 2);
  const columns = Int32Array.from({ length: n * half }, (_, p) => Math.min(d - 1, 2 * (p % half)));
  const values = Float64Array.from(columns, (j, p) => dense.data[Math.floor(p / half) * d + j]!);
  const pointers = Int32Array.from({ length: n + 1 }, (_, i) => i * half);
  return csr([n, d], pointers, columns, dtype === "float32" ? Float32Array.from(values) : values);
}

const bySync = (name: string, entry: Entry): Record<string, Entry> => ({
  [`${name}Sync`]: entry,
  [name]: { ...entry, isAsync: true, options: { ...entry.options, ...CONTROL } },
});

/** Functions of an object, both forms. */
function ofBoth(owner: object, path: string, name: string, entry: Entry): Record<string, Entry> {
  const functions = owner as Readonly<Record<string, (...values: readonly unknown[]) => unknown>>;
  return {
    [`${path}.${name}Sync`]: { ...entry, call: functions[`${name}Sync`]! },
    [`${path}.${name}`]: { ...entry, call: functions[name]!, isAsync: true, options: CONTROL },
  };
}

export function borderTable(dtype: DType = "float64"): Readonly<Record<string, Entry>> {
  const [n, d] = [12, 3];
  const array = (name: string, value: NdArray, takesSparse = false): Argument => ({ name, value, isArray: true, takesSparse });
  const shaped = (name: string, value: NdArray, takesSparse = false): Argument => ({
    ...array(name, value, takesSparse),
    refused: [full([11, 7], 1)],
  });
  const A = array("A", tall(n, d, dtype), true);
  const vector = full([n], 1, { dtype });
  const other = (name: string, value: unknown, refused: readonly unknown[] = []): Argument => ({ name, value, refused });
  const gram = full([4, 4], 1, { dtype });
  for (let i = 0; i < 4; i++) gram.data[5 * i] = 3;
  const m = other("m", 4, count(0, 2 ** 30 + 1));
  const columns = other("n", n, count(2 ** 31));
  const epsilon = between(0, 1, -1);
  const failure = between(0, 0.6, -1);
  const lowRank = {
    rank: count(d + 1),
    tolerance: between(0, 1, -1),
    oversampling: count(),
    powerIterations: count(17),
    blockSize: count(0),
    confidence: between(0.4, 1),
    seed: SEED,
  };
  const rank = { always: { rank: 2 } };
  const sketch = api.sparseSign(6, n);
  const operator = api.sampleSketch(sketch);
  const accumulator = api.createAccumulator(sketch, d);
  const stream = api.frequentDirections(d, { sketchRows: 2 });
  const map = api.tensorSketch(d, 8);
  const oracle = api.matrixOracle(gram);
  const low = api.psdLowRankSync(api.matrixOracle(gram), { rank: 2, certify: true });
  const oracles = [...NOT_OBJECTS, {}, { ...oracle, diagonal: 1 }, { ...oracle, block: undefined }, ...count(2 ** 31).map((size) => ({ ...oracle, size })), ...between(-1, 2).map((relativeError) => ({ ...oracle, relativeError })), { ...oracle, positiveSemidefinite: 1 }]; // prettier-ignore
  const distributions = [...NOT_OBJECTS, {}, ...brokenDistributions(n)];
  const index = count(4);
  const range = [...NOT_OBJECTS, {}, [], [0], [0, 1, 2], [1, 0], [-1, 1], [0, 99], [0.5, 1], ["0", 1], [NaN, 1]];
  const exact = { method: CHOICE, confidence: between(0.4, 1), steps: count(0), seed: SEED };
  return {
    // numbers, and plans from numbers
    normalizeSeed: { arguments: [other("seed", 42, SEED)] },
    rngFor: { arguments: [other("seed", 42, SEED), other("name", "test/border", [1, null, {}, NaN])] },
    rowsNeeded: { arguments: [other("population", 100, count(2 ** 31 + 1)), other("fraction", 0.1, between(0, 1)), other("failure", 0.01, between(0, 1)), other("allowed", 0, count(11, 2 ** 20 + 1))] }, // prettier-ignore
    rowsNeededPooled: { arguments: [other("fraction", 0.1, between(0, 1, 1e-300)), other("failure", 0.01, between(0, 1)), other("allowed", 0, count(2 ** 20 + 1))] }, // prettier-ignore
    upperShare: { arguments: [other("hits", 1, count(11)), other("sampled", 10, count(2 ** 31 + 1)), other("confidence", 0.9, between(0, 1))] }, // prettier-ignore
    johnsonLindenstraussDim: { arguments: [other("points", 100, count(0))], options: { epsilon } },
    planEmbedding: {
      arguments: [other("dimension", 5, count(0, 2 ** 31))],
      options: { epsilon, failure, family: CHOICE, rule: CHOICE, n: count(2 ** 31), width: count(2 ** 31), nnz: count(), coherence: between(1, 2000) }, // prettier-ignore
      beside: { coherence: { family: "rowSampling", n: 1000 } },
    },
    // embeddings
    gaussian: { arguments: [m, columns] },
    rademacher: { arguments: [m, columns] },
    countSketch: { arguments: [m, columns] },
    sparseSign: { arguments: [m, columns], options: { nonzeros: count(0, 5, 33), blocked: FLAG }, beside: { blocked: { nonzeros: 4 } } },
    srht: { arguments: [other("m", 4, count(0, 17)), columns] },
    rowSampling: { arguments: [m, { ...array("probabilities", vector), refused: [[0, 0], [-1, 2]] }], options: { replacement: FLAG } }, // prettier-ignore
    sampleSketch: { arguments: [other("distribution", sketch, distributions)], options: { seed: SEED } },
    ...ofBoth(operator, "sampleSketch()", "applyLeft", { arguments: [shaped("A", tall(n, d, dtype), true)] }),
    ...ofBoth(operator, "sampleSketch()", "applyRight", { arguments: [shaped("B", tall(d, n, dtype), true)] }),
    ...ofBoth(operator, "sampleSketch()", "applyTranspose", { arguments: [shaped("Y", tall(6, d, dtype))] }),
    "sampleSketch().block": { call: operator.block as (...values: readonly unknown[]) => unknown, arguments: [other("rows", [0, 6], range), other("columns", [0, n], range)] }, // prettier-ignore
    ...bySync("measureDistortion", { arguments: [A, shaped("sketch", tall(6, d, dtype))], options: exact, beside: { confidence: { method: "lanczos" }, steps: { method: "lanczos" } } }), // prettier-ignore
    ...bySync("embedSubspace", { arguments: [A], options: { epsilon, failure: between(0, 0.6), family: [...CHOICE, "rowSampling"], measure: CHOICE, seed: SEED } }), // prettier-ignore
    createAccumulator: { arguments: [other("distribution", sketch, distributions), other("width", d, count(2 ** 31))], options: { seed: SEED } }, // prettier-ignore
    decodeAccumulator: { arguments: [other("bytes", accumulator.encode(), damaged(accumulator.encode()))] },
    "createAccumulator().update": {
      call: (rows, places) => { api.createAccumulator(sketch, d).update(rows as NdArray, places as { firstRow: number }); }, // prettier-ignore
      arguments: [
        shaped("rows", tall(2, d, dtype), true),
        other("places", { firstRow: 0 }, [...NOT_OBJECTS, {}, { firstRow: 0, indices: Int32Array.of(0, 1) }, { firstRow: 0, more: 1 }, ...count(11).map((firstRow) => ({ firstRow })), ...[[0, 1], Int32Array.of(0), Int32Array.of(0, 0), Int32Array.of(-1, 0), Int32Array.of(0, n), Float64Array.of(0, 1), null].map((indices) => ({ indices }))]), // prettier-ignore
      ],
    },
    "createAccumulator().merge": {
      call: (value) => { api.createAccumulator(sketch, d).merge(value as api.SketchAccumulator); }, // prettier-ignore
      arguments: [other("other", accumulator, [...NOT_OBJECTS, {}, { ...accumulator }, api.createAccumulator(sketch, d + 1), api.createAccumulator(sketch, d, { seed: 1 }), api.createAccumulator(api.gaussian(6, n), d)])], // prettier-ignore
    },
    // rows
    ...bySync("leverageScores", { arguments: [A], options: { method: CHOICE, ridge: between(-1), epsilon, failure, rankTolerance: between(-1, 1), seed: SEED } }), // prettier-ignore
    ...bySync("sampleRows", { arguments: [A], options: { by: ["", "nothing", 0, null, true, NaN, [1], new Float64Array(n), Float64Array.from({ length: n }, () => -1), Float64Array.from({ length: n }, () => NaN)], count: count(0, 2 ** 30 + 1), epsilon, failure, replacement: FLAG, ridge: between(0, -1), certify: FLAG, seed: SEED }, beside: { ridge: { by: "ridgeLeverage", count: 3 }, by: { count: 3 }, count: { by: "uniform" } } }), // prettier-ignore
    ...bySync("sampleColumns", { arguments: [A], options: { by: ["", "nothing", 0, null, true, NaN, [1], new Float64Array(d)], count: count(0, 2 ** 30 + 1), epsilon, failure, replacement: FLAG, ridge: between(0, -1), certify: FLAG, seed: SEED }, beside: { ridge: { by: "ridgeLeverage", count: 3 }, by: { count: 3 }, count: { by: "uniform" } } }), // prettier-ignore
    // low rank
    ...bySync("qbDecomposition", { arguments: [A], options: lowRank, ...rank }),
    ...bySync("randomizedSvd", { arguments: [A], options: { ...lowRank, method: CHOICE }, ...rank }),
    ...bySync("interpolativeDecomposition", { arguments: [A], options: { ...lowRank, axis: CHOICE }, ...rank }),
    ...bySync("cur", { arguments: [A], options: { ...lowRank, pick: CHOICE }, ...rank }),
    frequentDirections: { arguments: [other("width", d, count(0, 2 ** 24 + 1))], options: { sketchRows: count(0, 2 ** 20 + 1) } },
    decodeFrequentDirections: { arguments: [other("bytes", stream.encode(), damaged(stream.encode()))] },
    "frequentDirections().update": { call: (rows) => { api.frequentDirections(d, { sketchRows: 2 }).update(rows as NdArray); }, arguments: [shaped("rows", tall(9, d, dtype), true)] }, // prettier-ignore
    "frequentDirections().merge": {
      call: (value) => { api.frequentDirections(d, { sketchRows: 2 }).merge(value as api.FrequentDirections); }, // prettier-ignore
      arguments: [other("other", stream, [...NOT_OBJECTS, {}, { ...stream, encode: () => new Uint8Array(3) }, api.frequentDirections(d + 1, { sketchRows: 2 }), api.frequentDirections(d)])], // prettier-ignore
    },
    // positive semidefinite matrices
    matrixOracle: { arguments: [{ ...array("K", gram), refused: [[[1, 2]], [[1, 2], [0, 1]]] }], options: { relativeError: between(-1, 0.1), positiveSemidefinite: FLAG } }, // prettier-ignore
    kernelOracle: {
      arguments: [array("points", tall(n, d, dtype))],
      options: { kernel: CHOICE, lengthScale: between(0, -1, 1e151), scale: between(0, -1, 1e151), degree: count(0, 17), offset: between(-1, 1e151), logWeights: [1, "x", [1], new Float64Array(n).fill(NaN)] }, // prettier-ignore
      beside: { scale: { kernel: "linear" }, degree: { kernel: "polynomial" }, offset: { kernel: "polynomial" } },
    },
    ...bySync("psdLowRank", {
      arguments: [other("oracle", oracle, oracles)],
      options: { rank: count(0, 5), tolerance: between(-1, 1), maxRank: count(0, 5), method: CHOICE, blockSize: count(0, 257), samplingWeights: [1, "x", [1], new Float64Array(4), Float64Array.of(1, 1, 1, -1), Float64Array.of(1, 1, NaN, 1), Float64Array.of(1, Infinity, 1, 1)], seed: SEED, certify: FLAG, resume: [...NOT_OBJECTS.slice(1), {}, ...brokenResults(low)] }, // prettier-ignore
    }),
    entryBound: { arguments: [other("low", low, [...NOT_OBJECTS, {}, { ...low, roundingDiagonal: undefined }, { ...low, roundingDiagonal: new Float64Array(3) }, { ...low, roundingDiagonal: [1, 2, 3, 4] }, { ...low, residualDiagonal: [1, 2, 3, 4] }, { ...low, residualDiagonal: Float64Array.of(NaN, 1, 1, 1) }, { ...low, residualDiagonal: Float64Array.of(-1, 1, 1, 1) }, { ...low, roundingDiagonal: Float64Array.of(-1, 1, 1, 1) }]), other("i", 0, index), other("j", 3, index)] }, // prettier-ignore
    extendLowRank: { arguments: [other("low", low, [...NOT_OBJECTS, {}, ...brokenCores(low)]), shaped("cross", tall(3, 2, dtype)), shaped("diagonal", full([3], 9, { dtype }))] }, // prettier-ignore
    // features
    monomialFeatures: { arguments: [other("d", d, count(0, 2 ** 31))], options: { degree: count(17) } },
    tensorSketch: { arguments: [other("d", d, count(0, 2 ** 24 + 1)), other("m", 8, count(0, 2 ** 24 + 1))], options: { degree: count(0, 17), gamma: between(0, -1), offset: between(-1), seed: SEED } }, // prettier-ignore
    tensorTree: { arguments: [other("d", d, count(0, 2 ** 24 + 1)), other("m", 4, count(0, 2 ** 24 + 1))], options: { degree: count(0, 65), gamma: between(0, -1), offset: between(-1), node: CHOICE, leaf: CHOICE, seed: SEED } }, // prettier-ignore
    expFeatures: { arguments: [other("d", d, count(0, 2 ** 24 + 1)), other("m", 400, count(0, 2 ** 24 + 1)), other("radius", 0.5, between(-1, 301))], options: { tolerance: between(0, -1), degree: count(301), kernel: CHOICE, block: CHOICE, seed: SEED } }, // prettier-ignore
    ...ofBoth(map, "tensorSketch()", "apply", { arguments: [shaped("X", tall(n, d, dtype), true)] }),
    ...bySync("measureFeatures", {
      arguments: [other("map", map, [...NOT_OBJECTS, {}, ...count().map((inputDim) => ({ ...map, inputDim })), ...count().map((outputDim) => ({ ...map, outputDim })), { ...map, applySteps: 1 }, { ...map, kernel: undefined }, { ...map, kernel: { name: "nothing" } }, { ...map, kernel: { name: "polynomial" } }, { ...map, kernel: { name: "polynomial", degree: Infinity, gamma: 1, offset: 0 } }]), shaped("X", tall(n, d, dtype), true)], // prettier-ignore
      options: { Y: [1, "x", null, [[1]], tall(n, d + 1, dtype)], pairs: count(0, 1e6 + 1), confidence: between(0.4, 1), seed: SEED },
    }),
  };
}

/** Plain data that no function of distributions.ts returns. */
function brokenDistributions(n: number): readonly unknown[] {
  const p = Float64Array.from({ length: n }, () => 1 / n);
  const sampling = api.rowSampling(3, p);
  const once = api.rowSampling(3, p, { replacement: false });
  const signs = api.sparseSign(6, n);
  return [
    ...CHOICE.map((family) => ({ ...signs, family })),
    ...count(0, 2 ** 30 + 1).map((rows) => ({ ...signs, rows })),
    ...count(2 ** 31).map((columns) => ({ ...signs, columns })),
    ...between(0, -1).map((scale) => ({ ...signs, scale })),
    ...count(0, 7, 33).map((nonzeros) => ({ ...signs, nonzeros })),
    ...FLAG.map((blocked) => ({ ...signs, blocked })),
    { ...signs, nonzeros: 4, blocked: true },
    { ...api.countSketch(6, n), nonzeros: 2 },
    { ...api.srht(4, n), rows: 17 },
    ...FLAG.map((replacement) => ({ ...sampling, replacement })),
    ...[undefined, [...p], p.slice(1), new Float64Array(n), p.map((x) => 2 * x), p.map((x, i) => (i === 3 ? NaN : x)), p.map((x, i) => (i === 3 ? -x : x))].map((probabilities) => ({ ...sampling, probabilities })), // prettier-ignore
    { ...once, rows: n + 1 },
    { ...once, probabilities: p.map((x, i) => (i === 0 ? 2 * x : i === 1 ? 0 : x)) },
  ];
}

/** Results of psdLowRank that none has returned. */
function brokenResults(low: api.PsdLowRank): readonly unknown[] {
  const { state } = low;
  const pending = { base: 1, pivots: Int32Array.of(1, 2), lower: Float64Array.of(1, 0, 0, 1), done: 1 };
  const parts: readonly object[] = [
    ...CHOICE.map((method) => ({ method })),
    ...[undefined, full([4, 3], 1), full([4, 2], NaN), full([4], 1), "x"].map((factor) => ({ factor })),
    ...[[0, 1], Int32Array.of(0, 0), Int32Array.of(0, 4), Int32Array.of(-1, 1), Int32Array.of(0)].map((pivots) => ({ pivots })),
    ...[[1, 1, 1, 1], Float64Array.of(1, 1, 1, NaN), Float64Array.of(1, 1, 1, -1), new Float64Array(3)].map((residualDiagonal) => ({ residualDiagonal })), // prettier-ignore
    ...NOT_OBJECTS.map((value) => ({ state: value })),
    { trace: 1 },
  ];
  const stateParts: readonly object[] = [
    ...[...SEED, undefined, 1, "01"].filter((seed) => seed !== "01").map((seed) => ({ seed })),
    ...[null, 1, [1, 1, 1, 1], new Float64Array(3), Float64Array.of(1, 1, 1, NaN)].map((samplingWeights) => ({ samplingWeights })),
    ...count(0, 257).flatMap((size) => [{ blockSize: size }, { fixedBlockSize: size }]),
    ...count().map((draws) => ({ draws })),
    ...[undefined, [1, 1, 1], new Float64Array(2), Float64Array.of(12, NaN, 1), Float64Array.of(13, 2, 1)].map((traces) => ({ traces })),
    ...between(-1, 2).map((relativeError) => ({ relativeError })),
    ...NOT_OBJECTS.slice(1).map((value) => ({ pending: value })),
    ...[{ base: 0 }, { done: 2 }, { done: 0.5 }, { pivots: [1, 2] }, { pivots: Int32Array.of(1, 4) }, { lower: new Float64Array(3) }, { lower: Float64Array.of(1, 0, NaN, 1) }].map((part) => ({ pending: { ...pending, ...part } })), // prettier-ignore
  ];
  return [...parts.map((part) => ({ ...low, ...part })), ...stateParts.map((part) => ({ ...low, state: { ...state, ...part } }))];
}

function brokenCores(low: api.PsdLowRank): readonly unknown[] {
  const cores = [undefined, full([2], 1), full([3, 3], 1), full([2, 2], NaN), full([2, 2], 0), full([2, 2], -1)];
  const errors = between(-1, 2).map((relativeError) => ({ state: { ...low.state, relativeError } }));
  return [...cores.map((core) => ({ core })), ...errors, { state: undefined }, { pivots: [0, 1] }].map((part) => ({ ...low, ...part }));
}

/** Bytes cut short, with more at the end, with any byte changed, and what is no bytes. */
function damaged(bytes: Uint8Array): readonly unknown[] {
  const changed = Array.from(bytes, (byte, p) => Uint8Array.from(bytes, (value, q) => (q === p ? byte ^ 0x41 : value)));
  const short = Array.from(bytes, (_, length) => bytes.slice(0, length));
  return [...NOT_OBJECTS, {}, [...bytes], bytes.buffer, Uint8Array.of(...bytes, 0), ...short, ...changed];
}
