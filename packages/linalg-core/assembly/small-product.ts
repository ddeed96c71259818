// C = A B for matrices so small that packing them costs more than it saves; all row-major, side by side.
//
// The sum of each entry is that of the register tiles: one accumulator, from 0, ascending along k. For k up to 256, one panel there, the bits are the same.
import { fma } from "./simd";

/** A [m][k], B [k][n], C [m][n]; 1 if every entry of C is finite, else 0. */
export function smallProduct<T>(m: i32, n: i32, k: i32, a: usize, b: usize, c: usize): i32 {
  const row = <usize>n * sizeof<T>(), depth = <usize>k * sizeof<T>();
  let seen = v128.splat<T>(0);
  for (let i = 0; i < m; i++) {
    const end = a + depth;
    let j: usize = 0;
    for (; j + 64 <= row; j += 64) {
      let c0 = v128.splat<T>(0), c1 = c0, c2 = c0, c3 = c0;
      for (let p = a, q = b + j; p < end; p += sizeof<T>(), q += row) {
        const x = v128.load_splat<T>(p);
        c0 = fma<T>(x, v128.load(q), c0); c1 = fma<T>(x, v128.load(q, 16), c1); c2 = fma<T>(x, v128.load(q, 32), c2); c3 = fma<T>(x, v128.load(q, 48), c3);
      }
      v128.store(c + j, c0); v128.store(c + j, c1, 16); v128.store(c + j, c2, 32); v128.store(c + j, c3, 48);
      seen = v128.or(seen, v128.or(v128.or(v128.sub<T>(c0, c0), v128.sub<T>(c1, c1)), v128.or(v128.sub<T>(c2, c2), v128.sub<T>(c3, c3)))); // NaN or 0
    }
    for (; j + 16 <= row; j += 16) {
      let c0 = v128.splat<T>(0);
      for (let p = a, q = b + j; p < end; p += sizeof<T>(), q += row) c0 = fma<T>(v128.load_splat<T>(p), v128.load(q), c0);
      v128.store(c + j, c0);
      seen = v128.or(seen, v128.sub<T>(c0, c0));
    }
    for (; j < row; j += sizeof<T>()) {
      let c0 = v128.splat<T>(0);
      for (let p = a, q = b + j; p < end; p += sizeof<T>(), q += row) c0 = fma<T>(v128.load_splat<T>(p), v128.load_splat<T>(q), c0);
      v128.store_lane<T>(c + j, c0, 0);
      seen = v128.or(seen, v128.sub<T>(c0, c0));
    }
    a = end; c += row;
  }
  return v128.any_true(v128.ne<T>(seen, seen)) ? 0 : 1;
}
