/**
 * Seconds that counted work takes: for what plans print, and for nothing else.
 *
 *   unit  what is counted, such as a multiply-add, or a query-key pair      weight  multiply-adds that take the time of one unit
 *
 * A unit is measured once a backend, in a few milliseconds, unless `deterministic` is set: then the committed table stands for the clock, and
 * a plan has the same digits everywhere. No choice reads either.
 * Source: Subquad's own convention; the table was measured on a 2-core x86-64 server (NOTES.md).
 */
import type { DType } from "../array/types.js";
import { loaded } from "./runtime.js";
import { shared } from "./shared.js";
import type { Loaded } from "./types.js";

/** Seconds of a multiply-add of a large product, on one thread. */
const MULTIPLY_ADD: Readonly<Record<Loaded["name"], Readonly<Record<DType, number>>>> = {
  "wasm-relaxed": { float32: 3.5e-11, float64: 7e-11 },
  "wasm-simd": { float32: 4.3e-11, float64: 8.9e-11 },
  js: { float32: 1.1e-9, float64: 1.7e-9 },
};
const LEAST_RUNS = 3;
/** Engines run code slowly at first, and compile it anew meanwhile. */
const WARM_MILLISECONDS = 4;

const measured = new Map<string, number>();

/**
 * Seconds a unit of work takes here, on one thread.
 * @param unit its name, one for each `measure`.
 * @param dtype in which the work is done.
 * @param weight multiply-adds that take the time of one unit, by the committed table.
 * @param measure does some of the work on the calling thread and returns the seconds of one unit.
 * @returns seconds, above 0.
 * @throws what `measure` throws.
 * @complexity O(1) after the first call for a unit, which takes some 5 ms.
 * @source Subquad's own convention.
 * @example const seconds = pairs * secondsPerUnit("pair of 64 and 64 columns", "float32", 144, timedPass);
 */
export function secondsPerUnit(unit: string, dtype: DType, weight: number, measure: () => number): number {
  const { name } = loaded();
  const committed = weight * MULTIPLY_ADD[name][dtype];
  if (shared().settings.deterministic) return committed;
  const key = `${name} ${dtype} ${unit}`;
  const known = measured.get(key);
  if (known !== undefined) return known;
  let best = Infinity;
  const start = performance.now();
  for (let run = 0; run < LEAST_RUNS || performance.now() - start < WARM_MILLISECONDS; run++) best = Math.min(best, measure());
  const seconds = best > 0 ? best : committed; // a clock too coarse sees nothing
  measured.set(key, seconds);
  return seconds;
}
