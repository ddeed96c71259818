/** The Cholesky factor. */
import { cholesky } from "@subquad/linalg-core";
import { flipped } from "../../rivals/rows.js";
import { residualRatio } from "./factor-error.js";
import { factorCase, square } from "./factorization.js";

export const benchCase = factorCase("linalg/cholesky", {
  job: "cholesky",
  question: "How fast is a Cholesky factorization?",
  sizes: { quick: [], full: [100, 200, 500].map(square) },
  kind: "definite",
  errorUnit: "‖A − L Lᵀ‖ / (‖A‖ n ulp)",
  allowedError: 30,
  ours: (A) => [cholesky(A).L],
  error: (L, { n, A }) => {
    const isLower = L.length === n * n && L.every((x, p) => x === 0 || p % n <= Math.floor(p / n));
    return isLower ? residualRatio(n, n, n, A, L, flipped(L, n, n)) : NaN;
  },
});
