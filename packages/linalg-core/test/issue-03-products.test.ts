/**
 * What was found by attacking products, their bounds and transforms.
 */
import { testRandom } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import {
  backwardError,
  csr,
  csrFromDense,
  csrFromTriplets,
  fft,
  irfft,
  irfftAsync,
  matmul,
  packSigns,
  productBound,
  residual,
  selectColumns,
  selectRows,
  ShapeError,
  signProducts,
} from "../src/index.js";
import { absolute, doubleUnit, exactResidual } from "./exact-sums.js";

describe("issue-03: residuals of terms of very different sizes", () => {
  test("what one power of two for all of A took to 0 was lost", () => {
    expect(residual([[0]], [1e300], [1e-300]).get(0)).toBe(1e-300);
    const A = [
      [1e200, 0],
      [0, 1e-200],
    ];
    for (const S of [A, csrFromDense(A)]) expect([...residual(S, [1e-200, 1e200], [5, 5]).data]).toEqual([4, 4]);
    expect(
      residual(
        [
          [1e300, 0],
          [0, 0],
        ],
        [1, 1],
        [1, 1e-300],
      ).get(1),
    ).toBe(1e-300);
  });

  test("any sizes: |R − exact| ≤ u |exact| + γ² (|A||X| + |B|), and one rounding of a subnormal", () => {
    const { normal, uniform } = testRandom("issue-03 sizes");
    const n = 4;
    const any = (reach: number): number => normal() * 2 ** Math.floor(reach * (2 * uniform() - 1));
    let wide = 0;
    for (let trial = 0; trial < 300; trial++) {
      const a = Array.from({ length: n }, () => (uniform() < 0.2 ? 0 : any(1000)));
      const x = Array.from({ length: n }, (_, l) => (uniform() < 0.2 ? 0 : any(20) * (a[l] === 0 ? any(400) : 1 / a[l]!)));
      const b = uniform() < 0.2 ? 0 : any(20);
      const below = Array.from({ length: n }, () => any(100) * 2 ** -200);
      const rows = [a, below];
      const right = [b, 0];
      for (const S of [rows, csrFromDense(rows)]) {
        const R = residual(S, x, right);
        for (const i of [0, 1]) {
          const exact = exactResidual(right[i]!, rows[i]!, x);
          const size = exactResidual(Math.abs(right[i]!), rows[i]!.map(Math.abs), x.map((v) => -Math.abs(v))); // prettier-ignore
          const square = BigInt((n + 1) ** 2 + 1); // γ² in units of u² = 2^-106
          const allowed = (absolute(exact) >> 53n) + ((size * square) >> 106n) + doubleUnit(2 ** -1074);
          expect(absolute(doubleUnit(R.get(i)) - exact) <= allowed).toBe(true);
        }
      }
      if (a.some((v) => Math.abs(v) > 2 ** 500) && a.some((v) => v !== 0 && Math.abs(v) < 2 ** -500)) wide++;
    }
    expect(wide).toBeGreaterThan(50);
  });

  test("the backward error of a matrix of zeros is 1 however large x is; it was 0", () => {
    for (const [x, b] of [
      [1e300, 1e-300],
      [1, 2 ** -1074],
      [1e-300, 1e300],
    ] as const) {
      for (const A of [[[0]], csr([1, 1], [0, 0], [], [])]) {
        expect(backwardError(A, [x], [b])).toBeGreaterThanOrEqual(1);
        expect(backwardError(A, [x], [b])).toBeLessThan(1 + 1e-12); // its own roundings
      }
    }
  });
});

describe("issue-03: bounds of products of the very small and the very large", () => {
  test("the bound vanished on the way, the error did not", () => {
    let errors = 0;
    for (const exponent of [-1030, -1000, 1000]) {
      const a = Array.from({ length: 7 }, (_, l) => 2 ** exponent / (l + 3));
      const b = Array.from({ length: 7 }, (_, l) => (2 ** Math.min(1010, -exponent) * (l + 1)) / 7);
      const [A, B] = [[a], b.map((value) => [value])];
      const computed = matmul(A, B).get(0, 0);
      const error = absolute(exactResidual(computed, a, b));
      if (error > 0n) errors++;
      expect(error <= doubleUnit(productBound(A, B))).toBe(true);
    }
    expect(errors).toBeGreaterThan(1);
  });

  test("norms that are subnormal are rounded: theirs counts too", () => {
    const A = [new Array<number>(20).fill(2 ** -1074)]; // the norm √20 = 4.47 is rounded to 4
    const B = Array.from({ length: 20 }, () => [1e300]);
    expect(productBound(A, B)).toBeGreaterThan(20 * 2 ** -1074 * 1e300 * (22 * 2 ** -53)); // γ_22 ‖a‖ ‖b‖
  });
});

describe("issue-03: transforms of very large numbers", () => {
  test("of lengths that are no powers of two: sums on the way overflowed where the result did not", () => {
    for (const [n, size] of [
      [9, 1e308],
      [100, 1e307],
      [1000, 1e306],
      [4097, 1e308],
    ] as const) {
      const x = new Float64Array(n);
      x[1] = size;
      x[n - 1] = -size / 8;
      const small = fft(
        x.map((value) => value * 2 ** -200), // a power of two: the same bits, scaled
        null,
      );
      const large = fft(x, null);
      for (const part of ["re", "im"] as const) expect([...large[part].data]).toEqual(Array.from(small[part].data, (v) => v * 2 ** 200));
    }
    const [low, high] = [
      [1e-290, -2e-290, 3e-290],
      [1e300, 0, 0],
    ].map((row) => [...row, ...row, ...row]);
    expect([...fft([low!, high!], null).re.data.slice(0, 9)]).toEqual([...fft(low!, null).re.data]); // a row by itself
  });
});

describe("issue-03: values that are none", () => {
  test("irfft of null: a bare TypeError", async () => {
    for (const spectrum of [null, undefined, "x", 3]) {
      expect(() => irfft(spectrum as never, 3)).toThrow(ShapeError);
      await expect(irfftAsync(spectrum as never, 3)).rejects.toThrow(ShapeError);
    }
  });

  test("lists longer than any array: a bare RangeError", () => {
    const list = { length: 1e15 };
    const S = csr([1, 1], [0, 1], [0], [1]);
    expect(() => csr([1, 1], list, [0], [1])).toThrow(ShapeError);
    expect(() => csr([1, 1], [0, 1], list, [1])).toThrow(ShapeError);
    expect(() => csr([1, 1], [0, 1], [0], list)).toThrow(ShapeError);
    expect(() => csrFromTriplets([1, 1], list, list, list)).toThrow(ShapeError);
    expect(() => selectRows(S, list)).toThrow(ShapeError);
    expect(() => selectColumns(S, { length: -1 })).toThrow(ShapeError);
  });

  test("bits in an object that calls itself an array: a wrong product", () => {
    const P = packSigns([[-1]]);
    const bits = { [Symbol.toStringTag]: "Uint32Array", length: 2, 0: 0, 1: 0 };
    expect(() => signProducts({ ...P, bits: bits as never }, P)).toThrow(ShapeError);
  });
});
