/** Q and R. */
import { qr } from "@subquad/linalg-core";
import { orthogonalityRatio, residualRatio, worse } from "./factor-error.js";
import { factorCase, square } from "./factorization.js";

export const benchCase = factorCase("linalg/qr", {
  job: "qr",
  question: "How fast is a QR factorization with Q formed?",
  sizes: { quick: [], full: [100, 200, 500].map(square) },
  kind: "general",
  errorUnit: "‖A − Q R‖ / (‖A‖ n ulp), or the same for orthogonality of Q where that is larger",
  allowedError: 30,
  ours: (A) => {
    const { Q, R } = qr(A);
    return [Q!, R];
  },
  error: (answer, { m, n, A }) => {
    const k = Math.min(m, n);
    if (answer.length !== (m + n) * k) return NaN;
    const [Q, R] = [answer.subarray(0, m * k), answer.subarray(m * k)];
    const isTriangular = R.every((x, p) => x === 0 || p % n >= Math.floor(p / n) || Math.abs(x) <= 2 ** -40); // some leave rounding below
    return isTriangular ? worse(residualRatio(m, k, n, A, Q, R), orthogonalityRatio(m, k, Q)) : NaN;
  },
});
