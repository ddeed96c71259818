import {
  backend,
  closePool,
  configure,
  csr,
  csrFromDense,
  identity,
  NonFiniteError,
  ready,
  transpose,
  view,
  type NdArray,
} from "@subquad/linalg-core";
import { gaussianArray, layouts, strided, testRandom } from "@subquad/test-kit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { countSketch, gaussian, rademacher, rowSampling, sparseSign, srht, type SketchDistribution } from "../src/distributions.js";
import { sampleSketch, type SketchOperator } from "../src/operator.js";
import { rngFor } from "../src/rng.js";
import { valuesOf } from "./dense.js";
import { codeOf, codeOfAsync } from "./failures.js";
import { distributions, gap, product } from "./samples.js";

// float64: n products of one rounding each, n below 1500, relative to Σ |s| |a|; float32: one rounding of the result, and that of float64
const TOLERANCE = { float64: 1e-13, float32: 2 ** -23 } as const;
const dtypes = ["float64", "float32"] as const;
/** Rows and columns below, at and across the edges of tiles and blocks. */
const SIZES: readonly [m: number, n: number, d: number][] = [
  [1, 1, 1],
  [4, 1, 3],
  [12, 65, 9],
  [64, 256, 1],
  [100, 1300, 17],
];

function gaussianView(shape: number[], dtype: "float32" | "float64" = "float64", seed = "A"): NdArray {
  const { data } = gaussianArray(shape, { dtype, seed });
  return view(data, shape);
}

/** Three of four entries are zero. */
function sparseView(n: number, d: number): NdArray {
  const random = testRandom("sparse");
  return view(
    Float64Array.from({ length: n * d }, () => (random.below(4) === 0 ? random.normal() : 0)),
    [n, d],
  );
}

function bits(X: NdArray): string {
  const bytes = new Uint8Array(X.dtype === "float32" ? Float32Array.from(valuesOf(X)).buffer : valuesOf(X).buffer);
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193); // FNV-1a
  return `${X.shape.join("x")} ${X.dtype} ${hash}`;
}

describe("oracle", () => {
  for (const [m, n, d] of SIZES) {
    for (const [name, distribution] of distributions(m, n)) {
      it(`${name} ${m} × ${n}, d = ${d}: applyLeft, applyRight, applyTranspose are products with toDense()`, async () => {
        const operator = sampleSketch(distribution, { seed: "products" });
        const S = operator.toDense();
        for (const dtype of dtypes) {
          const A = gaussianView([n, d], dtype);
          const wanted = product(S, A);
          const left = operator.applyLeftSync(A);
          expect([left.shape, left.dtype]).toEqual([[m, d], dtype]);
          expect(gap(left, wanted)).toBeLessThanOrEqual(TOLERANCE[dtype]);
          expect(bits(await operator.applyLeft(A))).toBe(bits(left));

          const B = view(A.data, [d, n], [1, d], 0);
          const right = operator.applyRightSync(B);
          expect([right.shape, right.dtype]).toEqual([[d, m], dtype]);
          expect(bits(transpose(right))).toBe(bits(left));
          expect(bits(await operator.applyRight(B))).toBe(bits(right));

          const Y = gaussianView([m, d], dtype, "Y");
          const back = operator.applyTransposeSync(Y);
          expect([back.shape, back.dtype]).toEqual([[n, d], dtype]);
          expect(gap(back, product(transpose(S), Y))).toBeLessThanOrEqual(TOLERANCE[dtype]);
          expect(bits(await operator.applyTranspose(Y))).toBe(bits(back));
        }
      });
    }
  }

  for (const [name, distribution] of distributions(48, 700)) {
    it(`${name}: CSR matrices, from both sides`, async () => {
      const operator = sampleSketch(distribution, { seed: "csr" });
      const dense = sparseView(700, 13);
      const A = csrFromDense(dense);
      const wanted = product(operator.toDense(), dense);
      const left = operator.applyLeftSync(A);
      expect(gap(left, wanted)).toBeLessThanOrEqual(TOLERANCE.float64);
      expect(bits(await operator.applyLeft(A))).toBe(bits(left));
      const right = operator.applyRightSync(A.transpose());
      expect(gap(transpose(right), wanted)).toBeLessThanOrEqual(TOLERANCE.float64);
      const single = csr(A.shape, A.rowPointers, A.columns, Float32Array.from(A.values));
      expect(operator.applyLeftSync(single).dtype).toBe("float32");
      expect(gap(operator.applyLeftSync(single), wanted)).toBeLessThanOrEqual(2 * TOLERANCE.float32); // and one of the entries of A
    });

    it(`${name}: transposed, stepped, reversed and offset views`, () => {
      const operator = sampleSketch(distribution);
      for (const dtype of dtypes) {
        const A = gaussianArray([700, 5], { dtype });
        const Y = gaussianArray([48, 5], { dtype });
        const [left, back] = [operator.applyLeftSync(A), operator.applyTransposeSync(Y)];
        for (const layout of layouts) {
          expect(bits(operator.applyLeftSync(strided(A, layout)))).toBe(bits(left));
          expect(bits(operator.applyTransposeSync(strided(Y, layout)))).toBe(bits(back));
          expect(bits(transpose(operator.applyRightSync(transpose(strided(A, layout) as NdArray))))).toBe(bits(left));
        }
      }
    });

    it(`${name}: toDense() is S I to the last bit, block() a part of it`, () => {
      const operator = sampleSketch(distribution, { seed: 3 });
      const S = valuesOf(operator.toDense());
      expect([...valuesOf(operator.applyLeftSync(identity(700)))].map((x, p) => Math.abs(x - S[p]!) <= 0).includes(false)).toBe(false);
      for (const [rows, columns] of [
        [
          [0, 48],
          [0, 700],
        ],
        [
          [1, 2],
          [699, 700],
        ],
        [
          [7, 40],
          [63, 331],
        ],
        [
          [47, 48],
          [256, 512],
        ],
        [
          [5, 5],
          [0, 700],
        ],
        [
          [0, 48],
          [700, 700],
        ],
      ] as const) /* prettier-ignore */ {
        const part = operator.block(rows, columns);
        expect(part.shape).toEqual([rows[1] - rows[0], columns[1] - columns[0]]);
        const width = columns[1] - columns[0];
        const wanted = Float64Array.from({ length: (rows[1] - rows[0]) * width }, (_, p) => S[(rows[0] + Math.floor(p / width)) * 700 + columns[0] + (p % width)]!);
        expect(valuesOf(part)).toEqual(wanted);
      }
    });
  }
});

describe("laws", () => {
  beforeAll(async () => {
    configure({ threads: 4 });
    await ready();
  });
  afterAll(async () => {
    configure({ threads: "auto" });
    await closePool();
  });

  for (const [name, distribution] of distributions(96, 3000)) {
    it(`${name}: the bits of one to four threads are those of the calling thread`, async () => {
      const operator = sampleSketch(distribution, { seed: 11 });
      const A = gaussianView([3000, 40]);
      const Y = gaussianView([96, 40]);
      const [left, back] = [bits(operator.applyLeftSync(A)), bits(operator.applyTransposeSync(Y))];
      const right = bits(operator.applyRightSync(transpose(A)));
      for (const threads of [1, 2, 3, 4]) {
        expect(bits(await operator.applyLeft(A, { threads }))).toBe(left);
        expect(bits(await operator.applyRight(transpose(A), { threads }))).toBe(right);
        expect(bits(await operator.applyTranspose(Y, { threads }))).toBe(back);
      }
    });
  }

  it("the JavaScript backend has the bits of WebAssembly without fused multiply-add", () => {
    const A = gaussianView([600, 7]);
    const run = (): string[] =>
      distributions(48, 600).flatMap(([, distribution]) => {
        const operator = sampleSketch(distribution);
        return [operator.applyLeftSync(A), operator.applyTransposeSync(gaussianView([48, 3])), operator.toDense()].map(bits);
      });
    const { deterministic } = backend();
    try {
      configure({ deterministic: true });
      const wanted = run();
      configure({ backend: "js" });
      expect(run()).toEqual(wanted);
    } finally {
      configure({ backend: "auto", deterministic });
    }
  });

  it('7 and "7" are one seed, another is another; the operator carries the seed\'s normal form', () => {
    for (const [, distribution] of distributions(16, 64)) {
      const S = bits(sampleSketch(distribution, { seed: 7 }).toDense());
      expect(bits(sampleSketch(distribution, { seed: "7" }).toDense())).toBe(S);
      expect(bits(sampleSketch(distribution, { seed: 8 }).toDense())).not.toBe(S);
      expect(sampleSketch(distribution, { seed: 7 }).seed).toBe("7");
      expect(sampleSketch(distribution).seed).toBe("0");
    }
  });

  it("nested: more rows of gaussian and rademacher, more columns of all but srht and rowSampling, keep what was there", () => {
    for (const family of [gaussian, rademacher]) {
      const [small, large] = [sampleSketch(family(50, 80)).toDense(), sampleSketch(family(90, 80)).toDense()];
      const [a, b] = [valuesOf(small), valuesOf(large)];
      // √m rounds, 1/√m rounds, the product rounds, twice over
      for (const [p, x] of a.entries()) expect(Math.abs(b[p]! * Math.sqrt(90 / 50) - x)).toBeLessThanOrEqual(8 * 2 ** -53 * Math.abs(x));
    }
    for (const family of [gaussian, rademacher, countSketch, sparseSign]) {
      const wanted = valuesOf(sampleSketch(family(50, 80)).toDense());
      expect(valuesOf(sampleSketch(family(50, 5000)).block([0, 50], [0, 80]))).toEqual(wanted);
    }
  });

  it("columns of sparse families have z nonzeros ±1/√z in distinct rows; blocked, one in each block", () => {
    for (const blocked of [false, true]) {
      const S = valuesOf(sampleSketch(sparseSign(24, 900, { nonzeros: 6, blocked })).toDense());
      for (let i = 0; i < 900; i++) {
        const rows = Array.from({ length: 24 }, (_, r) => r).filter((r) => S[r * 900 + i] !== 0);
        expect(rows.length).toBe(6);
        for (const r of rows) expect(Math.abs(S[r * 900 + i]!)).toBe(1 / Math.sqrt(6));
        if (blocked) expect(rows.map((r) => Math.floor(r / 4))).toEqual([0, 1, 2, 3, 4, 5]);
      }
    }
  });

  it("srht: with m = N, a power of two, S is orthogonal", () => {
    const S = sampleSketch(srht(64, 64)).toDense();
    const { values } = product(S, transpose(S));
    for (const [p, x] of values.entries()) expect(x).toBe(p % 65 === 0 ? 1 : 0); // entries ± 1/8: all sums are exact
  });

  it("rows that are never drawn do not matter; without replacement no row comes twice", () => {
    const p = new Float64Array(40);
    p[3] = 1;
    p[17] = 3;
    const S = valuesOf(sampleSketch(rowSampling(200, p)).toDense());
    for (let t = 0; t < 200; t++) for (let i = 0; i < 40; i++) if (i !== 3 && i !== 17) expect(S[t * 40 + i]).toBe(0);
    const all = valuesOf(sampleSketch(rowSampling(40, new Float64Array(40).fill(2), { replacement: false })).toDense());
    for (let i = 0; i < 40; i++) expect(all.filter((x, q) => q % 40 === i && x !== 0).length).toBe(1);
  });
});

describe("fixtures", () => {
  const first = (distribution: SketchDistribution, rows: number, columns: number): number[] => [
    ...valuesOf(sampleSketch(distribution, { seed: 7 }).block([0, rows], [0, columns])),
  ];

  it("the first 16 entries of every family, pinned: another stream is another major version", () => {
    expect(first(gaussian(4, 8), 2, 8)).toEqual([
      0.5521421566850475, 0.8113065870141031, 0.8319922068235588, -0.12932039252192584, 0.2985035234186696, -0.14201088374655074,
      -0.28700598613422534, 0.742268745083805, 0.4146698621603515, 0.308681435980138, 0.02588271375252552, -0.3233797933156592,
      -0.5391408268328619, 0.06983915595222415, 0.43030689001507577, -0.1315794955632438,
    ]);
    expect(first(rademacher(4, 8), 2, 8).map(Math.sign)).toEqual([-1, -1, -1, 1, -1, -1, 1, -1, -1, 1, -1, -1, -1, 1, 1, 1]);
    expect(first(srht(4, 8), 2, 8).map(Math.sign)).toEqual([-1, 1, 1, -1, -1, 1, -1, -1, -1, -1, -1, -1, -1, -1, 1, -1]);
    expect(first(countSketch(4, 4), 4, 4)).toEqual([0, 0, -1, 0, 0, 0, 0, 1, 1, -1, 0, 0, 0, 0, 0, 0]);
    expect(first(sparseSign(12, 8, { nonzeros: 4 }), 2, 8)).toEqual([0.5, -0.5, 0, -0.5, 0, 0, 0.5, 0, 0, 0, -0.5, 0, -0.5, -0.5, 0, 0.5]);
    const blocked = sparseSign(12, 8, { nonzeros: 4, blocked: true });
    expect(first(blocked, 2, 8)).toEqual([-0.5, 0, 0, 0, 0, 0.5, 0.5, 0, 0, 0.5, -0.5, 0, 0, 0, 0, 0]);
    const x = 0.8164965809277261; // √(1 / (4 · 3/8))
    expect(first(rowSampling(4, [1, 2, 3, 2]), 4, 4)).toEqual([0, 1, 0, 0, 0, 0, x, 0, 0, 0, x, 0, 0, 0, x, 0]);
    const shuffled = rowSampling(4, [1, 1, 1, 1], { replacement: false });
    expect(first(shuffled, 4, 4)).toEqual([0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]);
  });

  it("entries are what the named streams say", () => {
    const normals = rngFor(7, "sketch/gaussian/1/2");
    const S = sampleSketch(gaussian(100, 200), { seed: 7 });
    const tile = valuesOf(S.block([64, 100], [128, 192]));
    for (let c = 0; c < 64; c++) {
      for (let r = 0; r < 64; r++) {
        const wanted = (1 / Math.sqrt(100)) * normals.normal();
        if (r < 36) expect(tile[r * 64 + c]).toBe(wanted);
      }
    }
    const rows = rngFor(7, "sketch/sparseSign/100/1/0");
    const C = valuesOf(sampleSketch(countSketch(100, 20), { seed: 7 }).toDense());
    for (let i = 0; i < 20; i++) {
      const row = rows.below(100);
      expect(C[row * 20 + i]).toBe(rows.uint32() >>> 31 === 1 ? -1 : 1);
    }
    const draws = rngFor(7, "sketch/sampling");
    const P = valuesOf(sampleSketch(rowSampling(30, [1, 1, 2]), { seed: 7 }).toDense());
    for (let t = 0; t < 30; t++) {
      const u = draws.double();
      expect(P[t * 3 + (u < 0.25 ? 0 : u < 0.5 ? 1 : 2)]).toBeGreaterThan(0);
    }
  });
});

describe("errors", () => {
  const operator: SketchOperator = sampleSketch(sparseSign(16, 40));

  it("names the argument", async () => {
    expect(codeOf(() => operator.applyLeftSync(gaussianView([39, 2])))).toBe("ERR_SHAPE A");
    expect(codeOf(() => operator.applyLeftSync([1, 2] as never))).toBe("ERR_SHAPE A");
    expect(codeOf(() => operator.applyRightSync(gaussianView([40, 2])))).toBe("ERR_SHAPE B");
    expect(codeOf(() => operator.applyTransposeSync(gaussianView([15, 2])))).toBe("ERR_SHAPE Y");
    expect(await codeOfAsync(operator.applyLeft(gaussianView([39, 2])))).toBe("ERR_SHAPE A");
    expect(await codeOfAsync(operator.applyLeft(gaussianView([40, 2]), { thread: 1 } as never))).toBe("ERR_OPTION thread");
    expect(codeOf(() => operator.block([0, 17], [0, 1]))).toBe("ERR_OPTION rows[1]");
    expect(codeOf(() => operator.block([3, 2], [0, 1]))).toBe("ERR_OPTION rows");
    expect(codeOf(() => operator.block([0, 1], [0.5, 1]))).toBe("ERR_OPTION columns[0]");
    expect(codeOf(() => operator.block([0, 1], 3 as never))).toBe("ERR_OPTION columns");
    expect(codeOf(() => sampleSketch({} as never))).toBe("ERR_OPTION distribution.family");
    expect(codeOf(() => sampleSketch(gaussian(2, 2), { seeds: 1 } as never))).toBe("ERR_OPTION seeds");
    expect(codeOf(() => sampleSketch(gaussian(2, 2), { seed: NaN }))).toBe("ERR_OPTION seed");
  });

  it("numbers that are not finite are named with their index, in every family", () => {
    for (const [, distribution] of distributions(16, 300)) {
      const S = sampleSketch(distribution);
      const A = gaussianView([300, 4]);
      A.data[4 * 299 + 2] = -Infinity;
      const Y = gaussianView([16, 4]);
      Y.data[5] = NaN;
      const cases: [() => unknown, string, number[]][] = [
        [() => S.applyLeftSync(A), "A", [299, 2]],
        [() => S.applyRightSync(transpose(A)), "B", [2, 299]],
        [() => S.applyTransposeSync(Y), "Y", [1, 1]],
      ];
      for (const [run, argument, index] of cases) {
        try {
          run();
          expect.unreachable();
        } catch (error) {
          expect(error).toBeInstanceOf(NonFiniteError);
          expect(error).toMatchObject({ argument, index });
        }
      }
    }
  });

  it("an aborted product rejects with the reason", async () => {
    const stop = new AbortController();
    stop.abort(new Error("enough"));
    await expect(operator.applyLeft(gaussianView([40, 2]), { signal: stop.signal })).rejects.toThrow("enough");
  });
});

describe("degenerate", () => {
  it("no rows, no columns", () => {
    for (const distribution of [gaussian(3, 0), rademacher(3, 0), countSketch(3, 0), sparseSign(3, 0), srht(1, 0), rowSampling(3, [])]) {
      const { rows: m } = distribution;
      const operator = sampleSketch(distribution);
      const left = operator.applyLeftSync(view(new Float64Array(0), [0, 2]));
      expect([left.shape, [...valuesOf(left)]]).toEqual([[m, 2], Array.from({ length: 2 * m }, () => 0)]);
      expect(operator.applyTransposeSync(gaussianView([m, 2])).shape).toEqual([0, 2]);
      expect(operator.toDense().shape).toEqual([m, 0]);
    }
    for (const [, distribution] of distributions(4, 9)) {
      const operator = sampleSketch(distribution);
      expect(operator.applyLeftSync(view(new Float64Array(0), [9, 0])).shape).toEqual([4, 0]);
      expect(operator.applyRightSync(view(new Float32Array(0), [0, 9])).shape).toEqual([0, 4]);
      expect(operator.applyTransposeSync(view(new Float64Array(0), [4, 0])).shape).toEqual([9, 0]);
    }
  });

  it("a zero matrix gives zeros, and scales 1e±150 only scale", () => {
    for (const [, distribution] of distributions(16, 300)) {
      const operator = sampleSketch(distribution);
      expect(valuesOf(operator.applyLeftSync(view(new Float64Array(900), [300, 3]))).some((x) => x !== 0)).toBe(false);
      const A = gaussianView([300, 3]);
      const wanted = valuesOf(operator.applyLeftSync(A));
      for (const exponent of [-500, 500]) {
        const scaled = view(
          (A.data as Float64Array).map((x) => x * 2 ** exponent),
          [300, 3],
        );
        expect(valuesOf(operator.applyLeftSync(scaled))).toEqual(wanted.map((x) => x * 2 ** exponent));
      }
    }
  });
});
