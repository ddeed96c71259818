/**
 * What was found by attacking the factorizations and the iterative solvers.
 */
import { describe, expect, test } from "vitest";
import { lsqrSync, spectrumIntervalSync, view, type NdArray } from "../src/index.js";

const timesNumber = (rows: readonly (readonly number[])[], factor: number): NdArray =>
  view(
    Float64Array.from(rows.flat(), (x) => x * factor),
    [rows.length, rows[0]!.length],
  );

describe("issue-03: squares that overflow or vanish", () => {
  const scales = [1e-300, 1e-200, 1e-160, 1e160, 1e200, 1e300];

  test.each(scales)("spectrumInterval of a matrix of size %s holds the spectrum, and little more", (scale) => {
    const { low, high } = spectrumIntervalSync(timesNumber([[4, 1], [1, 3]], scale)); // prettier-ignore
    const [least, most] = [(7 - Math.sqrt(5)) / 2, (7 + Math.sqrt(5)) / 2];
    // both steps are made, so that only rounding is left: 16 n u (size + width), and the bisection
    for (const [end, eigenvalue] of [[low, least], [high, most]] as const) expect(Math.abs(end / scale - eigenvalue)).toBeLessThan(1e-12); // prettier-ignore
    expect(low / scale).toBeLessThanOrEqual(least);
    expect(high / scale).toBeGreaterThanOrEqual(most);
  });

  test.each(scales)("lsqr with a matrix of size %s gives what it gives at size 1", (scale) => {
    const { x, stopped } = lsqrSync(timesNumber([[1, 0], [0, 2], [1, 1]], scale), [1, 2, 3]); // prettier-ignore
    expect(stopped).toBe("gradient");
    // Aᵀ A x = Aᵀ b: (13/9, 10/9); tolerance 1e-10 of the gradient, κ below 3
    expect(Math.abs(x.get(0) * scale - 13 / 9)).toBeLessThan(1e-9);
    expect(Math.abs(x.get(1) * scale - 10 / 9)).toBeLessThan(1e-9);
  });

  test("lsqr with a damping whose square overflows: a bound, and it holds", () => {
    const { x, certificate } = lsqrSync([[1, 0], [0, 1], [1, 1]], [1, 2, 3], { damping: 1e200 }); // prettier-ignore
    expect(certificate.kind).toBe("deterministic");
    if (certificate.kind !== "deterministic") return;
    // the minimiser is about Aᵀ b / μ² = 1e-400: of x = 0 the gradient is Aᵀ b = (4, 5)
    if (x.data.every((value) => value === 0)) expect(certificate.bound).toBeGreaterThanOrEqual(Math.sqrt(41));
    expect(certificate.bound).toBeLessThan(Infinity);
  });
});
