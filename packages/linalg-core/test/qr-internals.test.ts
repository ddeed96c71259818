/** What only the author of the factorization knows: where blocks, panels and tiles end, and what is held when a call is over. */
import { gaussianArray, layouts, matmulOracle, pack, plain, strided, type Strided } from "@subquad/test-kit";
import { afterAll, describe, expect, test } from "vitest";
import type { NdArray } from "../src/array/types.js";
import { transpose, view } from "../src/array/view.js";
import { columnBlock } from "../src/dense/blocks.js";
import { placeColumns, takeColumns } from "../src/dense/place-columns.js";
import { PANEL_WIDTH, qrFactorSteps } from "../src/dense/qr-factor.js";
import { qr, qrAsync, qrSteps, type QrResult } from "../src/dense/qr.js";
import { NonFiniteError } from "../src/errors.js";
import { backend, closePool, configure, releaseMemory } from "../src/runtime/environment.js";
import { factorKernels } from "../src/kernels/factor.js";
import { kernelsOf, runtime } from "../src/runtime/runtime.js";
import { arenaBytesInUse, openScope } from "../src/runtime/scope.js";
import { runSync } from "../src/runtime/steps.js";
import { dtypes, expectError, expectSameBits, expectWithin, inDtype, UNIT } from "./numeric-support.js";

const random = (m: number, n: number, seed = "qr"): NdArray => inDtype(gaussianArray([m, n], { seed: `${seed}/${m}/${n}` }), "float64");

/** The columns of A in the order of the permutation. */
function permuted(A: Strided, permutation: ArrayLike<number> | undefined): Strided {
  const [m, n] = A.shape as [number, number];
  const a = pack(A);
  return plain(Float64Array.from(a, (_, p) => a[p - (p % n) + (permutation?.[p % n] ?? p % n)]!), [m, n]); // prettier-ignore
}

/** R by one reflector after the other, in plain loops. */
function unblocked(A: Strided): Float64Array {
  const [m, n] = A.shape as [number, number];
  const a = pack(A).slice();
  for (let j = 0; j < Math.min(m, n); j++) {
    const v = Array.from({ length: m - j }, (_, i) => a[(i + j) * n + j]!);
    const norm = Math.sqrt(v.reduce((s, x) => s + x * x, 0));
    v[0]! += v[0]! < 0 ? -norm : norm;
    const square = v.reduce((s, x) => s + x * x, 0);
    if (j === m - 1 || square === 0) continue; // a single entry is triangular already
    for (let l = j; l < n; l++) {
      const along = v.reduce((s, x, i) => s + x * a[(i + j) * n + l]!, 0);
      for (let i = 0; i < v.length; i++) a[(i + j) * n + l]! -= ((2 * along) / square) * v[i]!;
    }
  }
  return a.map((x, p) => (p % n < Math.floor(p / n) ? 0 : x));
}

const parts = ({ Q, R, permutation = new Int32Array(0) }: QrResult): NdArray[] => [
  ...(Q === undefined ? [] : [Q]),
  R,
  view(Float64Array.from(permutation), [permutation.length]),
];

afterAll(closePool);

describe("oracle", () => {
  const sizes = [1, PANEL_WIDTH - 1, PANEL_WIDTH, PANEL_WIDTH + 1, 2 * PANEL_WIDTH, 2 * PANEL_WIDTH + 1, 97];

  test.each(sizes)("%i rows: panels end where they end, with and without pivots", (m) => {
    for (const n of sizes) {
      const A = random(m, n);
      for (const pivot of [false, true]) {
        const { Q, R, permutation } = qr(A, { pivot, mode: "full" });
        const AP = permuted(A, permutation);
        // columns of norm near √m, some m reflectors of a few roundings each
        const allowed = 16 * (m + n) * UNIT.float64 * Math.sqrt(m);
        expectWithin(matmulOracle(Q!, R), AP, allowed);
        expectWithin(matmulOracle(Q!, Q!, { transposeA: true }), identity(m), 16 * (m + n) * UNIT.float64);
        // condition numbers of a few thousand at most
        expectWithin(R, plain(unblocked(AP) as Float64Array<ArrayBuffer>, [m, n]), 1e4 * allowed);
      }
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  // more entries than go without blocks: a last panel that is full, short, or followed by columns that are no panel's
  test.each([
    [1100, PANEL_WIDTH - 1],
    [1100, PANEL_WIDTH],
    [1100, PANEL_WIDTH + 1],
    [600, 2 * PANEL_WIDTH],
    [97, 400],
    [190, 190],
  ])("%i × %i, in blocks", (m, n) => {
    const A = random(m, n);
    const { Q, R } = qr(A);
    const allowed = 16 * (m + n) * UNIT.float64 * Math.sqrt(m); // as above
    expectWithin(matmulOracle(Q!, R), A, allowed);
    expectWithin(matmulOracle(Q!, Q!, { transposeA: true }), identity(Math.min(m, n)), 16 * (m + n) * UNIT.float64);
  });

  test("a panel too tall for one call goes column by column, with the bits of the call", () => {
    const [m, n] = [4000, PANEL_WIDTH];
    const A = random(m, n);
    const scope = openScope();
    try {
      const tau = scope.alloc(16 * n);
      const [tiled, whole] = [0, 1].map(() => runSync(placeColumns(scope, A, "f(A)")).block);
      runSync(qrFactorSteps(scope, tiled!, tau));
      kernelsOf(factorKernels).householderPanel(m, n, whole!.address, whole!.columnBytes, tau + 8 * n);
      const { f64 } = runtime().memory;
      expect(f64.slice(tiled!.address / 8, tiled!.address / 8 + m * n)).toEqual(f64.slice(whole!.address / 8, whole!.address / 8 + m * n));
      expect(f64.slice(tau / 8, tau / 8 + n)).toEqual(f64.slice(tau / 8 + n, tau / 8 + 2 * n));
    } finally {
      scope.release();
    }
  });

  test("placing and taking: any layout, any scale, there and back", () => {
    const A = random(7, 5);
    for (const layout of layouts) {
      for (const exponent of [-1060, -1022, -101, -100, 0, 100, 101, 1000]) {
        const moved = Float64Array.from(pack(A), (x) => x * 2 ** (exponent / 2) * 2 ** (exponent / 2));
        const { data, shape, stride, offset } = strided(plain(moved, [7, 5]), layout);
        const scope = openScope();
        const placed = runSync(placeColumns(scope, view(data as Float64Array, shape, stride, offset), "f(A)"));
        expect(placed.block).toEqual(columnBlock(placed.block.address, 7, 5));
        expect(placed.exponent === 0).toBe(Math.abs(exponent) <= 100);
        expectSameBits(runSync(takeColumns(scope, placed.block, placed.exponent, "float64")), plain(moved, [7, 5]));
        scope.release();
      }
    }
  });
});

describe("laws", () => {
  test("applyQ needs no formed Q, no compute memory, and gives the bits of either layout of X", async () => {
    const [A, X] = [random(70, 41), random(70, 5, "X")];
    const { applyQ, applyQTranspose } = qr(A, { mode: "r" });
    const want = applyQ(X);
    await closePool();
    releaseMemory();
    expect(arenaBytesInUse()).toBe(0);
    expectSameBits(applyQ(X), want);
    const columns = view(pack(transpose(X)), [70, 5], [1, 70]);
    expectSameBits(applyQ(columns), want);
    // there and back again: m reflectors of a few roundings each, twice
    expectWithin(applyQTranspose(want), X, 32 * 70 * UNIT.float64 * 10);
    const huge = view(Float64Array.from(X.data, (x) => x * 2 ** 1020), [70, 5]); // prettier-ignore
    expectSameBits(applyQ(huge), view(Float64Array.from(want.data, (x) => x * 2 ** 1020), [70, 5])); // prettier-ignore
  });

  test("float32 is rounded once, from the float64 factors", () => {
    const A = inDtype(random(50, 34), "float32");
    for (const pivot of [false, true]) {
      const [narrow, wide] = [qr(A, { pivot }), qr(inDtype(A, "float64"), { pivot })];
      expectSameBits(narrow.R, inDtype(wide.R, "float32"));
      expectSameBits(narrow.Q!, inDtype(wide.Q!, "float32"));
      const X = inDtype(random(50, 2, "X"), "float32");
      expectSameBits(narrow.applyQ(X), inDtype(wide.applyQ(X), "float32"));
      expect(narrow.applyQ(random(50, 2)).data).toBeInstanceOf(Float64Array);
    }
  });

  test("sync, async, one to four threads, both backends: the same bits where tiles and panels are many", async () => {
    for (const [m, n, pivot] of [
      [200, 130, false],
      [130, 200, false],
      [300, 150, true],
      [4100, 33, false], // a tall panel, in tiles
    ] as const) {
      const A = random(m, n);
      const want = parts(qr(A, { pivot }));
      for (const threads of [1, 2, 3, 4]) {
        const got = parts(await qrAsync(A, { pivot, threads }));
        got.forEach((G, at) => { expectSameBits(G, want[at]!); }); // prettier-ignore
      }
    }
    const compute = (): NdArray[] => [
      ...parts(qr(random(75, 66))),
      ...parts(qr(random(200, 170))),
      ...parts(qr(random(66, 75), { pivot: true, mode: "full" })),
    ];
    try {
      configure({ deterministic: true });
      const want = compute();
      configure({ backend: "js" });
      expect(backend().name).toBe("js");
      compute().forEach((G, at) => { expectSameBits(G, want[at]!); }); // prettier-ignore
    } finally {
      configure({ backend: "auto", deterministic: false });
    }
  });

  test("progress rises to its total, with and without Q; an abort in the middle leaves nothing behind", async () => {
    for (const mode of ["r", "economy"] as const) {
      const seen: number[] = [];
      await qrAsync(random(300, 200), { mode, threads: 1, onProgress: (done, total) => seen.push(done / total) });
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
      expect(seen.at(-1)).toBe(1);
    }
    const steps = qrSteps("qrAsync", random(300, 200), { certify: true });
    for (let i = 0; i < 40; i++) steps.next();
    expect(arenaBytesInUse()).toBeGreaterThan(0);
    steps.return(undefined as never); // what an abort does
    expect(arenaBytesInUse()).toBe(0);
  });
});

describe("errors", () => {
  test("R that overflows its dtype", () => {
    for (const dtype of dtypes) {
      const largest = dtype === "float32" ? 3e38 : 1.7e308;
      const A = inDtype(plain(new Float64Array(12).fill(largest), [4, 3]), dtype);
      expectError(() => qr(A), NonFiniteError, { where: "qr", argument: `result overflows ${dtype}`, index: [0, 0] });
    }
    expect(arenaBytesInUse()).toBe(0);
  });
});

function identity(m: number): Strided {
  return plain(Float64Array.from({ length: m * m }, (_, p) => (p % (m + 1) === 0 ? 1 : 0)), [m, m]); // prettier-ignore
}
