/**
 * Every public function with arguments that it accepts and, for each option, values that it must refuse: what the tests of the border
 * go through. A new export without an entry fails there.
 *
 *   n    the size of the arguments: 3 takes the plain loops, 40 the kernels
 *   NaN  goes into the entry [0, 0] and the last one of an array, or where `inFrom` says
 */
import { array, csr, full, identity, packSigns, view } from "../src/index.js";
import type { CsrMatrix, DType, NdArray } from "../src/index.js";

/** What an argument is, and so how it can be spoilt. */
export type Kind = "matrix" | "vector" | "sparse" | "signs" | "other";

export interface Argument {
  readonly name: string;
  readonly kind: Kind;
  readonly value: unknown;
  /** What NaN is allowed in: data of the array functions, which do not compute. */
  readonly isData?: boolean;
  /** Sparse matrices go here too. */
  readonly takesSparse?: boolean;
  /** And operators. */
  readonly takesOperator?: boolean;
  /** Transforms and functions of entries take any number of axes. */
  readonly anyAxes?: boolean;
  /** A plain list of numbers, not an array of any layout. */
  readonly isList?: boolean;
  /** Where a fault is said to be, if not where it stands in the argument. */
  readonly index?: readonly number[];
}

export interface Entry {
  readonly arguments: readonly Argument[];
  /** For each option the values that must be refused; none for a function without options. */
  readonly options?: Readonly<Record<string, readonly unknown[]>>;
  /** Options without which another would be refused. */
  readonly beside?: Readonly<Record<string, object>>;
  /** Options that hold numbers: good ones, of which each is spoilt. */
  readonly arrays?: Readonly<Record<string, NdArray>>;
  /** The shape of `out`, and its dtype where it is not that of the arguments. */
  readonly out?: { readonly shape: readonly number[]; readonly dtype?: "int32" };
  readonly isAsync?: boolean;
}

export const NOT_NUMBERS: readonly unknown[] = [NaN, "1", null, true, [], [1], {}, 1n];
const FLAG = [0, 1, "true", null, NaN, []];
const REAL = [...NOT_NUMBERS, Infinity, -Infinity];
const CHOICE = ["", "nothing", 0, null, true, NaN];
const between = (...outside: readonly number[]): readonly unknown[] => [...REAL, ...outside];
const count = (...outside: readonly number[]): readonly unknown[] => [...REAL, 1.5, -1, ...outside];
const THREADS = [...REAL, 0, -1, 1.5, 17, "all"];
export const CONTROL = {
  threads: THREADS,
  signal: [null, {}, true, "abort", new Event("abort")],
  onProgress: [null, {}, 1, "log", NaN],
};

/** Diagonally dominant, symmetric, no two entries alike but by symmetry. */
function definite(n: number, dtype: DType): NdArray {
  const A = full([n, n], 0, { dtype });
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) A.data[i * n + j] = i === j ? 2 * n + i : 1 / (1 + i + j);
  return A;
}

const column = (n: number, dtype: DType): NdArray => array({ data: Float64Array.from({ length: n }, (_, i) => 1 + i / n), shape: [n], stride: [1], offset: 0 }, { dtype }); // prettier-ignore

/** Bidiagonal, its last entry at the end of the diagonal. */
export function sparse(n: number, dtype: DType): CsrMatrix {
  const nnz = Math.max(0, 2 * n - 1);
  const pointers = Int32Array.from({ length: n + 1 }, (_, i) => Math.min(2 * i, nnz));
  const columns = Int32Array.from({ length: nnz }, (_, p) => (p + 1) >> 1);
  const values = Float64Array.from({ length: nnz }, (_, p) => (p % 2 === 0 ? 4 : 1));
  return csr([n, n], pointers, columns, dtype === "float32" ? Float32Array.from(values) : values);
}

const twice = (name: string, entry: Entry, control: Entry["options"] = CONTROL): Record<string, Entry> => ({
  [name]: entry,
  [`${name}Async`]: { ...entry, isAsync: true, options: { ...entry.options, ...control } },
});

/** Promise by its plain name, the calling thread by Sync. */
const bySync = (name: string, entry: Entry): Record<string, Entry> => ({
  [`${name}Sync`]: entry,
  [name]: { ...entry, isAsync: true, options: { ...entry.options, ...CONTROL } },
});

export function borderTable(n: number, dtype: DType): Readonly<Record<string, Entry>> {
  const A: Argument = { name: "A", kind: "matrix", value: definite(n, dtype) };
  const of = (name: string, argument: Argument = A): Argument => ({ ...argument, name });
  const B = of("B");
  const v: Argument = { name: "x", kind: "vector", value: column(n, dtype) };
  const S: Argument = { name: "S", kind: "sparse", value: sparse(n, dtype) };
  const signs: Argument = { name: "P", kind: "signs", value: packSigns(definite(n, dtype)) };
  const other = (name: string, value: unknown): Argument => ({ name, kind: "other", value });
  const data = (argument: Argument): Argument => ({ ...argument, isData: true });
  const free = (argument: Argument): Argument => ({ ...argument, anyAxes: true });
  const square = { shape: [n, n] };
  const long: Argument = { name: "X", kind: "matrix", value: array(full([4, 8], 0.5), { dtype }) };
  const iterative = { tolerance: between(0, 1.5, -1), maxIterations: count(0), onMiss: CHOICE };
  const seed = [NaN, Infinity, null, {}, true];
  const attention = { scale: between(0, 1e301, -1e-301), causal: [0, 1, "true", null, { offset: 0.5 }, { offset: NaN }, {}], keyMask: [1, "x"], keyBias: [1, "x"], mask: [1, "x"] }; // prettier-ignore
  const combination = { alpha: REAL, beta: REAL };
  const mixed = { ...A, takesSparse: true };
  const operator = { ...mixed, takesOperator: true };
  const vector = column(n, dtype);
  const preconditioner = identity(n, { dtype });
  return {
    // arrays: data, not numbers to compute with, so NaN passes
    zeros: { arguments: [other("shape", [2, n])], options: { dtype: CHOICE } },
    full: { arguments: [other("shape", [2, n]), other("value", 1)], options: { dtype: CHOICE } },
    identity: { arguments: [other("n", n)], options: { dtype: CHOICE } },
    array: { arguments: [data(of("input"))], options: { dtype: CHOICE, shape: [[n], [-1], [1.5], [NaN], "x", 1, null] } },
    asArray: { arguments: [data(of("argument")), other("site", "f(argument)")] },
    view: { arguments: [other("data", new Float64Array(n)), other("shape", [n]), other("stride", [1]), other("offset", 0)] },
    transpose: { arguments: [data(A)] },
    slice: { arguments: [data(A), other("range", 0), other("range", null)] },
    reshape: { arguments: [data(A), other("shape", [n * n])] },
    row: { arguments: [data(A), other("i", 0)] },
    column: { arguments: [data(A), other("j", 0)] },
    copy: { arguments: [data(A)], options: { order: CHOICE, dtype: CHOICE } },
    toNested: { arguments: [data(A)] },
    assertFinite: { arguments: [free(A), other("site", "assertFinite(A)")] },
    // sparse matrices
    csr: {
      arguments: [
        other("shape", [1, n]),
        other("rowPointers", [0, 1]),
        other("columns", [0]),
        { ...v, name: "values", value: [1], isList: true, index: [0, 0] },
      ],
    },
    csrFromTriplets: {
      arguments: [other("shape", [n, n]), other("rows", [0]), other("columns", [0]), { ...v, name: "values", value: [1], isList: true }],
    },
    csrFromDense: { arguments: [A], options: { threshold: between(-1) } },
    csrToDense: { arguments: [S] },
    selectColumns: { arguments: [S, other("indices", [0, n - 1]), { ...v, name: "scales", value: [1, 2] }] },
    selectRows: { arguments: [S, other("indices", [0, n - 1])] },
    // products
    ...twice("matmul", { arguments: [mixed, B], options: { transposeA: FLAG, transposeB: FLAG, ...combination }, out: square }),
    ...twice("gram", { arguments: [mixed], options: { side: CHOICE, triangle: CHOICE, ...combination }, out: square }),
    ...twice("matvec", { arguments: [operator, v], options: { transpose: FLAG, ...combination }, out: { shape: [n] } }),
    dot: { arguments: [v, of("y", v)] },
    norm: { arguments: [v], options: { kind: [NaN, 3, "fro", "one", null, true] } },
    productBound: { arguments: [A, B] },
    residual: { arguments: [A, of("X"), B] },
    backwardError: { arguments: [A, of("X"), B] },
    // factorizations
    ...twice("qr", { arguments: [A], options: { mode: CHOICE, pivot: FLAG, rankTolerance: between(-1, 2), certify: FLAG }, beside: { rankTolerance: { pivot: true } } }), // prettier-ignore
    ...twice("cholesky", { arguments: [A], options: { pivot: FLAG, jitter: [...REAL, -1, "some"], jitterLimit: between(-1, 2), symmetryTolerance: [...NOT_NUMBERS, -1], certify: FLAG }, beside: { jitterLimit: { jitter: "auto" } } }), // prettier-ignore
    ...twice("lu", { arguments: [A], options: { certify: FLAG } }),
    ...twice("solve", { arguments: [A, B], options: { assume: CHOICE } }),
    solveTriangular: { arguments: [of("T"), B], options: { upper: FLAG, transpose: FLAG, unitDiagonal: FLAG, side: CHOICE }, out: square },
    ...twice("eigSymmetric", { arguments: [A], options: { vectors: FLAG, method: CHOICE, symmetryTolerance: [...NOT_NUMBERS, -1], range: [1, "x", null, [2, 1], [NaN, 1], [1], { indices: [0.5, 1] }, { indices: [0, 99] }] } }), // prettier-ignore
    ...twice("svd", { arguments: [A], options: { vectors: CHOICE, method: CHOICE } }),
    ...twice("leastSquares", { arguments: [A, B], options: { method: CHOICE, rankTolerance: between(-1, 2) } }),
    pseudoInverse: { arguments: [A], options: { rankTolerance: between(-1, 2) } },
    conditionEstimate: { arguments: [A], options: { norm: [2, Infinity, "1", null, NaN] } },
    conditionBound: { arguments: [of("R")] },
    // iterative
    ...bySync("conjugateGradient", { arguments: [operator, of("b", v)], options: { ...iterative, eigenvalueFloor: between(0, -1), initial: [1, "x"], preconditioner: [1, "x"] }, arrays: { initial: vector, preconditioner } }), // prettier-ignore
    ...bySync("lsqr", { arguments: [operator, of("b", v)], options: { ...iterative, damping: between(-1), initial: [1, "x"], preconditioner: [1, "x"] }, arrays: { initial: vector, preconditioner } }), // prettier-ignore
    ...bySync("lanczos", { arguments: [operator], options: { ...iterative, count: count(0, n + 1), which: CHOICE, start: [1, "x"], maxDimension: count(0, 99), seed }, beside: { count: { maxDimension: n } }, arrays: { start: vector } }), // prettier-ignore
    ...bySync("spectrumInterval", { arguments: [operator], options: { steps: count(0, 99), confidence: between(0, 1), seed } }),
    ...bySync("expAction", { arguments: [operator, of("b", v)], options: { time: REAL, tolerance: between(0, 2), spectrumUpper: REAL, maxDimension: count(0, 99) } }), // prettier-ignore
    // elementwise and transforms
    exp: { arguments: [free(of("x", v))], out: { shape: [n] }, options: {} },
    softmaxRows: { arguments: [of("S")], options: { scale: REAL, mask: [1, "x"], keyMask: [1, "x"] }, out: square },
    logSumExpRows: { arguments: [of("S")], options: { scale: REAL, mask: [1, "x"], keyMask: [1, "x"] } },
    ...twice("fwht", { arguments: [free(long)], options: { axis: count(2, -3).filter((axis) => axis !== -1), normalize: FLAG }, out: { shape: [4, 8] } }), // prettier-ignore
    ...twice("fft", {
      arguments: [free(of("re")), free(of("im"))],
      options: { axis: count(2, -3).filter((axis) => axis !== -1), inverse: FLAG },
    }),
    ...twice("rfft", { arguments: [free(of("x"))], options: { axis: count(2, -3).filter((axis) => axis !== -1) } }),
    ...twice("irfft", { arguments: [other("spectrum", { re: definite(n, dtype), im: full([n, n], 0, { dtype }) }), other("n", 2 * n - 1)], options: { axis: count(2, -3).filter((axis) => axis !== -1) } }), // prettier-ignore
    circularConvolve: { arguments: [free(of("X")), free(of("Y"))] },
    circularConvolveAsync: { arguments: [free(of("X")), free(of("Y"))], options: CONTROL, isAsync: true },
    packSigns: { arguments: [of("X")] },
    ...twice("signProducts", { arguments: [signs, of("Q", signs)], options: {}, out: { shape: [n, n], dtype: "int32" } }),
    ...bySync("streamingAttention", {
      arguments: [of("Q"), of("K"), of("V")],
      options: attention,
      arrays: { keyBias: vector, mask: definite(n, dtype) },
      out: square,
    }),
    mergeAttention: { arguments: [other("parts", [{ output: definite(n, dtype), logSumExp: new Float64Array(n) }])] },
    // environment and vocabulary
    configure: { arguments: [], options: { backend: CHOICE, threads: THREADS, deterministic: FLAG, maxBytes: count(1), workerUrl: [1, null, {}], idleMilliseconds: [...NOT_NUMBERS, 0, -1, 2 ** 31] } }, // prettier-ignore
    ready: { arguments: [], options: { threads: FLAG }, isAsync: true },
    rngFor: { arguments: [other("seed", "0"), other("name", "test/border")] },
    normalizeSeed: { arguments: [other("seed", 42)] },
    weakest: { arguments: [other("certificates", [])] },
  };
}

/** Exports that take no input that could be bad, or whose every input is tested where they are. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  backend: "no arguments",
  closePool: "no arguments",
  releaseMemory: "no arguments",
  isCsr: "a predicate of anything",
  isNumericsError: "a predicate of anything",
  splitSite: "errors.test.ts",
  assert: "errors.test.ts",
  assertBoolean: "options.test.ts",
  assertInRange: "options.test.ts",
  assertInteger: "options.test.ts",
  assertKnownOptions: "options.test.ts",
  assertOneOf: "options.test.ts",
  planMatmul: "plan-matmul.test.ts: its threads are an option of its own",
  denseCopy: "cast.test.ts, of an NdArray",
  dtypeOf: "cast.test.ts, of an NdArray",
  promote: "cast.test.ts, of NdArrays",
};

/** A copy of the array with one entry replaced. */
export function spoilt(A: NdArray, p: number, value: number): NdArray {
  const data = A.data.slice();
  data[p] = value;
  return view(data, [...A.shape]);
}
