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
import { UNIT_ROUND_OFF } from "../array/cast.js";
import { makeArray } from "../array/make-array.js";
import type { NdArray } from "../array/types.js";
import { view } from "../array/view.js";
import type { Certificate } from "../certificate.js";
import { scaleByPowerOfTwo } from "../math/bits.js";
import { runtime } from "../runtime/runtime.js";
import { openScope } from "../runtime/scope.js";
import type { Steps } from "../runtime/steps.js";
import { multiplyBlocks, rowBlock, transposed } from "./blocks.js";
import { matmulSteps } from "./matmul.js";
import { additionsOf, gamma } from "./round-off.js";
import { normAbove } from "./sums.js";
import { eachRowSteps, entriesOf } from "./work.js";

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
  const entries = yield* entriesOf(A);
  const largest = values[0] ?? 0;
  const left = yield* firstColumns(U, k);
  const right = yield* firstColumns(V, k);
  const scaledLeft = new Float64Array(m * k);
  yield* eachRowSteps(m, k, (i) => {
    for (let p = i * k, j = 0; j < k; j++, p++) scaledLeft[p] = left[p]! * values[j]!;
  });
  const product = yield* matmulSteps("svd", view(scaledLeft, [m, k]), view(right, [n, k]), { transposeB: true });
  const difference = new Float64Array(m * n);
  yield* eachRowSteps(m, n, (i) => {
    for (let p = i * n; p < i * n + n; p++) difference[p] = scale(entries[p]!) - product.data[p]!;
  });
  const size = normAbove(values);
  // ‖ |U| diag(s) |V|ᵀ ‖_F ≤ ‖U diag(s)‖_F ‖V‖_F
  const residual =
    normAbove(difference) + gamma(additionsOf(k) + 3) * normAbove(scaledLeft) * normAbove(right) + UNIT_ROUND_OFF.float64 * size;
  const [δu, δv] = [yield* departure(left, m, k), yield* departure(right, n, k)];
  const bound = (residual + largest * (δu * (1 + δv) + δv)) * (1 + 1e-12);
  // half a smallest number: the rounding of the bound itself, where it is subnormal
  const inUnits = bound === 0 ? 0 : scaleByPowerOfTwo(bound, exponent) + Number.MIN_VALUE;
  return { kind: "deterministic", bound: inUnits, norm: NORM };
}

/** ‖XᵀX − I‖_F and the round-off of finding it, from the lower triangle. */
function* departure(entries: Float64Array, m: number, k: number): Steps<number> {
  const scope = openScope();
  try {
    const X = rowBlock(scope.alloc(8 * m * k), m, k);
    const G = rowBlock(scope.alloc(8 * k * k), k, k);
    runtime().memory.f64.set(entries, X.address / 8);
    yield* multiplyBlocks(scope, transposed(X), X, G, { lower: true });
    const diagonal = new Float64Array(k);
    const below = new Float64Array((k * (k - 1)) / 2);
    let trace = 0;
    yield* eachRowSteps(k, k, (i) => {
      const { f64 } = runtime().memory;
      const row = G.address / 8 + i * k;
      below.set(f64.subarray(row, row + i), (i * (i - 1)) / 2);
      trace += f64[row + i]!;
      diagonal[i] = f64[row + i]! - 1;
    });
    const [δ, ε] = [normAbove(diagonal), normAbove(below)]; // squares that vanish are nothing beside what follows
    return Math.sqrt(δ * δ + 2 * ε * ε) + gamma(additionsOf(m) + 3) * trace; // ‖ |X|ᵀ|X| ‖_F ≤ ‖X‖_F²
  } finally {
    scope.release();
  }
}

/** The first k columns, row-major in float64. */
function* firstColumns(X: NdArray, k: number): Steps<Float64Array<ArrayBuffer>> {
  return yield* entriesOf(makeArray(X.data, [X.shape[0]!, k], X.stride, X.offset));
}
