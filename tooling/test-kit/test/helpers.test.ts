import { describe, expect, test } from "vitest";
import {
  channelScale,
  checkCertificate,
  fromNested,
  gaussianArray,
  layouts,
  maxUlpDistance,
  pack,
  plain,
  rowErrors,
  shareAbove,
  strided,
  testRandom,
  ulpDistance,
} from "../src/index.js";

describe("strided", () => {
  test("every layout holds the same values, in other places", () => {
    for (const shape of [[], [5], [3, 4], [2, 3, 4], [1, 1], [0, 3], [3, 0]]) {
      for (const dtype of ["float32", "float64"] as const) {
        const A = gaussianArray(shape, { seed: "layouts", dtype });
        for (const layout of layouts) {
          const view = strided(A, layout);
          expect([layout, view.shape, [...pack(view)]]).toEqual([layout, shape, [...A.data]]);
          expect(view.data.constructor).toBe(A.data.constructor);
        }
      }
    }
    const A = gaussianArray([3, 4]);
    expect(layouts.map((layout) => [strided(A, layout).stride, strided(A, layout).offset])).toEqual([
      [[4, 1], 0],
      [[1, 3], 0],
      [[6, 1], 7],
      [[24, 2], 0],
      [[-4, -1], 11],
    ]);
  });

  test("broadcast collapses equal entries to stride 0", () => {
    const A = fromNested([[1, 2, 3], [1, 2, 3]]); // prettier-ignore
    const view = strided(A, "broadcast");
    expect([view.stride, view.data.length, [...pack(view)]]).toEqual([[0, 1], 3, [1, 2, 3, 1, 2, 3]]);
    expect(() => strided(fromNested([[1, 2], [3, 4]]), "broadcast")).toThrow("axis of equal entries"); // prettier-ignore
    expect(strided(plain(new Uint8Array(6).fill(1), [2, 3]), "broadcast").stride).toEqual([0, 0]);
  });
});

describe("testRandom", () => {
  test("same seed, same numbers; moments of the normal", () => {
    const [a, b, c] = [testRandom("a"), testRandom("a"), testRandom(7)];
    expect([a.uniform(), a.below(9)]).toEqual([b.uniform(), b.below(9)]);
    expect(a.uniform()).not.toBe(c.uniform());
    const x = gaussianArray([20000], { seed: "moments", mean: 1, deviation: 2 }).data;
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
    expect(Math.abs(mean - 1)).toBeLessThan(4 * (2 / Math.sqrt(20000))); // 4 standard errors
    const variance = x.reduce((sum, value) => sum + (value - 1) ** 2, 0) / x.length;
    expect(Math.abs(variance - 4)).toBeLessThan(4 * 4 * Math.sqrt(2 / 20000)); // the same of the variance
  });
});

describe("ulpDistance", () => {
  test("counts representable numbers, across zero and binades", () => {
    expect(ulpDistance(1, 1 + 2 ** -52)).toBe(1);
    expect(ulpDistance(1, 1 - 2 ** -53)).toBe(1);
    expect(ulpDistance(2 ** -1074, -(2 ** -1074))).toBe(2);
    expect(ulpDistance(0, -0)).toBe(0);
    expect(ulpDistance(1, 1 + 2 ** -23, "float32")).toBe(1);
    expect(ulpDistance(1, 1 + 2 ** -30, "float32")).toBe(0);
    expect(ulpDistance(Number.MAX_VALUE, Infinity)).toBe(1);
    expect([ulpDistance(NaN, NaN), ulpDistance(NaN, 1)]).toEqual([0, Infinity]);
    expect(maxUlpDistance(fromNested([1, 2, 3]), fromNested([1, 2 + 2 ** -51, 3]))).toBe(1);
  });
});

describe("certificate verifiers", () => {
  test("row errors in the spread of V", () => {
    const V = fromNested([
      [0, 5, 1],
      [2, 5, 5],
    ]); // spreads 1, 0, 2; ranges 2, 0, 4  prettier-ignore
    expect([...channelScale(V)]).toEqual([1, 0, 2]);
    expect([...channelScale(V, "range")]).toEqual([2, 0, 4]);
    const reference = fromNested([[1, 5, 3], [1, 5, 3], [1, 5, 3]]); // prettier-ignore
    const output = fromNested([[1.5, 5, 4], [1, 5 + 1e-9, 3], [NaN, 5, 3]]); // prettier-ignore
    expect([...rowErrors(output, reference, channelScale(V))]).toEqual([0.5, Infinity, Infinity]);
    expect(rowErrors(output, reference)[0]).toBe(1);
    const heads = plain(Float64Array.of(1, 1, 1, 1), [2, 1, 2]);
    const shifted = plain(Float64Array.of(2, 1, 1, 3), [2, 1, 2]);
    expect([...rowErrors(shifted, heads, Float64Array.of(1, 1, 1, 4))]).toEqual([1, 0.5]);
    expect(() => rowErrors(V, reference)).toThrow("expected shape [3, 3], got [2, 3]");
  });

  test("a bound that one row exceeds holds only statistically", () => {
    const errors = Float64Array.from({ length: 100 }, (_, i) => (i === 40 ? 1 : 0.1));
    expect(shareAbove(errors, 0.5)).toBe(0.01);
    expect(checkCertificate({ kind: "deterministic", bound: 0.5 }, errors)).toMatchObject({ holds: false, above: 1, allowed: 0, worst: 1 });
    expect(checkCertificate({ kind: "statistical", bound: 0.5, fraction: 0.02 }, errors)).toMatchObject({
      holds: true,
      allowed: 2,
      slack: 5,
    });
    expect(checkCertificate({ kind: "statistical", bound: 0.05, fraction: 0.02 }, errors)).toMatchObject({ holds: false, above: 100 });
    expect(checkCertificate({ kind: "exact", bound: 1 }, errors).holds).toBe(true);
    expect(checkCertificate({ kind: "none" }, errors).holds).toBe(false);
    expect(checkCertificate({ kind: "exact", bound: NaN }, errors).holds).toBe(false);
    expect(checkCertificate({ kind: "exact", bound: 0 }, new Float64Array(0)).holds).toBe(true);
  });
});
