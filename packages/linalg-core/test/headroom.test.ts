import { describe, expect, test } from "vitest";
import { NonFiniteError } from "../src/errors.js";
import { fft } from "../src/transform/fft.js";
import { irfft } from "../src/transform/irfft.js";
import { expectError } from "./numeric-support.js";

const lengths = [4, 7, 12, 16, 1000, 1024, 2 ** 15];
const LARGEST = 2 ** 1023;

describe("laws", () => {
  test.each(lengths)("n = %i: the inverse of a constant spectrum is its first entry, though the sum overflows", (n) => {
    const half = Math.floor(n / 2) + 1;
    const x = irfft({ re: new Float64Array(half).fill(LARGEST), im: new Float64Array(half) }, n);
    const { re, im } = fft(new Float64Array(n).fill(LARGEST), new Float64Array(n), { inverse: true });
    // 6 u log2 n in all our tests, of a row whose norm is its first entry
    const allowed = 6 * 2 ** -53 * (Math.log2(n) + 2) * LARGEST;
    for (let j = 0; j < n; j++) {
      const exact = j === 0 ? LARGEST : 0;
      expect(Math.abs(x.data[j]! - exact)).toBeLessThanOrEqual(allowed);
      expect(Math.abs(re.data[j]! - exact)).toBeLessThanOrEqual(allowed);
      expect(Math.abs(im.data[j]!)).toBeLessThanOrEqual(allowed);
    }
  });

  test.each([16, 12])("n = %i: a small row beside a large one keeps its bits", (n) => {
    const half = n / 2 + 1;
    const small = Float64Array.from({ length: half }, (_, k) => (k + 1) * 2 ** -1060);
    const re = new Float64Array(2 * half).fill(LARGEST);
    re.set(small, half);
    const both = irfft({ re: { data: re, shape: [2, half], stride: [half, 1], offset: 0 }, im: { data: new Float64Array(2 * half), shape: [2, half], stride: [half, 1], offset: 0 } }, n); // prettier-ignore
    const alone = irfft({ re: small, im: new Float64Array(half) }, n);
    expect(both.data.slice(n)).toEqual(alone.data);
  });

  test.each([16, 12])("n = %i: along the first axis", (n) => {
    const re = { data: new Float64Array(2 * n).fill(LARGEST), shape: [n, 2], stride: [2, 1], offset: 0 };
    const x = fft(re, null, { axis: 0, inverse: true });
    expect([x.re.get(0, 0), x.re.get(0, 1)].every((value) => Math.abs(value / LARGEST - 1) < 1e-14)).toBe(true); // as above
  });
});

describe("errors", () => {
  test.each(lengths.slice(1))("n = %i: an answer that overflows itself is refused", (n) => {
    // with these signs entry 1 is 1.7e308 times the mean of |cos| + |sin|, which is about 4/π
    const angle = (k: number): number => (2 * Math.PI * k) / n;
    const re = Float64Array.from({ length: n }, (_, k) => (Math.cos(angle(k)) < 0 ? -1.7e308 : 1.7e308));
    const im = Float64Array.from({ length: n }, (_, k) => (Math.sin(angle(k)) > 0 ? -1.7e308 : 1.7e308));
    const half = Math.floor(n / 2) + 1;
    const label = { argument: "result overflows float64" };
    expectError(() => fft(re, im, { inverse: true }), NonFiniteError, label);
    expectError(() => irfft({ re: re.slice(0, half), im: im.slice(0, half) }, n), NonFiniteError, label);
  });
});
