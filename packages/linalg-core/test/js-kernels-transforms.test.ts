/** The TypeScript transforms against the plain SIMD binary, byte for byte. */
import { testRandom, type TestRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { runSync } from "../src/runtime/steps.js";
import { halfCircle, passFactors, twists } from "../src/transform/factors.js";
import { twoBackends, type TestCase } from "./two-backends.js";

const backends = twoBackends(96);
const normals = (random: TestRandom, count: number): number[] => Array.from({ length: count }, () => random.normal());

/** The factors of all passes of 2^m points, and the address they count from. */
function factors(t: TestCase, m: number): number {
  const list = new Float64Array(3 * 2 ** m);
  for (let n = 2 ** m; n > 4; n /= 4) list.set(passFactors(n), 1.5 * n);
  return t.input(list, "float64");
}

describe("oracle: Walsh-Hadamard", () => {
  it.each(["float32", "float64"] as const)("%s: rows of every length, several a tile", (dtype) => {
    const bytes = dtype === "float32" ? 4 : 8;
    const suffix = dtype === "float32" ? "F32" : "F64";
    for (let m = 0; m <= 14; m++) {
      const random = testRandom(`fwht ${m}`);
      const n = 2 ** m;
      const rows = m > 10 ? 2 : 5;
      const t = backends.start((m % 4) - 1);
      const source = t.input(normals(random, n * rows), dtype);
      const [out, seen] = [t.room(n * rows * bytes), t.room(16 * rows)];
      t.tiled(`fwht${suffix}`, t.args([n, rows, 2, source, out, seen], [m % 2 === 0 ? 1 : 0.3]), Math.ceil(rows / 2));
      t.check();
    }
  });

  it.each(["float32", "float64"] as const)("%s: levels across parts", (dtype) => {
    const suffix = dtype === "float32" ? "F32" : "F64";
    for (const count of [2, 4, 8]) {
      const random = testRandom(`across ${count}`);
      const stride = 1024;
      const t = backends.start(1);
      const bytes = 3 * count * stride;
      const source = t.input(normals(random, bytes / (dtype === "float32" ? 4 : 8)), dtype);
      const out = t.room(bytes);
      t.tiled(`fwhtAcross${suffix}`, t.args([count, stride, 256, source, out], [count === 4 ? 0.7 : 1]), 3 * 4);
      t.check();
    }
  });
});

describe("oracle: Fourier", () => {
  it("whole rows: complex, real and reverse, every length", () => {
    for (let m = 3; m <= 13; m++) {
      for (const kind of [0, 1, 2]) {
        const random = testRandom(`fft ${m} ${kind}`);
        const n = 2 ** m;
        const rows = m > 9 ? 1 : 3;
        const t = backends.start(-1);
        const [inward, outward] = [[n, n], [2 * n, n + 1], [n + 1, 2 * n]][kind] as [number, number]; // prettier-ignore
        const [re, im] = [t.input(normals(random, rows * inward), "float64"), t.input(normals(random, rows * inward), "float64")];
        const outRe = t.room(8 * rows * outward);
        const outIm = kind === 2 ? outRe : t.room(8 * rows * outward);
        const half = t.input(runSync(halfCircle(2 * n)), "float64");
        t.tiled("fftRows", t.args([n, rows, 2, kind, re, im, outRe, outIm, factors(t, m), half], [1 / n]), Math.ceil(rows / 2));
        t.check();
      }
    }
  });

  it("long rows in two halves", () => {
    for (const [m1, m2, c] of [
      [3, 4, 4],
      [5, 5, 2],
      [6, 7, 8],
      [2, 3, 4],
    ] as const) {
      for (const real of [0, 1]) {
        const random = testRandom(`long ${m1} ${m2} ${real}`);
        const [N1, N2] = [2 ** m1, 2 ** m2];
        const rows = 2;
        const size = rows * N1 * N2;
        const t = backends.start(-1);
        const [re, im] = [t.input(normals(random, size * 2), "float64"), t.input(normals(random, size), "float64")];
        const [middleRe, middleIm, outRe, outIm] = [t.room(8 * size), t.room(8 * size), t.room(8 * size), t.room(8 * size)];
        const table = t.input(runSync(twists(N1, N2, c)), "float64");
        const f = factors(t, Math.max(m1, m2));
        const g = m1 % 2 === m2 % 2 ? f : factors(t, Math.min(m1, m2)); // passes go down in steps of 4: the other parity has its own
        const [columnFactors, rowFactors] = m1 >= m2 ? [f, g] : [g, f];
        const strips = N2 / c;
        const within = table + 16 * N1 * strips;
        const columns = [N1, N2, c, strips, real, re, im, middleRe, middleIm, columnFactors, table, within];
        t.tiled("fftColumns", t.args(columns), strips * rows);
        if (N1 >= c) t.tiled("fftTransposed", t.args([N1, N2, c, N1 / c, middleRe, middleIm, outRe, outIm, rowFactors]), (N1 / c) * rows);
        t.check();
      }
    }
  });

  it("joining and splitting, in ranges; both parts in turns", () => {
    for (const n of [8, 32, 128]) {
      const random = testRandom(`split ${n}`);
      const t = backends.start(-1);
      const [zr, zi] = [t.input(normals(random, n), "float64"), t.input(normals(random, n), "float64")];
      const [xr, xi, yr, yi, out] = [t.room(8 * n + 8), t.room(8 * n + 8), t.room(8 * n), t.room(8 * n), t.room(16 * n)];
      const half = t.input(runSync(halfCircle(2 * n)), "float64");
      for (const [from, to] of [[0, 2], [2, n / 2]] as const) t.direct("splitReal", n, from, to, zr, zi, xr, xi, half); // prettier-ignore
      for (const [from, to] of [[0, 2], [2, n / 2]] as const) t.direct("mergeReal", n, from, to, xr, xi, yr, yi, half); // prettier-ignore
      t.direct("interleave", n, 0.25, yr, yi, out);
      t.check();
      t.read(yr, n, "float64").forEach((value, k) => {
        // the reverse gives Z back: four roundings each way of numbers below 8
        expect(Math.abs(value - t.read(zr, n, "float64")[k]!)).toBeLessThanOrEqual(8 * 2 ** -50);
      });
    }
  });
});
