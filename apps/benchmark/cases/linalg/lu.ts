/** L, U and the rows they belong to. */
import { lu } from "@subquad/linalg-core";
import { residualRatio } from "./factor-error.js";
import { factorCase, square } from "./factorization.js";

export const benchCase = factorCase("linalg/lu", {
  job: "lu",
  question: "How fast is an LU factorization with partial pivoting?",
  sizes: { quick: [], full: [100, 200, 500].map(square) },
  kind: "general",
  errorUnit: "‖P A − L U‖ / (‖A‖ n ulp)",
  allowedError: 30,
  ours: (A) => {
    const { L, U, permutation } = lu(A);
    return [L, U, permutation];
  },
  error: (answer, { n, A }) => {
    if (answer.length !== (2 * n + 1) * n) return NaN;
    const [L, U, permutation] = [answer.subarray(0, n * n), answer.subarray(n * n, 2 * n * n), answer.subarray(2 * n * n)];
    const isPermutation = new Set(permutation).size === n && permutation.every((i) => Number.isInteger(i) && i >= 0 && i < n);
    const isPair = L.every((x, p) => x === 0 || p % n <= Math.floor(p / n)) && U.every((x, p) => x === 0 || p % n >= Math.floor(p / n));
    if (!isPermutation || !isPair) return NaN;
    const permuted = A.map((_, p) => A[permutation[Math.floor(p / n)]! * n + (p % n)]!);
    return residualRatio(n, n, n, permuted, L, U);
  },
});
