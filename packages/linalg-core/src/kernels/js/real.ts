/**
 * What a kernel knows of a dtype. Kernels are written once, over this; here are also the sums that several of them share.
 *
 *   T  float32 or float64      W  values in 32 bytes of T      p, q, x, y  indices of values in compute memory seen as T
 *
 * Every operation of the WebAssembly kernels rounds to T. So does every operation here: `round` after each, or the store into a Float32Array.
 */
import type { ComputeMemory } from "../abi.js";
import { HIDDEN_SCORE } from "../abi.js";

export type RealArray = Float32Array | Float64Array;

export interface Real {
  readonly bytes: 4 | 8;
  /** Values in 32 bytes. */
  readonly W: 8 | 4;
  /** Values in a 128-bit vector: so many partial sums a sum along a row has. */
  readonly lanes: 4 | 2;
  /** The lowest finite number: the score of what must never be seen. */
  readonly lowest: number;
  /** T is float32. */
  readonly single: boolean;
  readonly view: (memory: ComputeMemory) => RealArray;
}

export const float32: Real = { bytes: 4, W: 8, lanes: 4, lowest: HIDDEN_SCORE.float32, single: true, view: (memory) => memory.f32 };
export const float64: Real = { bytes: 8, W: 4, lanes: 2, lowest: HIDDEN_SCORE.float64, single: false, view: (memory) => memory.f64 };

/** x as a value of T. A branch on a flag, since a function held by Real would be called, not inlined: 10 times slower. */
export function round(single: boolean, x: number): number {
  return single ? Math.fround(x) : x;
}

/** The int32 words of an argument block, by name. Addresses are below 2^31 in this backend, so that a signed word holds them. */
export function readWords<Name extends string>(memory: ComputeMemory, args: number, names: readonly Name[]): Record<Name, number> {
  const words = {} as Record<Name, number>;
  for (let i = 0; i < names.length; i++) words[names[i]!] = memory.i32[args / 4 + 16 + i]!;
  return words;
}

/** Sum over every `lanes`-th column from `lane` on of a function of two rows. */
export type LaneSum = (real: Real, v: RealArray, x: number, y: number, width: number, lane: number) => number;

/** A sum along rows: one partial sum a lane, then (0 + 2) + (1 + 3) in float32, 0 + 1 in float64. */
export function rowSum(sum: LaneSum, real: Real, v: RealArray, x: number, y: number, width: number): number {
  const even = sum(real, v, x, y, width, 0);
  const odd = sum(real, v, x, y, width, 1);
  if (real.lanes === 2) return even + odd;
  const { single } = real;
  return round(single, round(single, even + sum(real, v, x, y, width, 2)) + round(single, odd + sum(real, v, x, y, width, 3)));
}

/** Products x_c y_c. */
export function laneProducts({ lanes, single }: Real, v: RealArray, x: number, y: number, width: number, lane: number): number {
  let sum = 0;
  for (let c = lane; c < width; c += lanes) sum = round(single, sum + round(single, v[x + c]! * v[y + c]!));
  return sum;
}

/** Squares (x_c - y_c)^2. */
export function laneDistances({ lanes, single }: Real, v: RealArray, x: number, y: number, width: number, lane: number): number {
  let sum = 0;
  for (let c = lane; c < width; c += lanes) {
    const e = round(single, v[x + c]! - v[y + c]!);
    sum = round(single, sum + round(single, e * e));
  }
  return sum;
}

/** Where a < b, b: what the binaries compute, and unlike Math.max about zeros of both signs. */
export function pmax(a: number, b: number): number {
  return a < b ? b : a;
}

/** Where b < a, b. */
export function pmin(a: number, b: number): number {
  return b < a ? b : a;
}
