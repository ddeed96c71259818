/**
 * S A, by blocks of rows.
 *
 *   A  n × d  dense or sparse      S A = scale · Σ nodes, in the tree of tree-sum.ts      staged: some blocks of A in compute memory, float64
 *
 * Source: Subquad's own convention.
 */
import {
  assertFinite,
  csrToDense,
  NonFiniteError,
  selectRows,
  slice,
  splitSite,
  view,
  type CsrMatrix,
  type NdArray,
} from "@subquad/linalg-core";
import { callKernel, coreKernels, gather, openScope, runtime } from "@subquad/linalg-core/kernels";
import { rest, type Steps } from "@subquad/linalg-core/steps";
import { familyOf } from "./families.js";
import type { Sample } from "./sample.js";
import { treeSum } from "./tree-sum.js";

/** Bytes of A that are staged at a time: enough tiles for a pool, and in the cache of most machines. */
const STAGE_BYTES = 2 ** 22;

/** A matrix of either kind, checked: n × d. */
export type Rows = { readonly dense: NdArray } | { readonly sparse: CsrMatrix };

/** [n, d]. */
export function shapeOf(A: Rows): readonly [number, number] {
  if ("sparse" in A) return A.sparse.shape;
  const [n = 0, d = 0] = A.dense.shape;
  return [n, d];
}

/** S A, float64, row-major; `site` names A in errors. */
export function* applyRows(site: string, sample: Sample, A: Rows): Steps<Float64Array<ArrayBuffer>> {
  const family = familyOf(sample);
  const { rows: m, scale } = sample.distribution;
  const [n, d] = shapeOf(A);
  const out = new Float64Array(m * d);
  if (n === 0 || d === 0) return out;
  const base = family.baseRows(sample);
  const scope = openScope();
  try {
    const tree = treeSum(scope, m * d);
    if ("sparse" in A && family.sparseNode !== undefined) {
      const room = scope.alloc(8 * m * d);
      for (let from = 0; from < n; from += base) {
        const to = Math.min(n, from + base);
        yield* family.sparseNode(scope, sample, { matrix: A.sparse, from, to }, room);
        yield* tree.push(room, to - from === base);
      }
    } else {
      const blocks = Math.max(1, Math.floor(STAGE_BYTES / (8 * base * d)));
      const staged = scope.alloc(8 * Math.min(n, blocks * base) * d);
      const nodes = scope.alloc(8 * Math.min(blocks, Math.ceil(n / base)) * m * d);
      for (let from = 0; from < n; from += blocks * base) {
        const rows = Math.min(blocks * base, n - from);
        yield* stage(site, A, from, rows, staged);
        yield* family.nodes(scope, sample, { address: staged, rows, width: d, firstBlock: from / base }, nodes);
        for (let k = 0; k * base < rows; k++) yield* tree.push(nodes + 8 * k * m * d, (k + 1) * base <= rows);
      }
    }
    const sum = yield* tree.sum();
    const { f64 } = runtime().memory;
    for (let p = 0; p < out.length; p++) out[p] = scale * f64[sum / 8 + p]!;
    assertFinite(view(out, [m, d]), `${splitSite(site).where}(result overflows float64)`);
    return out;
  } finally {
    scope.release();
  }
}

/** Rows [from, from + count) of A, row-major at the address; refuses what is not finite. */
export function* stage(site: string, A: Rows, from: number, count: number, address: number): Steps<void> {
  const [, d] = shapeOf(A);
  const step = Math.max(1, Math.floor(STAGE_BYTES / (8 * d)));
  for (let done = 0; done < count; done += step) {
    if (done > 0) yield rest();
    const rows = Math.min(step, count - done);
    const range = [from + done, from + done + rows] as const;
    const at = address / 8 + done * d;
    const { f64 } = runtime().memory;
    if ("sparse" in A) {
      const part = selectRows(
        A.sparse,
        Int32Array.from({ length: rows }, (_, i) => range[0] + i),
      );
      gather(csrToDense(part), f64, at);
    } else gather(slice(A.dense, range), f64, at);
    const bad = callKernel(coreKernels, "firstNonFinite", "float64", rows * d, 8 * at);
    if (bad < 0) continue;
    const { where, argument } = splitSite(site);
    throw new NonFiniteError(where, argument, f64[at + bad]!, [range[0] + Math.floor(bad / d), bad % d]);
  }
}
