/** Euclidean norm. */
export function norm(x: Iterable<number>): number {
  let squared = 0;
  for (const value of x) squared += value ** 2;
  return Math.sqrt(squared);
}

/** The largest norm of a row of a packed matrix with d columns. */
export function longestRow(rows: Float32Array | Float64Array | Int32Array, d: number): number {
  let longest = 0;
  for (let i = 0; i < rows.length; i += d) longest = Math.max(longest, norm(rows.subarray(i, i + d)));
  return longest;
}
