/** Eigenvalues and vectors of a symmetric matrix. */
import { eigSymmetric } from "@subquad/linalg-core";
import { flipped } from "../../rivals/rows.js";
import { orthogonalityRatio, residualRatio, worse } from "./factor-error.js";
import { factorCase, square } from "./factorization.js";

export const benchCase = factorCase("linalg/eig-symmetric", {
  job: "eigSymmetric",
  question: "How fast are the eigenvalues and vectors of a symmetric matrix?",
  sizes: { quick: [], full: [100, 200, 500].map(square) },
  kind: "symmetric",
  errorUnit: "‖A − W Λ Wᵀ‖ / (‖A‖ n ulp), or the same for orthogonality of W where that is larger",
  allowedError: 50,
  ours: (A) => {
    const { values, vectors } = eigSymmetric(A);
    return [values, vectors!];
  },
  error: (answer, { n, A }) => {
    if (answer.length !== n + n * n) return NaN;
    const values = answer.subarray(0, n);
    const W = answer.subarray(n);
    const right = flipped(W, n, n).map((x, p) => values[Math.floor(p / n)]! * x);
    return worse(residualRatio(n, n, n, A, W, right), orthogonalityRatio(n, n, W));
  },
});
