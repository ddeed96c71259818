/**
 * How wrong the eigenvalues of a symmetric matrix can be, measured from the answer.
 *
 *   A  n × n  symmetric      V  n × n, columns near orthonormal      μ_0 ≤ μ_1 ≤ …  the answer      M = diag(μ)      λ_k  the k-th eigenvalue of A
 *
 *   |λ_k − μ_k| ≤ ‖A − V M Vᵀ‖ + ‖VᵀV − I‖ max |μ|
 *
 * since by Weyl the k-th eigenvalue of V M Vᵀ is within the first term of λ_k, and by Ostrowski it is θ μ_k with θ between the extreme
 * eigenvalues of VᵀV. Frobenius norms bound the spectral ones.
 * The round-off of measuring is added: products are summed in stretches of 32, so that a computed P Q with a common length n is off by at
 * most γ_N |P||Q| entry by entry, N = min(n, 32) + ⌈n / 32⌉ + 2; and ‖|V||M||V|ᵀ‖_F ≤ Σ_k |μ_k| ‖v_k‖², ‖|V|ᵀ|V|‖_F ≤ Σ_k ‖v_k‖², by Cauchy and Schwarz.
 * Source: Weyl; Ostrowski.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import { runtime } from "../runtime/runtime.js";
import { openScope, type Scope } from "../runtime/scope.js";
import { rest, type Steps } from "../runtime/steps.js";
import { multiplyBlocks, part, rowBlock, transposed, type Block } from "./blocks.js";

/** Terms that are summed before they are added to the rest: short sums err less, and cost a pass over the result each. */
const STRETCH = 32;
/** Rows whose entries are summed between two turns of the event loop hold so many. */
const ENTRIES = 1 << 20;

/**
 * A bound of max_k |λ_k − μ_k|.
 * @param a A, row-major; its lower triangle is read; O(1), so that no product overflows.
 * @param v V, row-major.
 * @param μ ascending, in the units of a.
 */
export function* eigenvalueBound(n: number, a: Float64Array, v: Float32Array | Float64Array, μ: Float64Array): Steps<number> {
  if (n === 0) return 0;
  const scope = openScope();
  try {
    const [V, VM, product] = [0, 1, 2].map(() => rowBlock(scope.alloc(8 * n * n), n, n)) as [Block, Block, Block];
    const { f64 } = runtime().memory;
    f64.set(v, V.address / 8);
    const row = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < n; k++) row[k] = v[i * n + k]! * μ[k]!;
      f64.set(row, VM.address / 8 + i * n);
    }
    yield* multiply(scope, VM, transposed(V), product);
    const residual = yield* distance(n, product, (p) => a[p]!);
    yield* multiply(scope, transposed(V), V, product);
    const tilt = yield* distance(n, product, (p) => (p % (n + 1) === 0 ? 1 : 0));
    let [largest, squares, weighted] = [0, 0, 0];
    for (let k = 0; k < n; k++) {
      const square = runtime().memory.f64[product.address / 8 + k * (n + 1)]!;
      largest = Math.max(largest, Math.abs(μ[k]!));
      squares += square;
      weighted += square * Math.abs(μ[k]!);
    }
    const u = UNIT_ROUND_OFF.float64;
    const γ = 1.001 * (Math.min(n, STRETCH) + Math.ceil(n / STRETCH) + 4) * u; // 4: the scaling of V by M, and the squares themselves
    const vanished = 4 * n * (n + 1) * 2 ** -1074; // products, and entries of A and M, that underflow
    const bound = residual + γ * weighted + (tilt + γ * squares) * largest + vanished * (1 + largest);
    return bound * (1 + 2 * (n * n + 16) * u);
  } finally {
    scope.release();
  }
}

/** C ← A B, its lower triangle. */
function* multiply(scope: Scope, A: Block, B: Block, C: Block): Steps<void> {
  const n = A.rows;
  for (let k = 0; k < n; k += STRETCH) {
    const end = Math.min(n, k + STRETCH);
    yield* multiplyBlocks(scope, part(A, 0, n, k, end), part(B, k, end, 0, n), C, { lower: true, add: k > 0 });
  }
}

/** ‖B − C‖_F for symmetric matrices: B in compute memory, C given entry by entry; lower triangles are read. */
function* distance(n: number, B: Block, C: (p: number) => number): Steps<number> {
  let [diagonal, below, seen] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const { f64 } = runtime().memory;
    for (let p = i * n, q = B.address / 8 + i * n; p <= i * n + i; p++, q++) {
      const x = f64[q]! - C(p);
      if (p < i * n + i) below += x * x;
      else diagonal += x * x;
    }
    seen += i;
    if (seen < ENTRIES) continue;
    yield rest();
    seen = 0;
  }
  return Math.sqrt(diagonal + 2 * below);
}
