/**
 * What a sketch does to the norms on a range, in numbers of two terms: right to about 1e-15 for conditions up to 1e15.
 */
import { matrixShape, pack, plain, type PlainArray, type Strided } from "./arrays.js";
import { singularValuesOracle } from "./jacobi-values.js";
import { add, divide, multiply, negate, one, squareRoot, type TwoTerm } from "./two-term.js";

/**
 * The singular values of M T, where A T has orthonormal columns: the extremes of ‖M x‖ / ‖A x‖ are the first and the last.
 *
 * Columns of A and M are scaled by the same powers of two first; then Gram and Schmidt, twice.
 * @param A shape [n, d], of full column rank.
 * @param M shape [m, d].
 * @returns shape [min(m, d)], descending.
 */
export function embeddingValuesOracle(A: Strided, M: Strided): PlainArray {
  const { n, d } = matrixShape(A);
  const { n: m } = matrixShape(M);
  const [a, b] = [pack(A), pack(M)];
  const columns: TwoTerm[][] = []; // of A above those of M: what is done to the former is done to the latter
  for (let j = 0; j < d; j++) {
    let largest = 0;
    for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(a[i * d + j]!));
    const exponent = -Math.floor(Math.log2(largest));
    const [low, high] = [2 ** Math.trunc(exponent / 2), 2 ** (exponent - Math.trunc(exponent / 2))];
    columns.push(Array.from({ length: n + m }, (_, i) => one((i < n ? a[i * d + j]! : b[(i - n) * d + j]!) * low * high)));
  }
  for (let j = 0; j < d; j++) {
    const x = columns[j]!;
    for (let pass = 0; pass < 2; pass++) {
      for (const y of columns.slice(0, j)) {
        const part = negate(dot(x, y, n));
        for (let i = 0; i < n + m; i++) x[i] = add(x[i]!, multiply(part, y[i]!));
      }
    }
    const length = squareRoot(dot(x, x, n));
    for (let i = 0; i < n + m; i++) x[i] = divide(x[i]!, length);
  }
  const image = new Float64Array(m * d);
  for (let j = 0; j < d; j++) for (let i = 0; i < m; i++) image[i * d + j] = columns[j]![n + i]!.hi;
  return singularValuesOracle(plain(image, [m, d]));
}

function dot(x: readonly TwoTerm[], y: readonly TwoTerm[], count: number): TwoTerm {
  let sum = one(0);
  for (let i = 0; i < count; i++) sum = add(sum, multiply(x[i]!, y[i]!));
  return sum;
}
