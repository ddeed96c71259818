/**
 * Short transforms: one call of a kernel on the calling thread. Of a microsecond, every allocation would be a tenth.
 *
 * Source: Subquad's own convention.
 */
import { runtime } from "../runtime/runtime.js";

/** Additions below which a call is one call of the kernel: about a millisecond. */
export const SHORT = 5e6;

/** Bytes of an argument block of up to 16 words. */
export const ARGUMENT_BYTES = 128;

/** Writes an argument block, as Scope.args does, to memory that the caller has. */
export function fillArguments(address: number, factor: number, words: readonly number[]): void {
  const { f64, i32 } = runtime().memory;
  f64[address / 8] = factor;
  for (let i = 0; i < words.length; i++) i32[address / 4 + 16 + i] = words[i]!;
}
