/**
 * What every family of embeddings offers: nodes of blocks of rows, a product with Sᵀ, entries.
 *
 *   A  n × d      block k  rows [k b, (k + 1) b) of A, b = baseRows      node  S[:, block] A[block, :] / scale, m × d float64
 *
 * A result is a sum of nodes in a tree that the position of the blocks alone decides: neither threads, nor slices, nor how rows arrive can
 * change its bits.  Source: Subquad's own convention.
 */
import type { CsrMatrix } from "@subquad/linalg-core";
import type { Scope } from "@subquad/linalg-core/kernels";
import type { Steps } from "@subquad/linalg-core/steps";
import type { SketchDistribution } from "./distributions.js";

/** A distribution with its seed. */
export interface Sample {
  readonly distribution: SketchDistribution;
  readonly seed: string;
}

/** Rows that lie in compute memory: float64, row-major, from row firstBlock · baseRows on. */
export interface StagedRows {
  readonly address: number;
  readonly rows: number;
  readonly width: number;
  readonly firstBlock: number;
}

/** Rows [from, to) of a sparse matrix, which are one block. */
export interface SparseRows {
  readonly matrix: CsrMatrix;
  readonly from: number;
  readonly to: number;
}

export interface FamilyRules {
  /** b: a power of two. */
  baseRows(sample: Sample): number;
  /** nodes[k] ← node of block firstBlock + k, one after the other at `to`; `meanwhile` as `tiles` has it. */
  nodes(scope: Scope, sample: Sample, staged: StagedRows, to: number, meanwhile?: () => void): Steps<void>;
  /** The node of a block of sparse rows, at `to`, in time O(nonzeros); a family without it is given the rows as dense ones. */
  sparseNode?(scope: Scope, sample: Sample, rows: SparseRows, to: number): Steps<void>;
  /** out ← Sᵀ Y / scale: [n, p] row-major, from Y [m, p]. */
  transposed(scope: Scope, sample: Sample, Y: Float64Array, p: number): Steps<Float64Array<ArrayBuffer>>;
  /** out ← entries of S / scale: [rows, columns] row-major. */
  entries(sample: Sample, rows: Range, columns: Range, out: Float64Array): Steps<void>;
}

/** [from, to). */
export type Range = readonly [number, number];
