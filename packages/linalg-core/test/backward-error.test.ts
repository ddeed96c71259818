import { gaussianArray, pack } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import { view } from "../src/array/view.js";
import { measureBackwardError } from "../src/dense/backward-error.js";
import { placeRows } from "../src/dense/passes.js";
import { openScope } from "../src/runtime/scope.js";
import { runSync } from "../src/runtime/steps.js";
import { median } from "./numeric-support.js";

function measured(A: Float64Array, X: Float64Array, B: Float64Array, n: number): number {
  const scope = openScope();
  try {
    const [a, x, b] = [A, X, B].map((data) => {
      const { block, largest } = runSync(placeRows(scope, view(data, [n, n === 0 ? 0 : data.length / n]), "measured(data)"));
      return { block, largest };
    });
    const certificate = runSync(measureBackwardError(scope, a!.block, a!.largest, x!.block, b!.block));
    return certificate.kind === "deterministic" ? certificate.bound : NaN;
  } finally {
    scope.release();
  }
}

const DIGITS = 1100n; // 2^-1100 is below every float64 and every product in these tests

/** x 2^1100, exactly. */
function exact(x: number): bigint {
  if (x === 0) return 0n;
  const exponent = Math.max(-1022, Math.floor(Math.log2(Math.abs(x)))) - 53;
  const half = Math.floor(exponent / 2);
  return BigInt(x / 2 ** half / 2 ** (exponent - half)) << (DIGITS + BigInt(exponent));
}

const size = (x: bigint): bigint => (x < 0n ? -x : x);
const most = (values: readonly bigint[]): bigint => values.reduce((a, b) => (size(b) > a ? size(b) : a), 0n);
/** p / q, to 2^-200. */
const ratio = (p: bigint, q: bigint): number => Number((p << 200n) / q) / 2 ** 200;

/** max over columns of ‖b − A x‖ / (‖A‖ ‖x‖ + ‖b‖), in rational arithmetic. */
function truth(A: Float64Array, X: Float64Array, B: Float64Array, n: number): number {
  const p = B.length / n;
  const [a, x, b] = [[...A].map(exact), [...X].map(exact), [...B].map(exact)];
  const sums = Array.from({ length: n }, (_, i) => a.slice(i * n, i * n + n).reduce((s, y) => s + size(y), 0n));
  let worst = 0;
  for (let c = 0; c < p; c++) {
    const column = (M: readonly bigint[]): bigint[] => Array.from({ length: n }, (_, i) => M[i * p + c]!);
    const [xc, bc] = [column(x), column(b)];
    const rest = bc.map((y, i) => (y << DIGITS) - xc.reduce((s, z, j) => s + a[i * n + j]! * z, 0n));
    const whole = most(sums) * most(xc) + (most(bc) << DIGITS);
    if (whole > 0n) worst = Math.max(worst, ratio(most(rest), whole));
  }
  return worst;
}

describe("certificate is honest", () => {
  test("never below the backward error in rational arithmetic, and within 10 n units of it, at any scale", () => {
    const slacks: number[] = [];
    for (const n of [1, 2, 5, 20]) {
      for (const scaleA of [0, -900, -300, 300, 900]) {
        for (const scaleX of [0, -100, -700, 80]) {
          const A = pack(gaussianArray([n, n], { seed: `A/${n}/${scaleA}` })).map((x) => x * 2 ** scaleA);
          const X = pack(gaussianArray([n, 2], { seed: `X/${n}/${scaleX}` })).map((x) => x * 2 ** scaleX);
          const B = new Float64Array(2 * n);
          for (let i = 0; i < n; i++) {
            for (let c = 0; c < 2; c++) {
              let sum = 0;
              for (let j = 0; j < n; j++) sum += A[i * n + j]! * X[j * 2 + c]!;
              B[i * 2 + c] = sum;
            }
          }
          const [bound, error] = [measured(A, X, B, n), truth(A, X, B, n)];
          expect(bound).toBeGreaterThanOrEqual(error);
          if (error > 0 && scaleA + scaleX > -900) slacks.push(bound / error / n);
          // an answer that is wrong is seen to be, and not made worse than it is
          X[0] = X[0]! * 1.25;
          const [wrong, far] = [measured(A, X, B, n), truth(A, X, B, n)];
          expect(wrong).toBeGreaterThanOrEqual(far);
          if (far > 1e-6) expect(wrong).toBeLessThanOrEqual(far * (1 + 1e-6));
        }
      }
    }
    expect(median(slacks)).toBeLessThanOrEqual(10);
  });
});

describe("degenerate", () => {
  test("nothing, zeros, an answer 0 to a right side that is not", () => {
    expect(measured(new Float64Array(0), new Float64Array(0), new Float64Array(0), 0)).toBe(0);
    expect(measured(new Float64Array(4), new Float64Array(2), new Float64Array(2), 2)).toBe(0);
    const bound = measured(Float64Array.of(1, 0, 0, 1), new Float64Array(2), Float64Array.of(3, 4), 2);
    expect(bound).toBeGreaterThanOrEqual(1);
    expect(bound).toBeLessThanOrEqual(1 + 1e-14);
  });
});
