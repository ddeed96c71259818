/**
 * How far the returned values can be from the singular values, measured from the returned factors.
 *
 *   A  m × n      U  m × k, V  n × k      δ_U = ‖UᵀU − I‖_F, δ_V likewise      ρ = ‖A − U diag(s) Vᵀ‖_F
 *
 * U lies within δ_U of a matrix Û with orthonormal columns (its polar factor: |σ − 1| ≤ |σ² − 1|), V within δ_V of V̂. Û diag(s) V̂ᵀ has the
 * singular values s, and differs from A by at most ρ + s_0 (δ_U (1 + δ_V) + δ_V); by Weyl's inequality no value differs by more.
 *
 * Round-off of measuring, added: a product of depth l is off by γ_(l + 2) times the product of its magnitudes, entry by entry.
 * Source: Weyl's inequality for singular values.
 */
import { denseCopy, UNIT_ROUND_OFF } from "../array/cast.js";
import type { NdArray } from "../array/types.js";
import { transpose, view } from "../array/view.js";
import type { Certificate } from "../certificate.js";
import { scaleByPowerOfTwo } from "../math/bits.js";
import type { Steps } from "../runtime/steps.js";
import { normAbove } from "./frobenius.js";
import { matmulSteps } from "./matmul.js";
import { additionsOf, gamma } from "./round-off.js";

const NORM = "largest absolute error of a singular value";

/**
 * @param A [m, n].
 * @param s [k], U [m, ≥ k], V [n, ≥ k] as returned.
 * @param exponent of the power of two by which A and s are divided for measuring.
 */
export function* certifySvd(A: NdArray, U: NdArray, s: NdArray, V: NdArray, exponent: number): Steps<Certificate> {
  const [m = 0, n = 0] = A.shape;
  const k = s.data.length;
  const scale = (x: number): number => scaleByPowerOfTwo(x, -exponent);
  const values = Float64Array.from(s.data, scale);
  const entries = denseCopy(A, "float64");
  const largest = values[0] ?? 0;
  const left = firstColumns(U, k);
  const right = firstColumns(V, k);
  const scaledLeft = Float64Array.from(left.data);
  for (let i = 0; i < m; i++) for (let j = 0; j < k; j++) scaledLeft[i * k + j]! *= values[j]!;
  const product = yield* matmulSteps("svd", view(scaledLeft, [m, k]), right, { transposeB: true });
  const difference = Float64Array.from(product.data, (x, p) => scale(entries[p]!) - x);
  const size = normAbove(values, 0, k);
  // ‖ |U| diag(s) |V|ᵀ ‖_F ≤ ‖U diag(s)‖_F ‖V‖_F
  const residual =
    normAbove(difference, 0, m * n) +
    gamma(additionsOf(k) + 3) * normAbove(scaledLeft, 0, m * k) * normAbove(right.data, 0, n * k) +
    UNIT_ROUND_OFF.float64 * size;
  const [δu, δv] = [yield* departure(left, m, k), yield* departure(right, n, k)];
  const bound = (residual + largest * (δu * (1 + δv) + δv)) * (1 + 1e-12);
  // half a smallest number: the rounding of the bound itself, where it is subnormal
  const inUnits = bound === 0 ? 0 : scaleByPowerOfTwo(bound, exponent) + Number.MIN_VALUE;
  return { kind: "deterministic", bound: inUnits, norm: NORM };
}

/** ‖XᵀX − I‖_F and the round-off of finding it. */
function* departure(X: NdArray, m: number, k: number): Steps<number> {
  const G = yield* matmulSteps("svd", transpose(X), X);
  const data = Float64Array.from(G.data);
  let trace = 0;
  for (let i = 0; i < k; i++) {
    trace += data[i * k + i]!;
    data[i * k + i]! -= 1;
  }
  return normAbove(data, 0, k * k) + gamma(additionsOf(m) + 3) * trace; // ‖ |X|ᵀ|X| ‖_F ≤ ‖X‖_F²
}

function firstColumns(X: NdArray, k: number): NdArray {
  const [m = 0, columns = 0] = X.shape;
  const out = new Float64Array(m * k);
  for (let i = 0; i < m; i++) for (let j = 0; j < k; j++) out[i * k + j] = X.data[i * columns + j]!;
  return view(out, [m, k]);
}
