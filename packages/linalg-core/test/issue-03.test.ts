/**
 * What was found by attacking the factorizations and the iterative solvers.
 */
import { describe, expect, test } from "vitest";
import {
  conditionEstimate,
  conjugateGradientSync,
  csr,
  csrFromDense,
  expActionSync,
  lanczosSync,
  lsqrSync,
  ShapeError,
  spectrumIntervalSync,
  svd,
  view,
  type Certificate,
  type CsrMatrix,
  type NdArray,
} from "../src/index.js";

const boundOf = (certificate: Certificate): number => ("bound" in certificate ? certificate.bound : NaN);

/** Fixed numbers in (-1, 1) that look random. */
const wave = (i: number): number => Math.sin(1 + 12.9898 * i * i);

function diagonal(values: readonly number[]): CsrMatrix {
  const n = values.length;
  return csr(
    [n, n],
    Int32Array.from({ length: n + 1 }, (_, i) => i),
    Int32Array.from(values, (_, i) => i),
    Float64Array.from(values),
  );
}

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

describe("issue-03: a Krylov space that is invariant only nearly", () => {
  test.each([0.5, 0.9, 1])("expAction: eigenvalues within %s n u of 1 are told apart by the bound", (share) => {
    const n = 1000;
    const values = Array.from({ length: n }, (_, i) => 1 + share * n * 2 ** -53 * wave(i));
    const b = Array.from({ length: n }, (_, i) => wave(i + n));
    const { y, certificate } = expActionSync(diagonal(values), b);
    const error = Math.hypot(...values.map((value, i) => y.get(i) - Math.exp(value) * b[i]!));
    expect(error).toBeGreaterThan(1e-13); // it was above the bound by a factor of 30
    expect(error).toBeLessThanOrEqual(boundOf(certificate));
    expect(boundOf(certificate)).toBeLessThan(1e-11);
  });

  test("expAction: short times, graded b: what the rotations leave of T is in the bound", () => {
    for (let trial = 0; trial < 100; trial++) {
      const n = 5 + (trial % 40);
      const values = Array.from({ length: n }, (_, i) => Math.round(64 * wave(i + trial)) / 2 ** (6 + (trial % 12)));
      const b = Array.from({ length: n }, (_, i) => wave(i + 2 * trial) * 10 ** (-3 + 3 * wave(i + 3 * trial)));
      const { y, certificate } = expActionSync(diagonal(values), b, { tolerance: 1e-13 });
      // Math.exp and the product are right to 2 ulp
      const error = Math.hypot(...values.map((value, i) => Math.max(0, Math.abs(y.get(i) - Math.exp(value) * b[i]!) - 2 ** -51 * Math.abs(y.get(i))))); // prettier-ignore
      expect(error).toBeLessThanOrEqual(boundOf(certificate));
    }
  });

  test.each([
    [100, 10],
    [100, 100],
    [1000, 10],
  ])("spectrumInterval, n = %s: one eigenvalue that is %s n u larger than the others", (n, units) => {
    const top = 1 + units * n * 2 ** -53;
    const A = diagonal(Array.from({ length: n }, (_, i) => (i === n >> 1 ? top : 1)));
    let missed = 0;
    for (let seed = 0; seed < 100; seed++) if (spectrumIntervalSync(A, { seed }).high < top) missed++;
    expect(missed).toBeLessThanOrEqual(4); // of 100 at confidence 0.99; it was 76 to 100
  });
});

describe("issue-03: subnormal numbers", () => {
  const ulp = Number.MIN_VALUE;

  test("svd: the bound does not vanish", () => {
    for (const rows of [
      [
        [ulp, 2 * ulp],
        [3 * ulp, ulp],
      ],
      [[ulp, ulp, ulp]],
      [[2 * ulp], [ulp], [ulp]],
    ]) {
      // prettier-ignore
      const A = view(Float64Array.from(rows.flat()), [rows.length, rows[0]!.length]);
      expect(boundOf(svd(A).certificate)).toBeGreaterThanOrEqual(ulp);
    }
    expect(boundOf(svd([[0, 0]]).certificate)).toBe(0);
  });

  test("conjugateGradient: 0.3 x = 2^-1074 has no exact answer", () => {
    expect(boundOf(conjugateGradientSync([[0.3]], [ulp], { onMiss: "return" }).certificate)).toBeGreaterThanOrEqual(ulp);
  });

  test("expAction: a vector of subnormal numbers", () => {
    const { y, certificate } = expActionSync([[1, 0], [0, 1]], [ulp, 2 * ulp]); // prettier-ignore
    expect(Array.from(y.data)).toEqual([3 * ulp, 5 * ulp]); // e = 2.72, 2e = 5.44
    expect(boundOf(certificate)).toBeGreaterThanOrEqual(ulp);
  });

  test("lanczos and spectrumInterval: a matrix of 2^-1074, with eigenvalues 0 and 2^-1073", () => {
    const A = [[ulp, ulp], [ulp, ulp]]; // prettier-ignore
    const { values, certificate } = lanczosSync(A, { count: 2 });
    for (const value of values.data) expect(Math.min(Math.abs(value), Math.abs(value - 2 * ulp))).toBeLessThanOrEqual(boundOf(certificate));
    const { low, high } = spectrumIntervalSync(A);
    expect(low).toBeLessThanOrEqual(0);
    expect(high).toBeGreaterThanOrEqual(2 * ulp);
  });

  test("conditionEstimate: an inverse that overflows, a condition that does not", () => {
    expect(conditionEstimate([[1e-310, 0], [0, 4e-310]]).estimate).toBeCloseTo(4, 9); // prettier-ignore
    expect(conditionEstimate([[2 ** -1074, 0], [0, 2 ** -1074]]).estimate).toBe(1); // prettier-ignore
  });
});

test("issue-03: a right side that is missing is no zero vector", () => {
  const missing = undefined as unknown as number[];
  expect(() => conjugateGradientSync([[1]], missing)).toThrow(ShapeError);
  expect(() => lsqrSync([[1]], missing)).toThrow(ShapeError);
});

test("issue-03: a solution that overflows is refused by name", () => {
  const most = Number.MAX_VALUE;
  for (const solve of [conjugateGradientSync, lsqrSync])
    expect(() => solve([[0.5, 0], [0, 0.25]], [most, -most])).toThrow(/Sync\(result overflows float64\): expected finite/); // prettier-ignore
});

describe("issue-03: symmetric up to round-off", () => {
  /** e₀e₀ᵀ and a skew part of half the allowed size, which the symmetric part does not see. */
  function nearlySymmetric(n: number): NdArray {
    const skew = 4 * n * 2 ** -53;
    return view(
      Float64Array.from({ length: n * n }, (_, p) => {
        const [i, j] = [Math.floor(p / n), p % n];
        return i === j ? (i === 0 ? 1 : 0) : i < j ? skew : -skew;
      }),
      [n, n],
    );
  }

  test("expAction, lanczos and spectrumInterval speak of the symmetric part", () => {
    const n = 60;
    const A = nearlySymmetric(n);
    const b = Float64Array.from({ length: n }, (_, i) => 1 + (i % 7));
    const want = b.map((x, i) => (i === 0 ? Math.E * x : x));
    for (const input of [A, csrFromDense(A)]) {
      const { y, certificate } = expActionSync(input, b, { tolerance: 1e-12 });
      const error = Math.sqrt(Array.from(y.data, (x, i) => (x - want[i]!) ** 2).reduce((s, e) => s + e, 0));
      expect(certificate.kind).toBe("deterministic");
      expect(error).toBeLessThanOrEqual((certificate as { bound: number }).bound);
      const found = lanczosSync(input, { count: 2 });
      expect(Math.abs(found.values.data[0]! - 1)).toBeLessThanOrEqual((found.certificate as { bound: number }).bound);
      const { low, high } = spectrumIntervalSync(input);
      expect(low).toBeLessThanOrEqual(0);
      expect(high).toBeGreaterThanOrEqual(1);
    }
  });

  test("a bound of the spectrum that somebody gave is a condition, unless Gershgorin proves it", () => {
    const A = [[2, 1], [1, 2]]; // prettier-ignore
    expect(expActionSync(A, [1, 0]).certificate.kind).toBe("deterministic");
    expect(expActionSync(A, [1, 0], { spectrumUpper: 3.5 }).certificate.kind).toBe("deterministic");
    expect(expActionSync(A, [1, 0], { spectrumUpper: 1 }).certificate).toMatchObject({
      kind: "conditional",
      condition: "no eigenvalue of τA exceeds 1",
    });
  });
});
