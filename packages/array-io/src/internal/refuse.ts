/**
 * How a parser gives up: a FormatError on behalf of the public function that reads.
 */
import { FormatError } from "@subquad/linalg-core";

/** Raises the FormatError of one format; `offset` is the byte at fault. */
export type Refuse = (expected: string, got: unknown, offset: number) => never;

export function refuser(where: string, format: string): Refuse {
  return (expected, got, offset) => {
    throw new FormatError(where, { format, offset, expected, got });
  };
}

/** Number of elements of a shape, whose nonzero lengths may not multiply beyond what integers count exactly; undefined if they do. */
export function elementsOf(shape: readonly number[]): number | undefined {
  let product = 1;
  for (const length of shape) product *= length || 1;
  if (product > Number.MAX_SAFE_INTEGER) return undefined;
  return shape.includes(0) ? 0 : product;
}
