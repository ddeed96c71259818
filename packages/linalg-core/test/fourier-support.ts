/**
 * What the tests of Fourier transforms share: the definition, errors, the law they keep.
 *
 *   error of a transform of n points ≤ 6 u log2(n) ‖X‖₂
 */
import { rootOfUnity } from "../src/math/sincospi.js";
import type { Spectrum } from "../src/transform/spectrum.js";
import { pack } from "@subquad/test-kit";

export interface Rows {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** The law, in units of rounding; of the shortest rows, one multiplication. */
export function rounds(n: number): number {
  return 6 * Math.log2(Math.max(2, n));
}

/** The transform by its definition; sums compensated, so that its error is that of single products, about u. */
export function fourierOracle(re: Float64Array, im: Float64Array): Rows {
  const n = re.length;
  const roots = Array.from({ length: n }, (_, j) => rootOfUnity(-j, n));
  const sum = (term: (j: number) => number): number => {
    let [total, rest] = [0, 0];
    for (let j = 0; j < n; j++) {
      const value = term(j);
      const next = total + value;
      rest += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
      total = next;
    }
    return total + rest;
  };
  const part = (a: Float64Array, b: Float64Array, sign: number): Float64Array =>
    Float64Array.from(
      { length: n },
      (_, k) => sum((j) => a[j]! * roots[(j * k) % n]!.cos) + sign * sum((j) => b[j]! * roots[(j * k) % n]!.sin),
    );
  return { re: part(re, im, -1), im: part(im, re, 1) };
}

export function normOf(re: Float64Array, im: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < re.length; i++) sum += re[i]! * re[i]! + im[i]! * im[i]!;
  return Math.sqrt(sum);
}

export function relativeError(got: Spectrum, want: Rows): number {
  const [re, im] = [pack(got.re), pack(got.im)];
  return normOf(re.map((value, i) => value - want.re[i]!), im.map((value, i) => value - want.im[i]!)) / normOf(want.re, want.im); // prettier-ignore
}

/** The input of the fixtures of this length. */
export function fixtureInput(n: number): Rows {
  const list = (a: number, b: number, modulus: number, shift: number): Float64Array =>
    Float64Array.from({ length: n }, (_, j) => (((a * j * j + b * j) % modulus) - shift) / 64);
  return { re: list(7, 3, 101, 50), im: list(5, 11, 97, 48) };
}
