/**
 * Checks that every reader makes of what a caller passed.
 */
import { assertInteger, assertOneOf, OptionError, type DType } from "@subquad/linalg-core";

/** What one call reads at most unless told otherwise: half of what one typed array holds. */
export const MAX_BYTES = 2 ** 31;

export function assertSignal(where: string, signal: { readonly throwIfAborted?: unknown } | null | undefined): void {
  if (signal === undefined || typeof signal?.throwIfAborted === "function") return;
  throw new OptionError(where, "signal", "an AbortSignal", signal);
}

export function assertDtype(where: string, dtype: DType | undefined): void {
  if (dtype !== undefined) assertOneOf(where, { dtype }, ["float32", "float64"]);
}

export function assertMaxBytes(where: string, maxBytes: number): void {
  assertInteger(where, { maxBytes }, 0, Infinity);
}

/** `needed` bytes are within the limit; `instead` names what reads larger files. */
export function assertWithin(where: string, maxBytes: number, needed: number, instead: string): void {
  if (needed > maxBytes) throw new OptionError(where, "maxBytes", `at least ${needed} bytes for this file (${instead})`, maxBytes);
}

export function assertRecord(where: string, name: string, value: unknown): void {
  // a Map or a promise has no names of its own: nothing would be written
  if (Object.prototype.toString.call(value) === "[object Object]") return;
  throw new OptionError(where, name, "an object with a value for each name", value);
}

/** Names in a message: the first few of many. */
export function listed(names: readonly string[]): string {
  const few = names.slice(0, 8).map((name) => JSON.stringify(name));
  return names.length > few.length ? `${few.join(", ")}, … (${names.length} in all)` : few.join(", ") || "none";
}
