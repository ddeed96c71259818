import { testRandom } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import { columnBlock, rowBlock } from "../src/dense/blocks.js";
import { collectRotations, packRotatedRows, unpackRotatedRows } from "../src/dense/rotations.js";
import { runtime } from "../src/runtime/runtime.js";
import { arenaBytesInUse, openScope } from "../src/runtime/scope.js";
import { runAsync, runSync, type Steps } from "../src/runtime/steps.js";

/** A's rows turned by so many random sweeps, in full or in part, one by one in TypeScript or collected. */
function* turned(n: number, m: number, sweeps: number, byColumns: boolean, isCollected: boolean): Steps<Float64Array> {
  const random = testRandom(`turned ${n} ${m} ${sweeps}`);
  const scope = openScope();
  try {
    const A = byColumns ? columnBlock(scope.alloc(8 * n * m), n, m) : rowBlock(scope.alloc(8 * n * m), n, m);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < m; j++) runtime().memory.f64[(A.address + i * A.rowBytes + j * A.columnBytes) / 8] = random.normal();
    const X = yield* packRotatedRows(scope, A);
    const rotations = collectRotations(scope, X);
    const [c, s] = [new Float64Array(n), new Float64Array(n)];
    for (let t = 0; t < sweeps; t++) {
      const first = random.below(n);
      const step = random.below(2) === 1 ? 1 : -1;
      const count = random.below(1 + (step === 1 ? n - 1 - first : first));
      for (let k = 0; k < count; k++) {
        const angle = random.normal();
        [c[k], s[k]] = [Math.cos(angle), Math.sin(angle)];
      }
      yield* rotations.add(first, step, count, c, s);
      if (!isCollected) yield* rotations.flush();
    }
    yield* rotations.flush();
    yield* unpackRotatedRows(X, A);
    const { f64 } = runtime().memory;
    return Float64Array.from({ length: n * m }, (_, p) => f64[(A.address + Math.floor(p / m) * A.rowBytes + (p % m) * A.columnBytes) / 8]!);
  } finally {
    scope.release();
  }
}

describe("laws", () => {
  test("collected or one by one, rows or columns side by side: the same bits", () => {
    for (const [n, m] of [
      [1, 3],
      [2, 1],
      [7, 8],
      [9, 17],
      [40, 33],
    ] as const) {
      const want = runSync(turned(n, m, 30, false, false));
      expect(runSync(turned(n, m, 30, false, true))).toEqual(want);
      // same entries in another order of writing: only the layout differs
      expect(runSync(turned(n, m, 30, true, true))).toEqual(want);
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test("more rotations than a batch holds, 1 to 3 threads: the same bits", async () => {
    const [n, m, sweeps] = [300, 61, 150];
    const want = runSync(turned(n, m, sweeps, false, false));
    expect(runSync(turned(n, m, sweeps, false, true))).toEqual(want);
    for (const threads of [1, 2, 3, 4]) expect(await runAsync(turned(n, m, sweeps, false, true), { threads })).toEqual(want);
    expect(arenaBytesInUse()).toBe(0);
  });
});
