/** A linear system of one right side, factored and solved. */
import { solve } from "@subquad/linalg-core";
import { plainProduct } from "../../rivals/local/plain-product.js";
import { largestColumnSum } from "./factor-error.js";
import { factorCase, square } from "./factorization.js";

export const benchCase = factorCase("linalg/solve", {
  job: "solve",
  question: "How fast is the solution of a linear system?",
  sizes: { quick: [], full: [100, 200, 500].map(square) },
  kind: "general",
  rightSides: 1,
  errorUnit: "‖b − A x‖ / (‖A‖ ‖x‖ n ulp)",
  allowedError: 30,
  ours: (A, B) => [solve(A, B).X],
  error: (x, { n, A, B }) => {
    if (x.length !== n) return NaN;
    const rest = plainProduct(n, n, 1, A, x).map((y, i) => B![i]! - y);
    return largestColumnSum(rest, 1) / (largestColumnSum(A, n) * largestColumnSum(x, 1) * n * 2 ** -52);
  },
});
