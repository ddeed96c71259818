/**
 * The two tasks that rival libraries are asked to do, and the form of an adapter.
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

/** One adapter. It converts in `gemm` or `attention`, outside the clock; what it returns runs on the library's own arrays. */
export interface Rival {
  readonly name: string;
  readonly packages: readonly string[];
  readonly home: Home;
  readonly engine: Engine;
  readonly licence: string;
  /** The largest n of a square product that is worth waiting for, a type; a missing type is not offered. */
  readonly gemmLimit?: { readonly float32?: number; readonly float64?: number };
  /** The largest n of n x n attention that fits the library's memory. */
  readonly attentionLimit?: number;
  gemm?(task: GemmTask): Promise<Prepared<Values>>;
  attention?(task: AttentionTask): Promise<Prepared<Values>>;
}
