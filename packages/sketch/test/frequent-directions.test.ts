import { backend, configure, csrFromDense, view, type NdArray } from "@subquad/linalg-core";
import { testRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import {
  decodeFrequentDirections,
  frequentDirections,
  type FrequentDirections,
  type FrequentDirectionsValue,
} from "../src/frequent-directions.js";
import { eigenvalues, valuesOf, type Dense } from "./dense.js";
import { codeOf } from "./failures.js";
import { spectra, square, withSingularValues } from "./spectra.js";

const d = 12;
const rowsAt = (A: Dense, from: number, to: number): NdArray => view(A.slice(from * d, to * d), [to - from, d]);

/** Streams of rows. */
const streams: Readonly<Record<string, Dense>> = {
  noise: noise(90, "noise"),
  ...Object.fromEntries(["polynomial", "exponential", "flat"].map((name) => [name, withSingularValues(90, d, spectra[name]!, name).A])),
  zeros: new Float64Array(50 * d),
  "one row again and again": Float64Array.from({ length: 70 * d }, (_, p) => (p % d) - 3),
  "growing tenfold": noise(60, "growing").map((x, p) => x * 10 ** Math.floor(p / d / 6)),
  "axes in turn": Float64Array.from({ length: 96 * d }, (_, p) => (p % d === Math.floor(p / d) % d ? 1 : 0)),
};

function noise(rows: number, seed: string): Dense {
  const { normal } = testRandom(seed);
  return Float64Array.from({ length: rows * d }, () => normal());
}

function boundOf({ certificate }: FrequentDirectionsValue): number {
  if (certificate.kind === "none") throw new Error("a certificate is missing");
  return certificate.bound;
}

/** Eigenvalues of AᵀA − BᵀB, and of AᵀA, descending. */
function difference(A: Dense, B: NdArray): { readonly left: Float64Array; readonly own: Float64Array } {
  const gram = (X: Dense): Dense => {
    const G = new Float64Array(d * d);
    for (let i = 0; i < X.length / d; i++) for (let p = 0; p < d * d; p++) G[p]! += X[i * d + Math.floor(p / d)]! * X[i * d + (p % d)]!;
    return G;
  };
  const [own, sketched] = [gram(A), gram(valuesOf(B))];
  return { left: eigenvalues(own.map((x, p) => x - sketched[p]!)), own: eigenvalues(own) };
}

/** 0 ≤ AᵀA − BᵀB ≤ Δ I within the certificate, Δ ≤ (‖A‖² − ‖B‖²)/l ≤ the tail over l − k, up to the rounding of the test's own sums. */
function expectSandwich(A: Dense, l: number, sketch: FrequentDirections, label: string): void {
  const found = sketch.value();
  const { left, own } = difference(A, found.B);
  const rounding = (A.length / d + 40) * 2 ** -53 * square(A);
  const slack = boundOf(found) - found.shrinkage + rounding;
  expect(found.B.shape[0], label).toBeLessThanOrEqual(l);
  expect(left[d - 1], label).toBeGreaterThanOrEqual(-slack);
  expect(left[0], label).toBeLessThanOrEqual(boundOf(found) + rounding);
  expect(slack, label).toBeLessThanOrEqual(1e-9 * square(A) + 1e-300); // the allowance for rounding is no part of what is said
  expect(found.shrinkage * l, label).toBeLessThanOrEqual(square(A) - square(valuesOf(found.B)) + l * slack);
  for (let k = 0; k < Math.min(l, d); k++) {
    const tail = own.slice(k).reduce((sum, x) => sum + Math.max(0, x), 0);
    expect(found.shrinkage * (l - k), label).toBeLessThanOrEqual(tail + l * slack);
  }
}

describe("oracle", () => {
  it("by hand: two rows kept of three axes", () => {
    const sketch = frequentDirections(3, { sketchRows: 2 });
    sketch.update([[3, 0, 0], [0, 2, 0], [0, 0, 1]]); // prettier-ignore
    const { B, shrinkage, rows } = sketch.value();
    expect([B.shape, shrinkage, rows]).toEqual([[1, 3], 4, 3]);
    expect(Math.abs(Math.abs(B.get(0, 0)) - Math.sqrt(5))).toBeLessThanOrEqual(1e-15);
  });
  it("nothing is lost with as many rows as columns and one", () => {
    const sketch = frequentDirections(d, { sketchRows: d + 1 });
    sketch.update(rowsAt(streams.noise!, 0, 90));
    expect(sketch.value().shrinkage).toBe(0);
    expect(boundOf(sketch.value())).toBeLessThanOrEqual(1e-12 * square(streams.noise!)); // eight shrinkings
  });
});

describe("certificate is honest", () => {
  for (const [name, A] of Object.entries(streams)) {
    it(`0 ≤ AᵀA − BᵀB ≤ Δ I on every prefix: ${name}`, () => {
      for (const l of [1, 3, 7]) {
        const sketch = frequentDirections(d, { sketchRows: l });
        for (let i = 0; i < A.length / d; i++) {
          sketch.update(rowsAt(A, i, i + 1));
          expectSandwich(A.slice(0, (i + 1) * d), l, sketch, `${name}, l = ${l}, ${i + 1} rows`);
        }
      }
    });
  }
  it("and after merges, in any tree", () => {
    for (const [name, A] of Object.entries(streams)) {
      const n = A.length / d;
      for (const l of [2, 5]) {
        const parts = Array.from({ length: 4 }, (_, t) => {
          const sketch = frequentDirections(d, { sketchRows: l });
          sketch.update(rowsAt(A, Math.floor((t * n) / 4), Math.floor(((t + 1) * n) / 4)));
          return sketch;
        });
        const [first, second, third, fourth] = parts as [FrequentDirections, FrequentDirections, FrequentDirections, FrequentDirections];
        const before = third.encode();
        second.merge(third);
        expect(third.encode()).toEqual(before);
        fourth.merge(second);
        fourth.merge(first);
        expectSandwich(A, l, fourth, name);
        expect(fourth.value().rows).toBe(n);
      }
    }
  });
  it("at 1e±150 the sketch is the same but for the scale", () => {
    for (const exponent of [-498, 498]) {
      const scale = 2 ** exponent;
      const base = frequentDirections(d, { sketchRows: 4 });
      const scaled = frequentDirections(d, { sketchRows: 4 });
      base.update(rowsAt(streams.noise!, 0, 90));
      scaled.update(rowsAt(streams.noise!.map((x) => x * scale), 0, 90)); // prettier-ignore
      expect(scaled.value().shrinkage / scale / scale / base.value().shrinkage).toBeCloseTo(1, 12);
      expect(boundOf(scaled.value()) / scale / scale / boundOf(base.value())).toBeCloseTo(1, 6); // 2^−1022 beside 2^−996
    }
    const vanishing = frequentDirections(2, { sketchRows: 1 });
    vanishing.update([[1e-200, 0], [0, 1e-200], [1e-200, 0]]); // prettier-ignore
    expect(vanishing.value().shrinkage).toBe(0);
    expect(boundOf(vanishing.value())).toBeGreaterThan(0);
  });
});

describe("laws", () => {
  it("any split of the stream has the same bits; sparse rows too; for 1 to 4 threads", () => {
    const A = streams.noise!;
    const whole = frequentDirections(d, { sketchRows: 5 });
    whole.update(rowsAt(A, 0, 90));
    const pieces = frequentDirections(d, { sketchRows: 5 });
    for (const [from, to] of [[0, 1], [1, 1], [1, 37], [37, 90]] as const) pieces.update(csrFromDense(rowsAt(A, from, to))); // prettier-ignore
    expect(pieces.encode()).toEqual(whole.encode());
    const before = backend().threads;
    try {
      for (const threads of [1, 2, 3, 4]) {
        configure({ threads });
        const again = frequentDirections(d, { sketchRows: 5 });
        again.update(
          view(
            Float64Array.from({ length: 90 * d }, (_, p) => A[(p % 90) * d + Math.floor(p / 90)]!),
            [90, d],
            [1, 90],
          ),
        );
        expect(again.encode()).toEqual(whole.encode());
      }
    } finally {
      configure({ threads: before });
    }
  });
  it("bytes go round, and the copy goes on as the original", () => {
    const original = frequentDirections(d, { sketchRows: 5 });
    original.update(rowsAt(streams.noise!, 0, 33));
    const copy = decodeFrequentDirections(original.encode());
    expect([copy.width, copy.sketchRows]).toEqual([d, 5]);
    for (const sketch of [original, copy]) sketch.update(rowsAt(streams.noise!, 33, 90));
    expect(copy.encode()).toEqual(original.encode());
    expect(copy.value().certificate).toEqual(original.value().certificate);
  });
  it("value changes nothing", () => {
    const sketch = frequentDirections(d, { sketchRows: 5 });
    sketch.update(rowsAt(streams.noise!, 0, 8));
    const before = sketch.encode();
    const { B } = sketch.value();
    B.data.fill(7);
    expect(sketch.encode()).toEqual(before);
  });
});

describe("errors", () => {
  it("are typed and name the argument, and the state stays as it was", () => {
    expect(codeOf(() => frequentDirections(0))).toBe("ERR_OPTION width");
    expect(codeOf(() => frequentDirections(3, { sketchRows: 0 }))).toBe("ERR_OPTION sketchRows");
    expect(codeOf(() => frequentDirections(3, { rows: 2 } as object))).toBe("ERR_OPTION rows");
    const sketch = frequentDirections(2, { sketchRows: 2 });
    sketch.update([[1, 2], [3, 4], [5, 6], [7, 8]]); // prettier-ignore
    const before = sketch.encode();
    expect(codeOf(() => { sketch.update([[1, 2, 3]]); })).toBe("ERR_SHAPE rows"); // prettier-ignore
    expect(() => { sketch.update([[1, 2], [3, NaN]]); }).toThrow("[1, 1]"); // prettier-ignore
    expect(() => { sketch.update([[1, 2], [1e160, 3]]); }).toThrow("[1, 0]"); // prettier-ignore
    expect(codeOf(() => { sketch.merge(frequentDirections(3, { sketchRows: 2 })); })).toBe("ERR_OPTION other.width"); // prettier-ignore
    expect(codeOf(() => { sketch.merge(frequentDirections(2, { sketchRows: 3 })); })).toBe("ERR_OPTION other.sketchRows"); // prettier-ignore
    expect(codeOf(() => { sketch.merge({} as FrequentDirections); })).toBe("ERR_OPTION other"); // prettier-ignore
    expect(sketch.encode()).toEqual(before);
    expect(codeOf(() => decodeFrequentDirections("x" as unknown as Uint8Array))).toBe("ERR_OPTION bytes");
    for (const bytes of [new Uint8Array(3), new Uint8Array(64), before.slice(0, -1)]) {
      expect(codeOf(() => decodeFrequentDirections(bytes))).toBe("ERR_FORMAT subquad-frequent-directions");
    }
  });
});

describe("degenerate", () => {
  it("no rows, and a sketch merged with itself", () => {
    const sketch = frequentDirections(d);
    expect([sketch.sketchRows, sketch.value().B.shape, boundOf(sketch.value())]).toEqual([d, [0, d], 0]);
    sketch.update(rowsAt(streams.noise!, 0, 9));
    sketch.merge(sketch);
    expect(sketch.value().rows).toBe(18);
    expectSandwich(Float64Array.of(...streams.noise!.slice(0, 9 * d), ...streams.noise!.slice(0, 9 * d)), d, sketch, "twice");
  });
});
