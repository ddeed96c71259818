/**
 * Powers of two.
 *
 *   n = 2^m
 *
 * Source: textbook.
 */

/** m for n = 2^m, 0 ≤ m ≤ 30; −1 for any other n. */
export function levelsOf(n: number): number {
  return n >= 1 && n <= 0x40000000 && (n & (n - 1)) === 0 ? 31 - Math.clz32(n) : -1;
}
