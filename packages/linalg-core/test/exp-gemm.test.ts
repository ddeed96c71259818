import {
  gaussianArray,
  layouts,
  matmulMagnitude,
  matmulOracle,
  pack,
  plain,
  strided,
  type Layout,
  type PlainArray,
  type Strided,
} from "@subquad/test-kit";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import { slice, view } from "../src/array/view.js";
import { expGemm, expGemmSync, type ExpGemmOptions } from "../src/attention/exp-gemm.js";
import { AssumptionError, NonFiniteError, OptionError, ShapeError } from "../src/errors.js";
import { closePool, configure, ready } from "../src/runtime/environment.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import { dtypes, expectError, expectSameBits, expectWithin, inDtype, UNIT } from "./numeric-support.js";

/** Exponents at and below this count as this: 2^-80, 2^-500. */
const FLOOR = { float32: -80 * Math.LN2, float64: -500 * Math.LN2 } as const;
/** Relative error of 2^x in the kernel: polynomial and roundings. */
const EXP2 = { float32: 3e-7, float64: 8 * UNIT.float64 } as const;

interface Kernel {
  readonly A: NdArray;
  readonly B: NdArray;
  readonly scale?: number;
  readonly rowShift?: Float64Array;
  readonly columnShift?: Float64Array;
  readonly clamp?: boolean;
}

interface Naive {
  readonly E: PlainArray;
  /** What rounding may do to each entry. */
  readonly allowed: Float64Array;
}

/** Entry by entry; the exponent is a sum of d products and two shifts: (d + 8) u of the sizes of its parts. */
function naive({ A, B, scale = 1, rowShift, columnShift, clamp = false }: Kernel): Naive {
  const dtype: DType = A.data instanceof Float32Array && B.data instanceof Float32Array ? "float32" : "float64";
  const [m, d] = A.shape as [number, number];
  const n = B.shape[0]!;
  const dots = matmulOracle(A, B, { transposeB: true }).data;
  const sizes = matmulMagnitude(A, B, { transposeB: true }).data;
  const E = new Float64Array(m * n);
  const allowed = new Float64Array(m * n);
  for (let p = 0; p < m * n; p++) {
    const [r, c] = [rowShift?.[Math.floor(p / n)] ?? 0, columnShift?.[p % n] ?? 0];
    const exponent = scale * dots[p]! - r - c;
    E[p] = Math.exp(Math.max(FLOOR[dtype], clamp ? Math.min(0, exponent) : exponent));
    const δ = (d + 8) * UNIT[dtype] * (Math.abs(scale) * sizes[p]! + Math.abs(r) + Math.abs(c)) + EXP2[dtype];
    allowed[p] = E[p]! * Math.expm1(δ);
  }
  return { E: plain(E, [m, n]), allowed };
}

const points = (n: number, d: number, dtype: DType, seed: string, deviation = 1): NdArray =>
  inDtype(gaussianArray([n, d], { seed: `${seed}/${n}/${d}`, deviation }), dtype);

/** |row|² / 2 of each row. */
function halfNorms(A: Strided): Float64Array {
  const [n, d] = A.shape as [number, number];
  const data = pack(A);
  return Float64Array.from({ length: n }, (_, i) => data.subarray(i * d, (i + 1) * d).reduce((sum, x) => sum + x * x, 0) / 2);
}

function inLayout(A: NdArray, layout: Layout): NdArray {
  const { data, shape, stride, offset } = strided(A, layout);
  return view(data as Float64Array, shape, stride, offset);
}

/** E X and its allowance: rounding of a block of 192 in the dtype, of the rest in float64, on top of that of E. */
function product({ E, allowed }: Naive, X: Strided, dtype: DType): { readonly want: PlainArray; readonly allowed: Float64Array } {
  const size = matmulMagnitude(E, X).data;
  const spread = matmulMagnitude(plain(allowed, E.shape), X).data;
  const rounding = 200 * UNIT[dtype] + E.shape[1]! * UNIT.float64;
  return { want: matmulOracle(E, X), allowed: size.map((s, p) => spread[p]! + rounding * s) };
}

const transposed = ({ E, allowed }: Naive): Naive => {
  const [m, n] = E.shape as [number, number];
  const swap = (values: Float64Array): Float64Array<ArrayBuffer> =>
    Float64Array.from(values, (_, p) => values[(p % m) * n + Math.floor(p / m)]!);
  return { E: plain(swap(E.data), [n, m]), allowed: swap(allowed) };
};

const scaled = (X: Strided, weights: Float64Array): PlainArray => {
  const p = X.shape[1]!;
  return plain(
    Float64Array.from(pack(X), (x, at) => x * weights[Math.floor(at / p)]!),
    X.shape,
  );
};

describe("oracle", () => {
  const shapes = [
    [1, 1, 1],
    [5, 7, 3],
    [9, 193, 15],
    [70, 13, 64],
    [33, 200, 80],
  ] as const;

  test.each(dtypes)("%s: E with scale and shifts", (dtype) => {
    for (const [m, n, d] of shapes) {
      const [A, B] = [points(m, d, dtype, "A"), points(n, d, dtype, "B")];
      // shifts that keep exponents below 9, and others that move them about
      const rows = [undefined, halfNorms(A), halfNorms(A).map((h, i) => h + Math.sin(i) * 8)];
      const columns = [undefined, halfNorms(B), halfNorms(B).map((h, j) => h - Math.cos(j) * 8)];
      for (const scale of [1, 1 / Math.sqrt(d), -0.5]) {
        for (const rowShift of d <= 3 ? rows : rows.slice(1)) {
          for (const columnShift of d <= 3 ? columns : columns.slice(1)) {
            const shifts = { ...(rowShift && { rowShift }), ...(columnShift && { columnShift }) };
            const E = expGemmSync(A, B, { scale, ...shifts });
            const { E: want, allowed } = naive({ A, B, scale, ...shifts });
            expect(E.data).toBeInstanceOf(dtype === "float32" ? Float32Array : Float64Array);
            expectWithin(E, want, allowed);
          }
        }
      }
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test.each(dtypes)("%s: the Gaussian kernel, clamped: never above 1, and 1 on the diagonal but for rounding", (dtype) => {
    for (const [m, , d] of shapes) {
      for (const deviation of [0.1, 1, 3]) {
        const A = points(m, d, dtype, "gauss", deviation);
        const half = halfNorms(A);
        const E = expGemmSync(A, A, { rowShift: half, columnShift: half, clamp: true });
        const { E: want, allowed } = naive({ A, B: A, rowShift: half, columnShift: half, clamp: true });
        expectWithin(E, want, allowed);
        for (let i = 0; i < m; i++) expect(E.data[i * (m + 1)]!).toBeLessThanOrEqual(1 + EXP2[dtype]);
      }
    }
  });

  test.each(dtypes)("%s: E X, Eᵀ X, and weights on the rows of X", (dtype) => {
    for (const [m, n, d] of shapes) {
      const [A, B] = [points(m, d, dtype, "A"), points(n, d, dtype, "B")];
      const [rowShift, columnShift] = [halfNorms(A), halfNorms(B)];
      const E = naive({ A, B, rowShift, columnShift });
      for (const p of [1, 2, 5, 6, 7, 32]) {
        const X = points(n, p, dtype, "X");
        const [x, weights] = [points(m, p, dtype, "x"), pack(points(n, 1, "float64", "w"))];
        const cases: readonly [ExpGemmOptions, Naive, Strided][] = [
          [{ times: X }, E, X],
          [{ times: X, weights }, E, scaled(X, weights)],
          [{ times: x, transposed: true }, transposed(E), x],
          [{ times: x, transposed: true, weights: halfNorms(A) }, transposed(E), scaled(x, halfNorms(A))],
        ];
        for (const [options, kernel, right] of cases) {
          const { want, allowed } = product(kernel, right, dtype);
          const got = expGemmSync(A, B, { rowShift, columnShift, ...options });
          expect(got.data).toBeInstanceOf(Float64Array);
          expectWithin(got, want, allowed);
        }
      }
    }
    expect(arenaBytesInUse()).toBe(0);
  });

  test("mixed dtypes are computed in float64", () => {
    const [A, B] = [points(5, 3, "float32", "A"), points(4, 3, "float64", "B")];
    const shifts = { rowShift: halfNorms(A), columnShift: halfNorms(B) };
    expectSameBits(expGemmSync(A, B, shifts), expGemmSync(inDtype(A, "float64"), B, shifts));
  });

  test.each(dtypes)("%s: exponents below the floor count as the floor", (dtype) => {
    const depth = dtype === "float32" ? 500 : 3000;
    const E = expGemmSync(inDtype(plain(Float64Array.of(0), [1, 1]), dtype), inDtype(plain(Float64Array.of(0), [1, 1]), dtype), {
      rowShift: [depth],
    });
    expect(Math.abs(E.data[0]! / Math.exp(FLOOR[dtype]) - 1)).toBeLessThanOrEqual(EXP2[dtype] + 1e-13); // Math.exp of −346 is right to 500 u
  });
});

describe("laws", () => {
  test("a row of E, and of E X, depends on its row of A alone, bit for bit; strides do not matter", () => {
    for (const dtype of dtypes) {
      const [A, B, X] = [points(41, 9, dtype, "A"), points(210, 9, dtype, "B"), points(210, 5, dtype, "X")];
      const [rowShift, columnShift] = [halfNorms(A), halfNorms(B)];
      const E = expGemmSync(A, B, { rowShift, columnShift });
      const Y = expGemmSync(A, B, { rowShift, columnShift, times: X });
      for (const [from, to] of [
        [0, 1],
        [3, 12],
        [33, 41],
      ] as const) {
        const part = { rowShift: rowShift.subarray(from, to), columnShift };
        expectSameBits(expGemmSync(slice(A, [from, to]), B, part), inDtype(slice(E, [from, to]), dtype));
        expectSameBits(expGemmSync(slice(A, [from, to]), B, { ...part, times: X }), inDtype(slice(Y, [from, to]), "float64"));
      }
      for (const layout of layouts) {
        expectSameBits(expGemmSync(inLayout(A, layout), inLayout(B, layout), { rowShift, columnShift, times: inLayout(X, layout) }), Y);
      }
    }
  });

  test("E for (A, B) is the transpose of E for (B, A), within rounding", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(...dtypes),
        (m, n, d, dtype) => {
          const [A, B] = [points(m, d, dtype, "A"), points(n, d, dtype, "B")];
          const shifts = { rowShift: halfNorms(A), columnShift: halfNorms(B) };
          const { allowed } = naive({ A, B, ...shifts });
          const E = pack(expGemmSync(A, B, shifts));
          const F = pack(expGemmSync(B, A, { rowShift: shifts.columnShift, columnShift: shifts.rowShift }));
          for (let p = 0; p < m * n; p++)
            expect(Math.abs(E[p]! - F[(p % n) * m + Math.floor(p / n)]!)).toBeLessThanOrEqual(2 * allowed[p]!);
        },
      ),
      { seed: 6, numRuns: 60 },
    );
  });

  test("the estimate of the largest exponent is the largest |scale| |a| |b| − shifts, neither less nor much more", () => {
    // it shows where it refuses: 1-dimensional points of one sign, whose products are those of the norms
    const entry = fc.double({ min: 0, max: 30, noNaN: true });
    const list = fc.array(entry, { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(list, list, fc.integer({ min: 0, max: 1000 }), (a, b, seed) => {
        const [rowShift, columnShift] = [
          pack(points(a.length, 1, "float64", `r${seed}`, 300)),
          pack(points(b.length, 1, "float64", `c${seed}`, 300)),
        ];
        let largest = -Infinity;
        a.forEach((x, i) => { b.forEach((y, j) => { largest = Math.max(largest, x * y - rowShift[i]! - columnShift[j]!); }); }); // prettier-ignore
        const run = (extra: number): unknown =>
          expGemmSync(a.map((x) => [x]), b.map((y) => [y]), { rowShift: rowShift.map((r) => r + largest - 709 + extra), columnShift }); // prettier-ignore
        expect(() => run(1e-9)).not.toThrow();
        expect(() => run(-1e-9)).toThrow(AssumptionError);
      }),
      { seed: 7, numRuns: 200 },
    );
  });

  test.each(dtypes)("%s: Gaussian shifts are never refused, however long the rows", (dtype) => {
    for (const deviation of [1e-3, 1, 30, 1000]) {
      const [A, B] = [points(50, 8, dtype, "A", deviation), points(60, 8, dtype, "B", deviation)];
      expGemmSync(A, B, { rowShift: halfNorms(A), columnShift: halfNorms(B) });
    }
  });

  describe("threads", () => {
    beforeAll(async () => {
      configure({ threads: 4 });
      await ready();
    });
    afterAll(async () => {
      configure({ threads: "auto" });
      await closePool();
    });

    test.each(dtypes)("%s: one to four threads and the calling thread give the same bits", async (dtype) => {
      const [A, B, X] = [points(700, 16, dtype, "A"), points(400, 16, dtype, "B"), points(400, 9, dtype, "X")];
      const shifts = { rowShift: halfNorms(A), columnShift: halfNorms(B) };
      for (const options of [shifts, { ...shifts, times: X }, { ...shifts, times: A, transposed: true }]) {
        const want = expGemmSync(A, B, options);
        for (const threads of [1, 2, 3, 4]) expectSameBits(await expGemm(A, B, { ...options, threads }), want);
      }
      const reason = new Error("enough");
      await expect(expGemm(A, B, { ...shifts, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(arenaBytesInUse()).toBe(0);
    });
  });
});

describe("errors", () => {
  const [A, B] = [points(4, 3, "float64", "A"), points(5, 3, "float64", "B")];

  test("shapes", async () => {
    expectError(() => expGemmSync([1] as never, B), ShapeError, { where: "expGemmSync", argument: "A" });
    expectError(() => expGemmSync(A, points(5, 2, "float64", "B")), ShapeError, { argument: "B" });
    expectError(() => expGemmSync(A, B, { rowShift: [1] }), ShapeError, { argument: "rowShift" });
    expectError(() => expGemmSync(A, B, { columnShift: [1, 2, 3, 4] }), ShapeError, { argument: "columnShift" });
    expectError(() => expGemmSync(A, B, { times: A }), ShapeError, { argument: "times" });
    expectError(() => expGemmSync(A, B, { times: B, transposed: true }), ShapeError, { argument: "times" });
    expectError(() => expGemmSync(A, B, { times: B, weights: [1] }), ShapeError, { argument: "weights" });
    expectError(() => expGemmSync(view(new Float64Array(2049), [1, 2049]), view(new Float64Array(2049), [1, 2049])), ShapeError, {
      argument: "A",
    });
    await expect(expGemm(A, [[1]])).rejects.toMatchObject({ code: "ERR_SHAPE", where: "expGemm" });
  });

  test.each([
    [{ scale: NaN }, "scale"],
    [{ scale: "1" }, "scale"],
    [{ clamp: 1 }, "clamp"],
    [{ clamp: true, times: [[1], [1], [1], [1], [1]] }, "clamp"],
    [{ transposed: true }, "transposed"],
    [{ weights: [1, 1, 1, 1, 1] }, "weights"],
    [{ threads: 2 }, "threads"],
    [{ shift: 1 }, "shift"],
  ])("%j is an OptionError", (options, argument) => {
    expectError(() => expGemmSync(A, B, options as ExpGemmOptions), OptionError, { argument });
  });

  test("NaN and infinities are named by their index", () => {
    const bad = (X: NdArray, at: number): NdArray => {
      const Y = inDtype(X, "float64");
      Y.data[at] = NaN;
      return Y;
    };
    expectError(() => expGemmSync(bad(A, 4), B), NonFiniteError, { argument: "A", index: [1, 1] });
    expectError(() => expGemmSync(A, bad(B, 14)), NonFiniteError, { argument: "B", index: [4, 2] });
    expectError(() => expGemmSync(A, B, { rowShift: [0, 0, Infinity, 0] }), NonFiniteError, { argument: "rowShift", index: [2] });
    expectError(() => expGemmSync(A, B, { times: bad(B, 3) }), NonFiniteError, { argument: "times", index: [1, 0] });
    expectError(() => expGemmSync(A, B, { times: B, weights: [1, 1, 1, -Infinity, 1] }), NonFiniteError, {
      argument: "weights",
      index: [3],
    });
    expect(arenaBytesInUse()).toBe(0);
  });

  test("exponents that 2^x cannot hold are refused", () => {
    for (const [dtype, allowed] of [
      ["float32", 87],
      ["float64", 709],
    ] as const) {
      const one = inDtype(plain(Float64Array.of(1), [1, 1]), dtype);
      expectError(() => expGemmSync(one, one, { scale: allowed + 1 }), AssumptionError, {
        allowed,
        measured: expect.closeTo(allowed + 1, 6) as number,
      });
      expectError(() => expGemmSync(one, one, { rowShift: [-allowed - 1] }), AssumptionError, { allowed });
      expect(expGemmSync(one, one, { scale: allowed - 1 }).data[0]! / Math.exp(allowed - 1)).toBeCloseTo(1, 4); // 100 u of float32
      expect(expGemmSync(one, one, { scale: allowed + 50, rowShift: [51] }).data[0]! / Math.exp(allowed - 1)).toBeCloseTo(1, 4);
      expect(expGemmSync(one, one, { scale: allowed + 1, clamp: true }).data[0]).toBeCloseTo(1, 6);
    }
  });

  test("operands beyond the dtype's range are refused, never NaN", () => {
    const huge = view(Float32Array.of(1e30), [1, 1]);
    for (const clamp of [true, false]) {
      expectError(() => expGemmSync(huge, huge, { rowShift: [1e60], clamp }), AssumptionError, {});
      expectError(
        () => expGemmSync(view(Float64Array.of(1e200), [1, 1]), view(Float64Array.of(1e200), [1, 1]), { rowShift: [1e300], clamp }),
        AssumptionError,
        {},
      );
    }
  });

  test("a product that overflows is named", () => {
    const zero = view(new Float32Array(200), [200, 1]);
    const X = view(new Float32Array(200).fill(1e30), [200, 1]);
    expectError(() => expGemmSync(zero, zero, { times: X, rowShift: new Float64Array(200).fill(-80) }), NonFiniteError, { index: [0, 0] });
  });
});

describe("degenerate", () => {
  test.each(dtypes)("%s: no rows, no columns, no coordinates", (dtype) => {
    const empty = (rows: number, columns: number): NdArray => inDtype(plain(new Float64Array(rows * columns), [rows, columns]), dtype);
    expect(expGemmSync(empty(0, 3), empty(4, 3)).shape).toEqual([0, 4]);
    expect(expGemmSync(empty(3, 2), empty(0, 2)).shape).toEqual([3, 0]);
    expect([...expGemmSync(empty(2, 0), empty(2, 0)).data]).toEqual([1, 1, 1, 1]);
    expect([...expGemmSync(empty(2, 3), empty(0, 3), { times: empty(0, 2) }).data]).toEqual([0, 0, 0, 0]);
    expect(expGemmSync(empty(2, 3), empty(4, 3), { times: empty(4, 0) }).shape).toEqual([2, 0]);
    expect(expGemmSync(empty(0, 3), empty(4, 3), { times: empty(0, 2), transposed: true }).shape).toEqual([4, 2]);
  });
});
