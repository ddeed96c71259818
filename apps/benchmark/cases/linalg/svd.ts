/** Singular values and vectors. */
import { svd } from "@subquad/linalg-core";
import { flipped } from "../../rivals/rows.js";
import type { MatrixTask } from "../../rivals/rival.js";
import { orthogonalityRatio, residualRatio, worse } from "./factor-error.js";
import { factorCase, square } from "./factorization.js";

export const benchCase = factorCase("linalg/svd", {
  job: "svd",
  question: "How fast are singular values with both sides of vectors?",
  sizes: { quick: [], full: [100, 200, 500].map(square) },
  kind: "general",
  errorUnit: "‖A − U S Vᵀ‖ / (‖A‖ n ulp), or the same for orthogonality of U and V where that is larger",
  allowedError: 50,
  ours: (A) => {
    const { U, s, V } = svd(A);
    return [U!, s, V!];
  },
  error: svdError,
});

/** The largest ratio of residual and orthogonality; NaN unless the values descend to 0 or more. */
export function svdError(answer: Float64Array, { m, n, A }: MatrixTask): number {
  const k = Math.min(m, n);
  if (answer.length !== (m + 1 + n) * k) return NaN;
  const U = answer.subarray(0, m * k);
  const s = answer.subarray(m * k, (m + 1) * k);
  const V = answer.subarray((m + 1) * k);
  if (!s.every((value, i) => value >= 0 && value <= (s[i - 1] ?? Infinity))) return NaN;
  const scale = 2 ** Math.max(-1022, Math.min(1022, -Math.floor(Math.log2(s[0]! || 1)))); // so that no norm overflows
  const scaledA = A.map((x) => x * scale);
  const right = flipped(V, n, k).map((x, p) => s[Math.floor(p / n)]! * scale * x);
  const residual = s[0] === 0 && A.every((x) => x === 0) ? 0 : residualRatio(m, k, n, scaledA, U, right);
  return worse(residual, orthogonalityRatio(m, k, U), orthogonalityRatio(n, k, V));
}
