import { describe, expect, test } from "vitest";
import {
  attentionOracle,
  channelScale,
  fromNested,
  gaussianArray,
  meanAttention,
  plain,
  rowErrors,
  uniformAttention,
} from "../src/index.js";

const Q = gaussianArray([60, 4], { seed: "q", deviation: 0.7 });
const K = gaussianArray([80, 4], { seed: "k", deviation: 0.7 });
const V = gaussianArray([80, 3], { seed: "v" });
const exact = attentionOracle(Q, K, V).output;
const rms = (errors: Float64Array): number => Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length);
const error = (output: typeof exact): number => rms(rowErrors(output, exact, channelScale(V)));

describe("meanAttention", () => {
  test("is the mean of the visible values", () => {
    const values = fromNested([[1], [3], [8]]);
    expect([...meanAttention(values, values, values).data]).toEqual([4, 4, 4]);
    expect([...meanAttention(values, values, values, { causal: true }).data]).toEqual([1, 2, 4]);
    expect([...meanAttention(values, values, values, { causal: { offset: -1 } }).data]).toEqual([0, 1, 2]);
  });

  test("is right when all keys are equal", () => {
    const same = plain(new Float64Array(320).fill(0.3), [80, 4]);
    expect(Math.max(...rowErrors(meanAttention(Q, same, V), attentionOracle(Q, same, V).output))).toBeLessThan(1e-14);
  });
});

describe("uniformAttention", () => {
  test("with all keys it is exact attention", () => {
    expect(Math.max(...rowErrors(uniformAttention(Q, K, V, { keys: 80 }), exact))).toBeLessThan(1e-14); // another order of summation
  });

  test("fewer keys: a seeded estimate", () => {
    const a = uniformAttention(Q, K, V, { keys: 20, seed: 1 });
    expect([...uniformAttention(Q, K, V, { keys: 20, seed: 1 }).data]).toEqual([...a.data]);
    expect([...uniformAttention(Q, K, V, { keys: 20, seed: 2 }).data]).not.toEqual([...a.data]);
    expect(error(a)).toBeGreaterThan(0.01);
    expect(() => uniformAttention(Q, K, V, { keys: 81 })).toThrow("expected an integer in 1..80, got 81");
  });
});
