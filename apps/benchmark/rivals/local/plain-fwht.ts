/**
 * The Walsh-Hadamard transform as textbooks write it, radix 2.
 *
 *   x  [n], n a power of two     y_k = Σ_j (−1)^(number of ones in j & k) x_j
 */

/** A new array with the transform of x, in float32. */
export function plainFwht(x: Float32Array): Float32Array {
  const y = x.slice();
  const n = y.length;
  for (let half = 1; half < n; half *= 2) {
    for (let start = 0; start < n; start += 2 * half) {
      for (let i = start; i < start + half; i++) {
        const a = y[i]!;
        const b = y[i + half]!;
        y[i] = a + b;
        y[i + half] = a - b;
      }
    }
  }
  return y;
}
