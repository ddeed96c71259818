import { gaussianArray, matmulMagnitude, matmulOracle, pack, testRandom } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import { transpose, view } from "../src/array/view.js";
import { NonFiniteError, ShapeError } from "../src/errors.js";
import { runSync } from "../src/runtime/steps.js";
import { csr, csrFromDense, csrToDense, type CsrMatrix } from "../src/sparse/csr.js";
import { gramCsr } from "../src/sparse/gram.js";
import { selectColumns } from "../src/sparse/select.js";
import { dtypes, expectError, expectSameBits, expectWithin, gamma, inDtype, UNIT } from "./numeric-support.js";

const sparse = (m: number, n: number, dtype: "float32" | "float64"): CsrMatrix =>
  csrFromDense(inDtype(gaussianArray([m, n], { seed: `S ${m} ${n}` }), dtype), { threshold: 0.8 });

describe.each(dtypes)("oracle: %s", (dtype) => {
  test.each(["rows", "columns"] as const)("gram by %s: the dense product, exactly symmetric", (side) => {
    for (const [m, n] of [
      [1, 1],
      [13, 40],
      [40, 13],
      [5, 0],
      [0, 5],
    ] as const) {
      // prettier-ignore
      const S = sparse(m, n, dtype);
      const A = side === "rows" ? csrToDense(S) : transpose(csrToDense(S));
      const G = runSync(gramCsr("gram", S, side));
      // summed in float64, rounded once to the dtype; one more for the oracle
      const unit = gamma(42, UNIT.float64) + (dtype === "float32" ? UNIT.float32 : 0);
      expectWithin(G, matmulOracle(A, transpose(A)), pack(matmulMagnitude(A, transpose(A))).map((size) => unit * size)); // prettier-ignore
      expectSameBits(transpose(G), G);
      expect(G.data).toBeInstanceOf(dtype === "float32" ? Float32Array : Float64Array);
    }
  });
});

describe("laws", () => {
  test("gram of a selection is a selection of the gram", () => {
    const S = sparse(20, 15, "float64");
    const G = runSync(gramCsr("gram", S, "columns"));
    const H = runSync(gramCsr("gram", selectColumns(S, [7, 2, 14]), "columns"));
    [7, 2, 14].forEach((i, a) => { [7, 2, 14].forEach((j, b) => { expect(H.data[a * 3 + b]).toBe(G.data[i * 15 + j]); }); }); // prettier-ignore
  });

  test("gram pauses, and ends the same", () => {
    const random = testRandom("gram");
    const S = csrFromDense(
      view(
        Float64Array.from({ length: 600 * 300 }, () => Math.max(0, random.uniform() - 0.8)),
        [600, 300],
      ),
    );
    const steps = gramCsr("gram", S, "rows");
    let pauses = 0;
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) {
        expectSameBits(step.value, runSync(gramCsr("gram", S, "rows")));
        break;
      }
      pauses++;
    }
    expect(pauses).toBeGreaterThan(1);
  });
});

test("errors", () => {
  const S = csr([2, 3], [0, 1, 2], [0, 2], [1, 1e300]);
  expectError(() => runSync(gramCsr("gram", S, "rows")), NonFiniteError, { where: "gram", argument: "result overflows float64", index: [1, 1] }); // prettier-ignore
  const wide = csr([1, 2 ** 16], [0, 0], [], []);
  expectError(() => runSync(gramCsr("gram", wide, "columns")), ShapeError, { where: "gram", argument: "result" });
});
