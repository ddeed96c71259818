// One-sided Jacobi in float64: makes the columns of X orthogonal by rotating pairs of them, and J along with them.
import { dot } from "./householder";

/**
 * One sweep over all pairs i < j of the r columns of X [n] and J [r], which lie side by side; the number of pairs that were rotated.
 *
 *   a = |x_i|^2, b = |x_j|^2, c = <x_i, x_j>; rotated if |c| > tolerance sqrt(a) sqrt(b), by the angle that makes c vanish
 */
export function jacobiSweep(n: i32, r: i32, X: usize, ldX: usize, J: usize, ldJ: usize, tolerance: f64): i32 {
  let rotated = 0;
  for (let i = 0; i < r - 1; i++) {
    for (let j = i + 1; j < r; j++) {
      const x = X + <usize>i * ldX, y = X + <usize>j * ldX;
      const a = dot(n, x, x), b = dot(n, y, y), c = dot(n, x, y);
      if (!(abs(c) > tolerance * sqrt(a) * sqrt(b))) continue;
      rotated++;
      const zeta = (b - a) / (2 * c), size = abs(zeta);
      const root: f64 = size > 1e8 ? size : sqrt(1 + size * size); // beyond 2^27 the 1 is lost; no square overflows
      const t: f64 = (zeta < 0 ? -1 : 1) / (size + root);
      const cosine: f64 = 1 / sqrt(1 + t * t);
      rotate(n, x, y, cosine, cosine * t);
      rotate(r, J + <usize>i * ldJ, J + <usize>j * ldJ, cosine, cosine * t);
    }
  }
  return rotated;
}

/** (x, y) <- (c x - s y, s x + c y). */
function rotate(n: i32, x: usize, y: usize, c: f64, s: f64): void {
  const C = f64x2.splat(c), S = f64x2.splat(s);
  const end = x + (<usize>(n & ~1) << 3);
  for (; x < end; x += 16) {
    const p = v128.load(x), q = v128.load(y);
    v128.store(x, f64x2.sub(f64x2.mul(C, p), f64x2.mul(S, q)));
    v128.store(y, f64x2.add(f64x2.mul(S, p), f64x2.mul(C, q)));
    y += 16;
  }
  if (n & 1) {
    const p = load<f64>(x), q = load<f64>(y);
    store<f64>(x, c * p - s * q);
    store<f64>(y, s * p + c * q);
  }
}
