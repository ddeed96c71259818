/** The TypeScript passes over rows against the plain SIMD binary, byte for byte, and both against their definition. */
import { testRandom, type TestRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { twoBackends } from "./two-backends.js";

const backends = twoBackends();

/** Rows of `columns` normal numbers at some scale and, up to `ld`, other numbers. */
function rowsOf(random: TestRandom, rows: number, ld: number): number[] {
  const scale = [1e-300, 1, 1e300][random.below(3)]!;
  return Array.from({ length: rows * ld }, () => scale * random.normal());
}

const sizeOf = (random: TestRandom, most: number): number => random.below(most + 1);

describe("oracle: sizes and sums of rows", () => {
  it("largest entry, sums of columns and rows, maxima of columns, copies", () => {
    for (let index = 0; index < 150; index++) {
      const random = testRandom(`passes ${index}`);
      const [rows, columns] = [sizeOf(random, 9), sizeOf(random, 21)];
      const ld = columns + random.below(3);
      const values = rowsOf(random, rows, ld);
      const entry = (i: number, j: number): number => Math.abs(values[i * ld + j]!);
      const t = backends.start(index % 5 === 0 ? 0 : -1);
      const A = t.input(index % 5 === 0 ? values.slice(0, Math.max(0, (rows - 1) * ld + columns)) : values, "float64");
      let [largest, rowSum] = [0, 0];
      for (let i = 0; i < rows; i++) {
        let sum = 0;
        for (let j = 0; j < columns; j++) {
          largest = Math.max(largest, entry(i, j));
          sum += entry(i, j);
        }
        rowSum = Math.max(rowSum, sum);
      }
      expect(t.direct("largestEntry", rows, columns, A, 8 * ld)).toBe(largest);
      // another order of at most 21 sums
      expect(Math.abs(t.direct("largestRowSum", rows, columns, A, 8 * ld) - rowSum)).toBeLessThanOrEqual(40 * 2 ** -53 * rowSum);
      const starts = rowsOf(random, 1, columns).map(Math.abs);
      const [sums, most] = [t.inout(starts, "float64"), t.inout(starts, "float64")];
      t.direct("columnSums", rows, columns, A, 8 * ld, sums);
      t.direct("columnMaxima", rows, columns, A, 8 * ld, most);
      const copy = t.room(8 * rows * columns);
      t.direct("copyRows", rows, 8 * columns, A, 8 * ld, copy, 8 * columns);
      t.check();
      const [gotSums, gotMost] = [t.read(sums, columns, "float64"), t.read(most, columns, "float64")];
      for (let j = 0; j < columns; j++) {
        let [sum, top] = [starts[j]!, starts[j]!];
        for (let i = 0; i < rows; i++) {
          sum += entry(i, j);
          top = Math.max(top, entry(i, j));
        }
        expect(gotSums[j]).toBe(sum);
        expect(gotMost[j]).toBe(top);
      }
      expect(t.read(copy, rows * columns, "float64")).toEqual(values.filter((_, p) => p % ld < columns));
    }
  });

  it("one entry that is not finite shows, wherever it stands, and nothing beside the columns does", () => {
    for (let place = 0; place < 28; place++) {
      for (const bad of [NaN, Infinity, -Infinity]) {
        const values = new Array<number>(28).fill(1);
        values[place] = bad;
        const t = backends.start();
        const A = t.input(values, "float64");
        const largest = t.direct("largestEntry", 4, 5, A, 56);
        expect(largest).toBe(place % 7 < 5 ? NaN : 1);
        const most = t.inout(new Array<number>(5).fill(0), "float64");
        t.direct("columnMaxima", 4, 5, A, 56, most);
        expect(t.read(most, 5, "float64").every((x) => x === 1)).toBe(place % 7 >= 5);
        if (place % 7 >= 5) t.check(); // engines differ in the bits of a NaN
      }
    }
  });

  it("asymmetry, in slices as in one", () => {
    for (let index = 0; index < 40; index++) {
      const random = testRandom(`asymmetry ${index}`);
      const n = sizeOf(random, 70);
      const ld = n + random.below(3);
      const values = rowsOf(random, n, ld);
      const t = backends.start();
      const A = t.input(values, "float64");
      const middle = sizeOf(random, n);
      const got = Math.max(t.direct("asymmetry", 0, middle, A, 8 * ld), t.direct("asymmetry", middle, n, A, 8 * ld));
      t.check();
      let most = 0;
      for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) most = Math.max(most, Math.abs(values[i * ld + j]! - values[j * ld + i]!));
      expect(got).toBe(most);
    }
  });
});

describe("oracle: triangles out of a block", () => {
  it("L, U times two factors, a lower triangle", () => {
    for (let index = 0; index < 80; index++) {
      const random = testRandom(`split ${index}`);
      const n = sizeOf(random, 18);
      const ld = n + random.below(3);
      const values = rowsOf(random, n, ld);
      const [from, to] = [0, n].map(() => sizeOf(random, n)).sort((a, b) => a - b) as [number, number];
      const [f, g] = index % 2 === 0 ? [1, 1] : [2 ** 300, 2 ** 301];
      for (const dtype of ["float32", "float64"] as const) {
        const t = backends.start();
        const packed = t.input(values, "float64");
        const count = (to - from) * n;
        const bytes = dtype === "float32" ? 4 : 8;
        const [L, U, lower] = [t.room(bytes * count), t.room(bytes * count), t.room(8 * count)];
        const largest = t.direct(dtype === "float32" ? "splitRowsF32" : "splitRowsF64", n, from, to, packed, 8 * ld, f, g, L, U);
        t.direct("lowerRows", n, from, to, packed, 8 * ld, lower);
        t.check();
        const [gotL, gotU, gotLower] = [t.read(L, count, dtype), t.read(U, count, dtype), t.read(lower, count, "float64")];
        const rounded = dtype === "float32" ? Math.fround : (x: number): number => x;
        let top = 0;
        for (let p = 0; p < count; p++) {
          const [i, j] = [from + Math.floor(p / n), p % n];
          const x = values[i * ld + j]!;
          expect(gotL[p]).toBe(j < i ? rounded(x) : j === i ? 1 : 0);
          expect(gotU[p]).toBe(j < i ? 0 : rounded(x * f * g));
          expect(gotLower[p]).toBe(j <= i ? x : 0);
          if (j >= i) top = Math.max(top, Math.abs(x));
        }
        expect(largest).toBe(gotU.every(Number.isFinite) ? top : NaN);
      }
    }
  });
});

describe("oracle: one column beside a triangle", () => {
  it("T x = b and Tᵀ x = b, in slices as in one", () => {
    for (let index = 0; index < 200; index++) {
      const random = testRandom(`vector ${index}`);
      const n = 1 + sizeOf(random, 40);
      const ld = n + random.below(3);
      const [lower, unit, transposed] = [index & 1, (index >> 1) & 1, (index >> 2) & 1];
      const values = Array.from({ length: n * ld }, (_, p) => (p % ld === Math.floor(p / ld) ? 3 + random.uniform() : random.normal() / n));
      const b = Array.from({ length: n }, () => random.normal());
      const t = backends.start(index % 3 === 0 ? 0 : -1);
      const T = t.input(values, "float64");
      const x = t.inout(b, "float64");
      const middle = sizeOf(random, n);
      t.direct("solveVector", n, T, 8 * ld, lower, unit, transposed, x, 0, middle);
      t.direct("solveVector", n, T, 8 * ld, lower, unit, transposed, x, middle, n);
      t.check();
      const got = t.read(x, n, "float64");
      for (let i = 0; i < n; i++) {
        let [sum, size] = [0, Math.abs(b[i]!)];
        for (let k = 0; k < n; k++) {
          const [row, column] = transposed === 1 ? [k, i] : [i, k];
          if (row !== column && column < row !== (lower === 1)) continue;
          const entry = row === column && unit === 1 ? 1 : values[row * ld + column]!;
          sum += entry * got[k]!;
          size += Math.abs(entry * got[k]!);
        }
        // substitution: each row's residual is n + 2 roundings of the sizes of its terms
        expect(Math.abs(sum - b[i]!)).toBeLessThanOrEqual(2 * (n + 2) * 2 ** -53 * size);
      }
    }
  });
});
