/**
 * S A, by blocks of rows.
 *
 *   A  n × d  dense or sparse      S A = scale · Σ nodes, in the tree of tree-sum.ts      staged: some blocks of A in compute memory, float64
 *
 * Source: Subquad's own convention.
 */
import { assertFinite, NonFiniteError, splitSite, view } from "@subquad/linalg-core";
import { callKernel, coreKernels, gather, openScope, runtime } from "@subquad/linalg-core/kernels";
import { rest, type Steps } from "@subquad/linalg-core/steps";
import { familyOf } from "./families.js";
import { rangeOf, shapeOf, type Rows } from "./rows.js";
import type { Sample } from "./sample.js";
import { treeSum } from "./tree-sum.js";

/** Bytes of A that are staged at a time: enough tiles for a pool, and in the cache of most machines. */
export const STAGE_BYTES = 2 ** 22;

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
      for (let from = 0; from < n; from += base) {
        const room = scope.alloc(8 * m * d);
        const to = Math.min(n, from + base);
        yield* family.sparseNode(scope, sample, { matrix: A.sparse, from, to }, room);
        yield* tree.push(room, to - from === base, "given");
      }
    } else {
      const blocks = Math.max(1, Math.floor(STAGE_BYTES / (8 * base * d)));
      const step = blocks * base;
      const rowsFrom = (from: number): number => Math.min(step, n - from);
      let [staged, other] = [0, 0].map((_, k) => scope.alloc(k === 0 || n > step ? 8 * rowsFrom(0) * d : 8)) as [number, number];
      const nodes = scope.alloc(8 * Math.min(blocks, Math.ceil(n / base)) * m * d);
      yield* stage(site, A, 0, rowsFrom(0), staged);
      for (let from = 0; from < n; from += step) {
        const next = from + step;
        const ahead = { isCopied: false };
        const copyNext = (): void => {
          if (ahead.isCopied || next >= n || !("dense" in A)) return;
          copyRows(A, next, rowsFrom(next), other);
          ahead.isCopied = true;
        };
        yield* family.nodes(scope, sample, { address: staged, rows: rowsFrom(from), width: d, firstBlock: from / base }, nodes, copyNext);
        for (let k = 0; k * base < rowsFrom(from); k++) yield* tree.push(nodes + 8 * k * m * d, (k + 1) * base <= rowsFrom(from));
        if (next >= n) break;
        if (ahead.isCopied) assertStaged(site, next, rowsFrom(next), d, other);
        else yield* stage(site, A, next, rowsFrom(next), other);
        [staged, other] = [other, staged];
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
    copyRows(A, from + done, rows, address + 8 * done * d);
    assertStaged(site, from + done, rows, d, address + 8 * done * d);
  }
}

function copyRows(A: Rows, from: number, count: number, address: number): void {
  gather(rangeOf(A, from, from + count), runtime().memory.f64, address / 8);
}

/** NonFiniteError for rows [from, from + count) of A, which lie at the address. */
function assertStaged(site: string, from: number, count: number, d: number, address: number): void {
  const bad = callKernel(coreKernels, "firstNonFinite", "float64", count * d, address);
  if (bad < 0) return;
  const { where, argument } = splitSite(site);
  throw new NonFiniteError(where, argument, runtime().memory.f64[address / 8 + bad]!, [from + Math.floor(bad / d), bad % d]);
}
