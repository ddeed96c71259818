/**
 * The vocabulary of this package: options, results, plans.
 *
 *   q [h, n, d]  queries      k [h, m, d]  keys      v [h, m, e]  values; without the leading h for one head
 *   s_c  the unit of the tolerance for channel c of a head
 */
import type { Certificate, MatrixInput, NdArray, NdArrayLike, Plan, Seed, VectorInput } from "@subquad/linalg-core";

/** How an answer was found. `mean`: scores were constant, so that one exact row serves all. */
export type MethodName = "exact" | "nystrom" | "mean";

/** [n, d] for one head (nested arrays too), [h, n, d] for several. */
export type HeadsInput = MatrixInput | NdArrayLike;

export interface AttentionOptions {
  /** "auto" plans each head; a named method is kept unless `onMiss` says otherwise. Default "auto". */
  readonly method?: "auto" | "exact" | "nystrom";
  /** Allowed error of an output entry, in units of `toleranceUnit`. > 0. Default 1e-2. */
  readonly tolerance?: number;
  /** s_c: the population standard deviation of channel c over the kept keys; its range; or 1. Default "spread". */
  readonly toleranceUnit?: "spread" | "range" | "absolute";
  /** φ: share of the approximated rows that may miss the bound. In (0, 1). Default 0.02. */
  readonly fraction?: number;
  /** 1 − δ: probability over the seed that the statement holds. In (0, 1). Default 0.99. */
  readonly confidence?: number;
  /** A head, or the call, whose bound stays above the tolerance: run it exactly, return it so, or throw. Default "exact"; "return" for method "nystrom". */
  readonly onMiss?: "exact" | "return" | "throw";
  /** A statement for each head instead of one for all approximated rows of the call. Default false. */
  readonly certifyPerHead?: boolean;
  /** Multiplies the scores. Of magnitude in [1e-300, 1e300]. Default 1/√d. */
  readonly scale?: number;
  /** Key j is visible to query i iff j <= i + offset; `true` is offset 0. Such calls run exactly. Default false. */
  readonly causal?: boolean | { readonly offset: number };
  /** [m] of 0 and 1, for all heads: 1 keeps the key. Such calls run exactly. */
  readonly keyMask?: VectorInput;
  /** [m], for all heads, added to the scores of a key. Such calls run exactly. */
  readonly keyBias?: VectorInput;
  /** [n, m], for all heads: bytes (Uint8Array) or booleans keep where 1 or true; numbers are added. Such calls run exactly. */
  readonly mask?: MatrixInput;
  /** r: landmarks, for method "nystrom" only. Integer in [1, n + m]. Default: planned. */
  readonly rank?: number;
  /** A plan from `planAttention` for inputs of this shape: nothing is planned again. */
  readonly plan?: AttentionPlan;
  /** Return log Σ_j e^(s_ij) of every row; approximated where the row is. Default false. */
  readonly returnLogSumExp?: boolean;
  /** Most bytes of compute memory that the call may take. Default 2^31. */
  readonly maxBytes?: number;
  /** Same seed, same bits; not beside method "exact". Use a fresh random one for inputs from people you do not trust. Default "0". */
  readonly seed?: Seed;
}

export interface AttentionResult {
  /** The shape of q with e as last length, in the dtype of the inputs. */
  readonly output: NdArray;
  /** The shape of q without its last length, float64; with `returnLogSumExp`. */
  readonly logSumExp?: NdArray;
  /** The heads' method, or "mixed" when they differ. */
  readonly method: MethodName | "mixed";
  /** Whether the relative bound is at most the tolerance. */
  readonly toleranceMet: boolean;
  /** The weakest kind among the heads. `bound` is absolute: `bounds.relativeBound` times the largest s_c, or round-off. */
  readonly certificate: Certificate;
  readonly bounds: AttentionBounds;
  readonly heads: readonly HeadReport[];
  readonly diagnostics: AttentionDiagnostics;
}

export interface AttentionBounds {
  /** Bound on max_c |error_c| / s_c of a row: of all rows when exact, else of all but `fraction` of the approximated ones. */
  readonly relativeBound: number;
  /** Bound on the mean over the approximated rows of the same quantity; 0 when there are none. */
  readonly meanBound: number;
  /** s_c, float64 [h, e]. */
  readonly channelScale: NdArray;
  /** Range of each channel over the kept keys: [h, e] each. Every row that sees a key lies inside, exact or not; other rows are 0. */
  readonly clip: readonly [low: NdArray, high: NdArray];
}

export interface HeadReport {
  readonly method: MethodName;
  /** Landmarks, of an approximated head. */
  readonly rank?: number;
  readonly relativeBound: number;
  /** Rows recomputed exactly because the approximation gave them too little weight. */
  readonly fallbackRows: number;
  /** Query-key pairs that the passes over landmarks, the sampled rows and exact rows evaluated; planning is not counted. Exact: n m. */
  readonly pairs: number;
  /** Methods that were not used, and why. */
  readonly refused: readonly Refusal[];
}

export interface Refusal {
  readonly method: string;
  readonly reason: string;
}

/** For people; not covered by semver. Times in milliseconds. */
export interface AttentionDiagnostics {
  readonly seed: string;
  readonly levels: number;
  readonly sampledRows: number;
  /** Errors of the sampled rows in units of s_c: an estimate, no guarantee. */
  readonly estimate?: { readonly rms: number; readonly median: number; readonly largest: number };
  readonly emptyRows: number;
  readonly milliseconds: { readonly plan: number; readonly approximate: number; readonly certify: number; readonly exact: number };
}

/** The shape of a call, for planning without data. */
export interface ShapeInput {
  readonly queries: number;
  readonly keys: number;
  readonly keyDim: number;
  readonly valueDim: number;
  /** Default 1. */
  readonly heads?: number;
}

export interface AttentionPlan extends Plan {
  readonly method: MethodName | "mixed";
  readonly shape: Required<ShapeInput>;
  readonly heads: readonly HeadPlan[];
}

export interface HeadPlan {
  readonly method: MethodName;
  readonly rank?: number;
  /** Predicted 98 % row error in units of s_c, of an approximated head. */
  readonly predictedError?: number;
  /** Predicted cost in the time of query-key pairs, planning and all that is no pair included. */
  readonly pairs: number;
  readonly rejected: readonly Refusal[];
}
