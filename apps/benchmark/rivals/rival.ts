/**
 * The tasks that rival libraries are asked to do, and the form of an adapter.
 */
import type { Engine, Prepared, Values } from "../src/case.js";
import type { Home } from "./load.js";

/** C = A B, row-major: A [m, k], B [k, n], all of one type. */
export interface GemmTask {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly A: Values;
  readonly B: Values;
}

/** softmax(scale · Q Kᵀ) V of one head, row-major: Q, K, V [n, d]; with `causal`, query i sees the keys j ≤ i. */
export interface AttentionTask {
  readonly n: number;
  readonly d: number;
  readonly Q: Float32Array;
  readonly K: Float32Array;
  readonly V: Float32Array;
  readonly scale: number;
  readonly causal: boolean;
}

/** Factors or solutions of A [m, n], for B [m, p] where there are right sides; row-major, float64. */
export interface MatrixTask {
  readonly m: number;
  readonly n: number;
  readonly A: Float64Array;
  readonly p?: number;
  readonly B?: Float64Array;
}

/**
 * What is done to a matrix, and how the answer lies in one flat array, k = min(m, n), each factor row-major:
 *
 *   svd           U [m, k], s [k] descending, V [n, k]     eigSymmetric  values [n], vectors [n, n] in columns, m = n
 *   qr            Q [m, k], R [k, n]                       cholesky      L [n, n]
 *   lu            L [n, n], U [n, n], permutation [n]: row i of L U is row permutation[i] of A
 *   solve         X [n, p], m = n                          leastSquares  X [n, p], m ≥ n
 */
export type MatrixJob = "svd" | "eigSymmetric" | "qr" | "cholesky" | "lu" | "solve" | "leastSquares";

/** One job: the largest n that is worth waiting for or fits, and the adapter. */
export interface MatrixWork {
  readonly limit: number;
  prepare(task: MatrixTask): Promise<Prepared<Values>>;
}

/** S B for a sparse S [m, n] in compressed rows and a dense row-major B [n, p], float64. */
export interface SparseTask {
  readonly m: number;
  readonly n: number;
  readonly p: number;
  readonly rowPointers: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
  readonly B: Float64Array;
}

/** The k largest singular values of A [m, n] with their vectors, in one flat array: U [m, k], s [k], V [n, k]. */
export interface TruncatedTask extends MatrixTask {
  readonly k: number;
  /** Standard normal, [n, k + 10]: for those whose random numbers would be another hand's. */
  readonly directions: Float64Array;
}

/** S A [m, d], dense, of a sparse A [n, d] in compressed rows, for an S that the library draws anew in each run, `nonzeros` a column where it can be told. */
export interface EmbeddingTask {
  readonly n: number;
  readonly d: number;
  readonly m: number;
  readonly nonzeros: number;
  readonly rowPointers: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
}

/** One adapter. It converts in its methods, outside the clock; what they return runs on the library's own arrays. */
export interface Rival {
  readonly name: string;
  readonly packages: readonly string[];
  /** The module, of a library of Python. */
  readonly python?: string;
  readonly home: Home;
  readonly engine: Engine;
  readonly licence: string;
  /** How to get what is no package. */
  readonly get?: string;
  /** Takes part in the full profile only, or when it is asked for by name. */
  readonly fullOnly?: boolean;
  /** The largest n of a square product that is worth waiting for, a type; a missing type is not offered. */
  readonly gemmLimit?: { readonly float32?: number; readonly float64?: number };
  /** The largest n of n x n attention that fits the library's memory. */
  readonly attentionLimit?: number;
  /** Why a product of these sizes is not offered, if it is not. */
  gemmUnfit?(sizes: Pick<GemmTask, "m" | "k" | "n">): string | undefined;
  gemm?(task: GemmTask): Promise<Prepared<Values>>;
  attention?(task: AttentionTask): Promise<Prepared<Values>>;
  readonly matrix?: Partial<Readonly<Record<MatrixJob, MatrixWork>>>;
  sparse?(task: SparseTask): Promise<Prepared<Values>>;
  /** τ [m], the leverage scores of A. */
  leverage?(task: MatrixTask): Promise<Prepared<Values>>;
  truncatedSvd?(task: TruncatedTask): Promise<Prepared<Values>>;
  embedding?(task: EmbeddingTask): Promise<Prepared<Values>>;
  /** The transform of real x, n a power of two: re [n/2 + 1], then im [n/2 + 1]. */
  rfft?(x: Float64Array): Promise<Prepared<Values>>;
  /** eˣ of every entry, in the type of x. */
  exp?(x: Values): Promise<Prepared<Values>>;
  /** The numbers of a .npy file of float32, which lies at this path. */
  npy?(path: string): Promise<Prepared<Values>>;
}
