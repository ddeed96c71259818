/**
 * Long plain loops, in slices between which an asynchronous caller breathes.
 *
 * Source: Subquad's own convention.
 */
import { rest, type Steps } from "./steps.js";

/** Entries of a loop that does little with each: about a millisecond, a few where it is the first to touch its memory. */
export const SLICE_ENTRIES = 2 ** 18;

/** Calls `visit` for the slices [from, to) of [0, length), resting between them. */
export function* eachSlice(length: number, size: number, visit: (from: number, to: number) => void): Steps<void> {
  for (let from = 0; from < length; from += size) {
    if (from > 0) yield rest();
    visit(from, Math.min(length, from + size));
  }
}
