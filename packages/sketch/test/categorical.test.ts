import { describe, expect, it } from "vitest";
import { drawIndex, prefixSums } from "../src/categorical.js";

describe("oracle", () => {
  it("index i owns a share d_i of [0, 1), and an index without weight owns none", () => {
    const d = Float64Array.of(0, 1, 0, 2, 5, 0);
    const P = new Float64Array(6);
    expect(prefixSums(d, 0, undefined, P)).toBe(8);
    const drawn = (t: number): number => drawIndex(P, t);
    expect([0, 0.124].map(drawn)).toEqual([1, 1]);
    expect([0.125, 0.374].map(drawn)).toEqual([3, 3]);
    expect([0.375, 0.999, 1 - 2 ** -53].map(drawn)).toEqual([4, 4, 4]);
  });
  it("a target that rounds up to the total stays inside", () => {
    const P = Float64Array.of(2 ** -1074, 2 ** -1074, 2 ** -1074); // (1 − 2⁻⁵³) of the least number rounds to itself
    expect(drawIndex(P, 1 - 2 ** -53)).toBe(0);
  });
  it("the floor and the weights", () => {
    const P = new Float64Array(4);
    expect(prefixSums(Float64Array.of(1, 2, 3, 4), 2, Float64Array.of(9, 9, 0, 0.5), P)).toBe(2);
    expect(Array.from(P)).toEqual([0, 0, 0, 2]);
    expect(prefixSums(new Float64Array(0), 0, undefined, P)).toBe(0);
  });
});
