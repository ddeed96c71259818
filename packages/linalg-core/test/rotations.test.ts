import { testRandom } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import { columnBlock, rowBlock } from "../src/dense/blocks.js";
import { collectRotations, packRotatedRows, unpackRotatedRows } from "../src/dense/rotations.js";
import { factorKernels } from "../src/kernels/factor.js";
import { runtime } from "../src/runtime/runtime.js";
import { arenaBytesInUse, openScope } from "../src/runtime/scope.js";
import { runAsync, runSync, tiles, type Steps } from "../src/runtime/steps.js";

/** Cosines and sines of the sweeps are those of normal angles; now and then exactly 0 and 1, or nearly. */
function* turned(n: number, m: number, sweeps: number, byColumns: boolean, isCollected = true): Steps<Float64Array> {
  const random = testRandom(`turned ${n} ${m} ${sweeps}`);
  const scope = openScope();
  try {
    const A = byColumns ? columnBlock(scope.alloc(8 * n * m), n, m) : rowBlock(scope.alloc(8 * n * m), n, m);
    const plain = Float64Array.from({ length: n * m }, () => random.normal());
    const place = (p: number): number => (A.address + Math.floor(p / m) * A.rowBytes + (p % m) * A.columnBytes) / 8;
    for (let p = 0; p < n * m; p++) runtime().memory.f64[place(p)] = plain[p]!;
    const X = yield* packRotatedRows(scope, A);
    const rotations = collectRotations(scope, X);
    const [c, s] = [new Float64Array(n), new Float64Array(n)];
    for (let t = 0; t < sweeps; t++) {
      const first = random.below(n);
      const step = random.below(2) === 1 ? 1 : -1;
      const count = random.below(1 + (step === 1 ? n - 1 - first : first));
      for (let k = 0; k < count; k++) {
        const angle = random.normal();
        const kind = random.below(8);
        [c[k], s[k]] = kind === 0 ? [0, 1] : kind === 1 ? [-1e-17, -1] : [Math.cos(angle), Math.sin(angle)];
      }
      if (isCollected) yield* rotations.add(first, step, count, c, s);
      else for (let k = 0; k < count; k++) turn(plain, m, first + step * k, first + step * (k + 1), c[k]!, s[k]!);
    }
    yield* rotations.flush();
    if (!isCollected) return plain;
    yield* unpackRotatedRows(X, A);
    return Float64Array.from({ length: n * m }, (_, p) => runtime().memory.f64[place(p)]!);
  } finally {
    scope.release();
  }
}

function turn(x: Float64Array, m: number, p: number, q: number, c: number, s: number): void {
  for (let j = 0; j < m; j++) {
    const [a, b] = [x[p * m + j]!, x[q * m + j]!];
    x[p * m + j] = c * a + s * b;
    x[q * m + j] = c * b - s * a;
  }
}

/** Two sweeps of the kernel, in one call or in two. */
function* pair(n: number, table: readonly [number, number, number, number], isOne: boolean): Steps<Float64Array> {
  const random = testRandom(`pair ${n} ${String(table)}`);
  const scope = openScope();
  try {
    const x = scope.alloc(64 * n);
    const [tableAt, pairs, scales] = [scope.alloc(16), scope.alloc(32 * n), scope.alloc(8 * n)];
    const { f64, i32 } = runtime().memory;
    for (let k = 0; k < 8 * n; k++) f64[x / 8 + k] = random.normal();
    for (let k = 0; k < 4 * n; k++) f64[pairs / 8 + k] = random.normal();
    f64.fill(1, scales / 8, scales / 8 + n);
    i32.set(table, tableAt / 4);
    const words = (sweeps: number, from: number, at: number): number[] => [1, 1, x, 64, 64 * n, sweeps, from, at, n, scales];
    const calls = isOne ? [words(2, tableAt, pairs)] : [words(1, tableAt, pairs), words(1, tableAt + 8, pairs + 16 * Math.abs(table[1]))];
    for (const call of calls) yield* tiles(factorKernels, "applyRotations", scope.args(call), 1, 1);
    return runtime().memory.f64.slice(x / 8, x / 8 + 8 * n);
  } finally {
    scope.release();
  }
}

describe("oracle", () => {
  test("as if each rotation had been applied when it came, cosines of 0 and nearly 0 among them", () => {
    for (const [n, m, sweeps] of [
      [1, 3, 3],
      [2, 1, 200], // many times the same two rows: δ would vanish, were it left alone
      [7, 8, 30],
      [9, 17, 30],
      [40, 33, 100],
    ] as const) {
      const got = runSync(turned(n, m, sweeps, false));
      const want = runSync(turned(n, m, sweeps, false, false));
      // entries of at most 5, in rows that 2 sweeps rotations turn, each off by some 4 u
      for (let p = 0; p < n * m; p++) expect(Math.abs(got[p]! - want[p]!)).toBeLessThanOrEqual(5 * 4 * 2 * sweeps * 2 ** -53);
    }
    expect(arenaBytesInUse()).toBe(0);
  });
});

describe("laws", () => {
  test("rows or columns side by side: the same bits", () => {
    for (const [n, m] of [
      [7, 8],
      [9, 17],
      [40, 33],
    ] as const)
      expect(runSync(turned(n, m, 30, true))).toEqual(runSync(turned(n, m, 30, false)));
    expect(arenaBytesInUse()).toBe(0);
  });

  test("two sweeps one behind the other, or one after the other: the same bits", () => {
    const n = 5;
    for (let first = 0; first < n; first++)
      for (let second = 0; second < n; second++)
        for (let count = -first; count < n - first; count++)
          for (let next = -second; next < n - second; next++) {
            const table = [first, count, second, next] as const;
            expect(runSync(pair(n, table, true))).toEqual(runSync(pair(n, table, false)));
          }
    expect(arenaBytesInUse()).toBe(0);
  });

  test("more rotations than a batch holds, 1 to 3 threads: the same bits", async () => {
    const [n, m, sweeps] = [300, 61, 150];
    const want = runSync(turned(n, m, sweeps, false));
    for (const threads of [1, 2, 3, 4]) expect(await runAsync(turned(n, m, sweeps, false), { threads })).toEqual(want);
    expect(arenaBytesInUse()).toBe(0);
  });
});
