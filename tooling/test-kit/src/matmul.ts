/**
 * Matrix product by definition, each entry a compensated dot product: exact to about one rounding whatever the inner dimension.
 *
 *   A  [m, k]     B  [k, n]     C = A B  [m, n]
 *
 * Source: Ogita, Rump, Oishi, "Accurate sum and dot product" (Dot2): the error is u |c| + γ² |a||b| with γ = k u / (1 - k u).
 */
import { pack, plain, type PlainArray, type Strided } from "./arrays.js";

export interface MatmulOracleOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/**
 * The product op(A) op(B), to judge others by.
 * @param A shape [m, k], or [k, m] with `transposeA`.
 * @param B shape [k, n], or [n, k] with `transposeB`.
 * @param options see MatmulOracleOptions.
 * @returns shape [m, n], float64, each entry within 2 u of the true one unless it cancels by more than 1/(k² u).
 */
export function matmulOracle(A: Strided, B: Strided, options: MatmulOracleOptions = {}): PlainArray {
  return product("matmulOracle", A, B, options, dot2);
}

/**
 * |op(A)| |op(B)|: what a rounding bound γ |A||B| is measured in.
 * @param A shape [m, k], or [k, m] with `transposeA`.
 * @param B shape [k, n], or [n, k] with `transposeB`.
 * @param options see MatmulOracleOptions.
 * @returns shape [m, n], float64.
 */
export function matmulMagnitude(A: Strided, B: Strided, options: MatmulOracleOptions = {}): PlainArray {
  return product("matmulMagnitude", A, B, options, (a, i, b, j, k) => {
    let sum = 0;
    for (let l = 0; l < k; l++) sum += Math.abs(a[i + l]! * b[j + l]!);
    return sum;
  });
}

type Dot = (a: Float64Array, i: number, b: Float64Array, j: number, k: number) => number;

function product(where: string, A: Strided, B: Strided, options: MatmulOracleOptions, dot: Dot): PlainArray {
  const { transposeA = false, transposeB = false } = options;
  const left = transposeA ? transposed(A) : A; // rows of both operands are the vectors to multiply
  const right = transposeB ? B : transposed(B);
  const [m, k] = left.shape as [number, number];
  const [n, inner] = right.shape as [number, number];
  if (inner !== k) throw new Error(`${where}(B): expected inner dimension ${k}, got ${inner}`);
  const a = pack(left);
  const b = pack(right);
  const C = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) C[i * n + j] = dot(a, i * k, b, j * k, k);
  }
  return plain(C, [m, n]);
}

/** Dot product of a[i..i+k) and b[j..j+k) with the rounding error of every step summed beside it. */
function dot2(a: Float64Array, i: number, b: Float64Array, j: number, k: number): number {
  let sum = 0;
  let lost = 0;
  let naive = 0;
  for (let l = 0; l < k; l++) {
    const x = a[i + l]!;
    const y = b[j + l]!;
    const p = x * y;
    naive += p;
    const x1 = x * 134217729 - (x * 134217729 - x); // Veltkamp: the upper 26 bits, 2^27 + 1
    const y1 = y * 134217729 - (y * 134217729 - y);
    const productError = (x - x1) * (y - y1) - (p - x1 * y1 - (x - x1) * y1 - x1 * (y - y1));
    const next = sum + p;
    const back = next - sum;
    lost += sum - (next - back) + (p - back) + productError;
    sum = next;
  }
  return Number.isFinite(sum + lost) ? sum + lost : naive; // the splitting overflows above 2^996
}

function transposed(A: Strided): Strided {
  return { data: A.data, shape: [A.shape[1]!, A.shape[0]!], stride: [A.stride[1]!, A.stride[0]!], offset: A.offset };
}
