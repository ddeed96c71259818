/**
 * Which keys a query may see, as in assembly/mask.ts: causal (key j visible to query i iff j <= i + offset) and a dense mask. A hidden score
 * becomes the lowest number, whose weight exp2Tile makes exactly 0.
 */
import type { ComputeMemory } from "../abi.js";
import { round, type Real } from "./real.js";

/** The head of the argument block of attention. */
export const VISIBILITY = ["causal", "offset", "maskKind", "mask", "maskKeys"] as const;

/** No mask, uint8 (1 = keep), or an array of T added to the scores (-Infinity hides). */
const KEEP = 1;
const ADD = 2;

export interface Visibility extends Record<(typeof VISIBILITY)[number], number> {
  /** log2(e), times which an added mask enters the scores. */
  readonly logScale: number;
}

/** Every key from j on is hidden from every query up to `lastQuery`. */
export function hidesBlock(a: Visibility, lastQuery: number, j: number): boolean {
  return a.causal !== 0 && j > lastQuery + a.offset;
}

/** Some key before `end` may be hidden from `query` or a later one of its sliver. */
export function hidesPart(a: Visibility, query: number, end: number): boolean {
  return a.maskKind !== 0 || (a.causal !== 0 && end - 1 > query + a.offset);
}

/** scores: index of [count keys][W queries]. */
export function maskTile(
  memory: ComputeMemory,
  real: Real,
  a: Visibility,
  query: number,
  queries: number,
  firstKey: number,
  count: number,
  scores: number,
): void {
  const { W, bytes, lowest, single } = real;
  const v = real.view(memory);
  const { u8 } = memory;
  const { causal, offset, maskKind, mask, maskKeys, logScale } = a;
  for (let l = 0; l < queries; l++) {
    const i = query + l;
    const s = scores + l;
    const visible = causal !== 0 ? Math.min(count, Math.max(0, i + offset + 1 - firstKey)) : count;
    const row = i * maskKeys + firstKey;
    const columns = Math.min(visible, maskKeys - firstKey); // padding keys have no column in the mask
    if (maskKind === KEEP) {
      for (let k = 0; k < columns; k++) if (u8[mask + row + k] === 0) v[s + k * W] = lowest;
    } else if (maskKind === ADD) {
      for (let k = 0; k < columns; k++) {
        const added = v[mask / bytes + row + k]!;
        v[s + k * W] = added === -Infinity ? lowest : v[s + k * W]! + round(single, added * logScale);
      }
    }
    for (let k = visible; k < count; k++) v[s + k * W] = lowest;
  }
}
