/**
 * Eigenvalues and eigenvectors of a symmetric matrix.
 *
 *   A  n × n  symmetric; the lower triangle counts      A V = V diag(λ)      λ_0 ≤ λ_1 ≤ …      V  n × n, orthonormal columns
 *
 * qr: Householder reflectors make A tridiagonal, implicit QR with Wilkinson's shift makes that diagonal. jacobi: rotations of A itself.
 * In float64, whatever the dtype of A.  Source: textbook; see tridiagonalize.ts, tridiagonal-qr.ts, eig-jacobi.ts.
 */
import { dtypeOf } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import { asSquareMatrix } from "../array/operands.js";
import type { DType, MatrixInput, NdArray } from "../array/types.js";
import { view } from "../array/view.js";
import type { Certificate } from "../certificate.js";
import { NotConvergedError } from "../errors.js";
import { scaleByPowerOfTwo } from "../math/bits.js";
import { assertBoolean, assertInRange, assertKnownOptions, assertOneOf } from "../options.js";
import { runtime } from "../runtime/runtime.js";
import { openScope, type Scope } from "../runtime/scope.js";
import { rest, RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import { rowBlock, transposed, type Block } from "./blocks.js";
import { eigenvalueBound } from "./eig-certificate.js";
import { jacobiEigen } from "./eig-jacobi.js";
import { readRange, select, type EigenRange } from "./eig-range.js";
import { collectRotations, packRotatedRows, unpackRotatedRows, type RotatedRows } from "./rotations.js";
import { readSymmetric, type SymmetricMatrix } from "./symmetric.js";
import { tridiagonalQr } from "./tridiagonal-qr.js";
import { orthogonalFactor, tridiagonalize } from "./tridiagonalize.js";

export interface EigSymmetricOptions {
  /** Whether the vectors are wanted; without them nothing certifies the values. Default true. */
  readonly vectors?: boolean;
  /** What is kept, see EigenRange; everything is computed and certified all the same. Default all. */
  readonly range?: EigenRange;
  /** "auto": jacobi up to n = 32, qr beyond. jacobi is some 20 times slower at n = 100, and has no kernels. Default "auto". */
  readonly method?: "auto" | "qr" | "jacobi";
  /** |a_ij − a_ji| may be symmetryTolerance · n u max|a|, u of the dtype of A. At least 0. Default 8. */
  readonly symmetryTolerance?: number;
}

export interface EigSymmetricResult {
  /** [k] ascending, the dtype of A. */
  readonly values: NdArray;
  /** [n, k]: column j belongs to values[j]; of length 1, its entry of largest magnitude (the first of equal ones) positive. The dtype of A. */
  readonly vectors?: NdArray;
  readonly method: "qr" | "jacobi";
  /** With vectors: `bound` ≥ |values[j] − λ| for every j, λ the eigenvalue of A with the same place in the order. */
  readonly certificate: Certificate;
  readonly diagnostics: { readonly sweeps: number; readonly attempts: number };
}

/** What travels with a NotConvergedError: all pairs, and which of the values are not eigenvalues to working precision. */
export interface UnconvergedEigen extends EigSymmetricResult {
  readonly unconverged: readonly number[];
}

const OPTION_NAMES = ["vectors", "range", "method", "symmetryTolerance"];

/** Up to here, jacobi. */
const SMALL = 32;
/** Sweeps of an attempt: jacobi takes 6 to 10, qr 2 n. */
const SWEEPS = 30;

/**
 * λ and V with A V = V diag(λ).
 *
 * For dense symmetric A, all of the spectrum. For a few pairs of a large A that is known by its products, an iteration costs less.
 * @param A shape [n, n]; float32 or float64, any stride; the lower triangle is used, the upper one only compared with it.
 * @param options see EigSymmetricOptions.
 * @returns EigSymmetricResult; the certificate is measured from the pairs that are returned, before `range` selects among them.
 * @throws ShapeError; OptionError; NonFiniteError for NaN or Infinity in A, or when a value overflows; AssumptionError when A is not
 * symmetric; NotConvergedError carrying an UnconvergedEigen.
 * @complexity some 7 n³ multiply-adds with vectors, of which the certificate takes n³, and 2 n³ / 3 without; extra space 6 n².
 * @source LAPACK's dsytrd and dsteqr, restructured; Weyl's and Ostrowski's inequalities for the certificate.
 * @example eigSymmetric([[2, 1], [1, 2]]).values.get(1) // -> 3
 */
export function eigSymmetric(A: MatrixInput, options: EigSymmetricOptions = {}): EigSymmetricResult {
  return runSync(eigSymmetricSteps("eigSymmetric", A, options));
}

/** `eigSymmetric` on the worker pool: same arguments, same errors, same bits. */
export function eigSymmetricAsync(A: MatrixInput, options: EigSymmetricOptions & RunControl = {}): Promise<EigSymmetricResult> {
  return runAsync(eigSymmetricSteps("eigSymmetricAsync", A, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "eigSymmetricAsync");
}

/** The generator behind both; other algorithms reach it by `yield*`. An attempt may make `sweeps` sweeps (jacobi), or n times as many (qr). */
export function* eigSymmetricSteps(
  where: string,
  A: MatrixInput,
  options: EigSymmetricOptions = {},
  known: readonly string[] = OPTION_NAMES,
  sweepLimit = SWEEPS,
): Steps<EigSymmetricResult> {
  assertKnownOptions(where, options, known);
  const { vectors: isWanted = true, range, method: wish = "auto", symmetryTolerance = 8 } = options;
  assertBoolean(where, { vectors: isWanted });
  assertOneOf(where, { method: wish }, ["auto", "qr", "jacobi"]);
  assertInRange(where, { symmetryTolerance }, 0, Infinity);
  const input = asSquareMatrix(A, `${where}(A)`);
  const kept = readRange(where, range, input.shape[0] ?? 0);
  const matrix = yield* readSymmetric(input, where, symmetryTolerance);
  const { n, exponent } = matrix;
  const method = wish === "auto" ? (n <= SMALL ? "jacobi" : "qr") : wish;
  const pairs = method === "jacobi" ? yield* byJacobi(matrix, isWanted, sweepLimit) : yield* byQr(matrix, isWanted, sweepLimit);

  const dtype = dtypeOf(input);
  const order = Array.from(pairs.values.keys()).sort((i, j) => pairs.values[i]! - pairs.values[j]!);
  const values = vectorOf(dtype, n);
  for (let k = 0; k < n; k++) values[k] = scaleByPowerOfTwo(pairs.values[order[k]!]!, exponent);
  assertFinite(view(values, [n]), `${where}(result overflows ${dtype})`);
  const vectors = pairs.rows === undefined ? undefined : yield* columnsOf(pairs.rows, order, dtype);
  const certificate: Certificate =
    vectors === undefined
      ? { kind: "none", reason: "values are certified by their vectors: pass vectors: true" }
      : yield* measure(matrix, values, vectors);
  const { sweeps, attempts, unconverged } = pairs;
  const all = { method, certificate, diagnostics: { sweeps, attempts } } as const;
  if (unconverged.length > 0) {
    const places = unconverged.map((i) => order.indexOf(i)).sort((i, j) => i - j);
    const best: UnconvergedEigen = { ...select(values, vectors, n, 0, n), ...all, unconverged: places };
    const message = `expected convergence within ${attempts} attempts, got none for the values ${places.join(", ")}`;
    throw new NotConvergedError(where, best, message);
  }
  return { ...select(values, vectors, n, ...kept(values)), ...all };
}

/** Of the scaled matrix: values in no order, and the vectors, one a row. */
interface Eigenpairs {
  readonly values: Float64Array;
  readonly rows: Float64Array | undefined;
  readonly sweeps: number;
  readonly attempts: number;
  readonly unconverged: readonly number[];
}

function* byJacobi({ n, scaled }: SymmetricMatrix, isWanted: boolean, sweepLimit: number): Steps<Eigenpairs> {
  const rows = isWanted ? new Float64Array(n * n) : undefined;
  return { rows, ...(yield* jacobiEigen(n, scaled.slice(), rows, sweepLimit)) };
}

function* byQr({ n, scaled }: SymmetricMatrix, isWanted: boolean, sweepLimit: number): Steps<Eigenpairs> {
  const scope = openScope();
  try {
    const A = rowBlock(scope.alloc(8 * n * n), n, n);
    runtime().memory.f64.set(scaled, A.address / 8);
    const total = (isWanted ? 3 : 2) * n;
    const { d, e, tau } = yield* tridiagonalize(scope, A, total);
    const control = { limit: sweepLimit * n, done: n, total };
    if (!isWanted) return { values: d, rows: undefined, ...(yield* tridiagonalQr(d, e, control)) };
    const X = yield* turnedRows(scope, A, tau);
    const rotations = collectRotations(scope, X);
    const result = yield* tridiagonalQr(d, e, { ...control, rotations });
    yield* rotations.flush();
    yield* unpackRotatedRows(X, A);
    const rows = new Float64Array(n * n);
    rows.set(runtime().memory.f64.subarray(A.address / 8, A.address / 8 + n * n));
    return { values: d, rows, ...result };
  } finally {
    scope.release();
  }
}

/** Qᵀ, as rotations want it. */
function* turnedRows(scope: Scope, A: Block, tau: number): Steps<RotatedRows> {
  const Q = yield* orthogonalFactor(scope, A, tau);
  const X = yield* packRotatedRows(scope, transposed(Q));
  scope.free(Q.address);
  return X;
}

/** Rows that become columns together: a cache line of each result row. */
const BLOCK = 8;
/** Values that are moved between two turns of the event loop. */
const MOVED = 1 << 19;

/** V, row-major: row order[k] is column k, its entry of largest magnitude positive. */
function* columnsOf(rows: Float64Array, order: readonly number[], dtype: DType): Steps<Float32Array | Float64Array> {
  const n = order.length;
  const V = vectorOf(dtype, n * n);
  let moved = 0;
  for (let first = 0; first < n; first += BLOCK) {
    const width = Math.min(BLOCK, n - first);
    for (let i = 0; i < n; i++) for (let k = first; k < first + width; k++) V[i * n + k] = rows[order[k]! * n + i]!;
    for (let k = first; k < first + width; k++) makePositive(V, n, k); // after rounding, which may make two entries equal
    moved += 2 * n * width;
    if (moved < MOVED) continue;
    yield rest();
    moved = 0;
  }
  return V;
}

function makePositive(V: Float32Array | Float64Array, n: number, k: number): void {
  let largest = 0;
  for (let p = k; p < n * n; p += n) if (Math.abs(V[p]!) > Math.abs(largest)) largest = V[p]!;
  if (largest < 0) for (let p = k; p < n * n; p += n) V[p] = -V[p]!;
}

/** The certificate of all pairs, in the units of A. */
function* measure(
  { n, scaled, exponent }: SymmetricMatrix,
  values: Float32Array | Float64Array,
  vectors: Float32Array | Float64Array,
): Steps<Certificate> {
  const μ = Float64Array.from(values, (x) => scaleByPowerOfTwo(x, -exponent));
  const bound = yield* eigenvalueBound(n, scaled, vectors, μ);
  const isZero = scaled.every((x) => x === 0) && values.every((x) => x === 0);
  // half a smallest number: the rounding of the bound itself, where it is subnormal
  const inUnits = isZero ? 0 : scaleByPowerOfTwo(bound, exponent) + Number.MIN_VALUE;
  return { kind: "deterministic", bound: inUnits, norm: "max abs error of an eigenvalue" };
}

function vectorOf(dtype: DType, length: number): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  return dtype === "float32" ? new Float32Array(length) : new Float64Array(length);
}
