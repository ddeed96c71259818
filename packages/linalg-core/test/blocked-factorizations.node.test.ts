import { gaussianArray } from "@subquad/test-kit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import { cholesky, choleskyAsync } from "../src/dense/cholesky.js";
import { gram, gramAsync } from "../src/dense/gram.js";
import { lu, luAsync } from "../src/dense/lu.js";
import { solve, solveAsync } from "../src/dense/solve.js";
import { closePool, configure, ready } from "../src/runtime/environment.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import type { RunControl } from "../src/runtime/steps.js";
import { expectSameBits, inDtype } from "./numeric-support.js";

const random = (m: number, n: number): NdArray => inDtype(gaussianArray([m, n], { seed: `threads/${m}/${n}` }), "float64");

/** GᵀG + n I. */
function definite(n: number): NdArray {
  const A = gram(random(n, n));
  for (let i = 0; i < n; i++) A.data[i * (n + 1)]! += n;
  return A;
}

describe("laws: threads, aborts", () => {
  const [A, S, B] = [random(330, 330), definite(330), random(330, 300)]; // several panels; more columns than a tile holds
  const cases: readonly (readonly [string, () => readonly NdArray[], (control: RunControl) => Promise<readonly NdArray[]>])[] = [
    ["lu", () => [lu(A).L, lu(A).U], async (control) => luAsync(A, control).then(({ L, U }) => [L, U])],
    ["cholesky", () => [cholesky(S).L], async (control) => [(await choleskyAsync(S, control)).L]],
    ["pivoted", () => [cholesky(S, { pivot: true }).L], async (control) => [(await choleskyAsync(S, { pivot: true, ...control })).L]],
    ["solve", () => [solve(A, B).X], async (control) => [(await solveAsync(A, B, control)).X]],
    ["gram", () => [gram(B)], async (control) => [await gramAsync(B, control)]],
  ];

  beforeAll(async () => {
    configure({ threads: 4 });
    await ready();
  });
  afterAll(async () => {
    configure({ threads: "auto" });
    await closePool();
  });

  test.each(cases)("%s: the bits do not depend on the number of threads", async (_, sync, async) => {
    const want = sync();
    for (const threads of [1, 2, 3, 4]) {
      const got = await async({ threads });
      got.forEach((X, at) => {
        expectSameBits(X, want[at]!);
      });
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test.each(cases)("%s: an abort on the way rejects with its reason and gives the memory back", async (_, sync, async) => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const running = async({ signal: controller.signal, threads: 2, onProgress: () => { controller.abort(reason); } }); // prettier-ignore
    await running.catch((error: unknown) => {
      expect(error).toBe(reason);
    }); // a short one may have ended before
    await expect(async({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(arenaBytesInUse()).toBe(0);
    (await async({ threads: 2 })).forEach((X, at) => {
      expectSameBits(X, sync()[at]!);
    });
  });
});
