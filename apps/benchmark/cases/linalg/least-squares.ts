/** Least squares of one right side: four times as many rows as unknowns. */
import { leastSquares } from "@subquad/linalg-core";
import { plainProduct } from "../../rivals/local/plain-product.js";
import { flipped } from "../../rivals/rows.js";
import { largestColumnSum } from "./factor-error.js";
import { factorCase, square } from "./factorization.js";

export const benchCase = factorCase("linalg/least-squares", {
  job: "leastSquares",
  question: "How fast is a least-squares solution?",
  sizes: { quick: [], full: [50, 100, 200].map(square) },
  kind: "general",
  tall: 4,
  rightSides: 1,
  errorUnit: "‖Aᵀ(b − A x)‖ / (‖A‖ ‖b‖ m ulp)",
  allowedError: 30,
  ours: (A, B) => [leastSquares(A, B).X],
  error: (x, { m, n, A, B }) => {
    if (x.length !== n) return NaN;
    const rest = plainProduct(m, n, 1, A, x).map((y, i) => B![i]! - y);
    const gradient = plainProduct(n, m, 1, flipped(A, m, n), rest);
    return largestColumnSum(gradient, 1) / (largestColumnSum(A, n) * largestColumnSum(B!, 1) * m * 2 ** -52);
  },
});
