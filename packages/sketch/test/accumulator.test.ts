import { csr, csrToDense, slice, view, type MatrixInput } from "@subquad/linalg-core";
import { gaussianArray, testRandom } from "@subquad/test-kit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAccumulator, decodeAccumulator, type SketchAccumulator } from "../src/accumulator.js";
import { countSketch, gaussian, rademacher, rowSampling, sparseSign, srht, type SketchDistribution } from "../src/distributions.js";
import { sampleSketch } from "../src/operator.js";
import { valuesOf } from "./dense.js";
import { codeOf } from "./failures.js";

/** Eleven blocks of 256 rows and a part of one. */
const n = 2900;
const d = 3;
const A = gaussianArray([n, d], { seed: "accumulator" });
const weights = Float64Array.from({ length: n }, (_, i) => 1 + (i % 7));

const distributions: Readonly<Record<string, SketchDistribution>> = {
  gaussian: gaussian(20, n),
  rademacher: rademacher(20, n),
  countSketch: countSketch(40, n),
  sparseSign: sparseSign(40, n),
  blocked: sparseSign(40, n, { nonzeros: 4, blocked: true }),
  srht: srht(32, n),
  rowSampling: rowSampling(50, weights),
};

function rowsOf(indices: readonly number[]): MatrixInput {
  return view(Float64Array.from({ length: indices.length * d }, (_, p) => A.data[indices[Math.floor(p / d)]! * d + (p % d)]!), [indices.length, d]); // prettier-ignore
}

function bitsOf(sum: SketchAccumulator): string {
  return words(valuesOf(sum.value()));
}

function words(values: Float64Array): string {
  return new Uint32Array(values.slice().buffer).join();
}

function oneShot(distribution: SketchDistribution): SketchAccumulator {
  const sum = createAccumulator(distribution, d, { seed: 5 });
  sum.update(A, { firstRow: 0 });
  return sum;
}

/** A way to cut the rows up, to add the pieces, and to merge what they were added to. */
const ways = fc.record({
  cuts: fc.array(fc.integer({ min: 0, max: n }), { maxLength: 12 }),
  order: fc.integer({ min: 0, max: 2 ** 30 }),
  holders: fc.integer({ min: 1, max: 5 }),
  kinds: fc.array(fc.constantFrom("range", "indices", "sparse", "encode"), { minLength: 1, maxLength: 5 }),
});

describe("oracle", () => {
  for (const [name, distribution] of Object.entries(distributions)) {
    it(`${name}: all rows in one call have the bits of applyLeft`, () => {
      const sketch = sampleSketch(distribution, { seed: 5 }).applyLeftSync(A);
      const sum = oneShot(distribution);
      expect(bitsOf(sum)).toBe(words(valuesOf(sketch)));
      expect(sum.ranges).toEqual([[0, n]]);
    });

    it(`${name}: rows that are missing count as zeros`, () => {
      const sum = createAccumulator(distribution, d, { seed: 5 });
      sum.update(slice(A, [100, 700]), { firstRow: 100 });
      sum.update(rowsOf([2899, 3, 750]), { indices: Int32Array.of(2899, 3, 750) });
      const dense = valuesOf(sampleSketch(distribution, { seed: 5 }).toDense());
      const found = valuesOf(sum.value());
      const isGiven = (i: number): boolean => (i >= 100 && i < 700) || [2899, 3, 750].includes(i);
      for (let r = 0; r < distribution.rows; r++) {
        for (let c = 0; c < d; c++) {
          let expected = 0, size = 0; // prettier-ignore
          for (let i = 0; i < n; i++) {
            if (!isGiven(i)) continue;
            expected += dense[r * n + i]! * A.data[i * d + c]!;
            size += Math.abs(dense[r * n + i]! * A.data[i * d + c]!);
          }
          expect(Math.abs(found[r * d + c]! - expected)).toBeLessThanOrEqual(2 * n * 2 ** -53 * size + 1e-300); // n terms, in two orders
        }
      }
      expect(sum.ranges).toEqual([[3, 4], [100, 700], [750, 751], [2899, 2900]]); // prettier-ignore
    });
  }
});

describe("laws", () => {
  for (const [name, distribution] of Object.entries(distributions)) {
    it(`${name}: any split, any order, any merges: the bits and the bytes of one call`, () => {
      const whole = oneShot(distribution);
      const bits = bitsOf(whole);
      const bytes = whole.encode().join();
      fc.assert(
        fc.property(ways, ({ cuts, order, holders, kinds }) => {
          const random = testRandom(order);
          const shuffled = <T>(list: readonly T[]): T[] =>
            list.map((item) => ({ item, key: random.uniform() })).sort((x, y) => x.key - y.key).map(({ item }) => item); // prettier-ignore
          const ends = [0, ...[...cuts].sort((x, y) => x - y), n];
          const sums = Array.from({ length: holders }, () => createAccumulator(distribution, d, { seed: "5" }));
          let loose: number[] = [];
          const pieces = ends.slice(1).map((to, k) => ({ from: ends[k]!, to, kind: kinds[k % kinds.length]! }));
          for (const { from, to, kind } of shuffled(pieces)) {
            const at = Math.floor(random.uniform() * holders);
            const places = Array.from({ length: to - from }, (_, i) => from + i);
            if (kind === "indices") loose = loose.concat(places);
            else if (kind === "sparse") sums[at]!.update(sparseRows(from, to), { firstRow: from });
            else sums[at]!.update(slice(A, [from, to]), { firstRow: from });
            if (kind === "encode") sums[at] = decodeAccumulator(sums[at]!.encode());
          }
          loose = shuffled(loose);
          for (let from = 0; from < loose.length; from += 97) {
            const indices = loose.slice(from, from + 97);
            sums[Math.floor(random.uniform() * holders)]!.update(rowsOf(indices), { indices: Int32Array.from(indices) });
          }
          while (sums.length > 1) {
            const [other] = sums.splice(Math.floor(random.uniform() * sums.length), 1);
            sums[Math.floor(random.uniform() * sums.length)]!.merge(other!);
          }
          expect(sums[0]!.ranges).toEqual([[0, n]]);
          expect(bitsOf(sums[0]!)).toBe(bits);
          expect(sums[0]!.encode().join()).toBe(bytes);
        }),
        { seed: 4, numRuns: 20 },
      );
    });
  }

  it("encode and decode: the same rows, value and bytes; the copies are independent", () => {
    const sum = createAccumulator(rowSampling(50, weights), d, { seed: "a seed of Ω" });
    sum.update(slice(A, [200, 600]), { firstRow: 200 });
    const shifted = new Uint8Array([9, 9, 9, ...sum.encode()]).subarray(3);
    const copy = decodeAccumulator(shifted);
    expect([copy.seed, copy.width, copy.ranges]).toEqual([sum.seed, d, sum.ranges]);
    expect(copy.distribution).toEqual(sum.distribution);
    expect(bitsOf(copy)).toBe(bitsOf(sum));
    const before = bitsOf(sum);
    copy.update(rowsOf([0]), { indices: Int32Array.of(0) });
    expect(bitsOf(sum)).toBe(before);
    sum.merge(createAccumulator(rowSampling(50, weights), d, { seed: "a seed of Ω" }));
    expect(bitsOf(sum)).toBe(before);
  });

  it("merge leaves the other as it is", () => {
    const [some, others] = [0, 1].map(() => createAccumulator(sparseSign(40, n), d));
    some!.update(slice(A, [0, 300]), { firstRow: 0 });
    others!.update(slice(A, [300, n]), { firstRow: 300 });
    const before = others!.encode().join();
    some!.merge(others!);
    expect(others!.encode().join()).toBe(before);
    others!.update(slice(A, [0, 300]), { firstRow: 0 });
    expect(bitsOf(others!)).toBe(bitsOf(some!));
  });

  it("rows of float32 are added as they are", () => {
    const single = gaussianArray([n, d], { dtype: "float32" });
    const double = view(Float64Array.from(single.data), [n, d]);
    const [x, y] = [single, double].map((rows) => {
      const sum = createAccumulator(gaussian(20, n), d);
      sum.update(rows, { firstRow: 0 });
      return sum.value();
    });
    expect(x!.data).toBeInstanceOf(Float64Array);
    expect(x!.data).toEqual(y!.data);
  });
});

describe("errors", () => {
  const sum = createAccumulator(sparseSign(40, n), d, { seed: 1 });
  sum.update(slice(A, [100, 500]), { firstRow: 100 });
  const before = sum.encode().join();
  const row = rowsOf([0]);
  const refused: readonly (readonly [string, string, () => unknown])[] = [
    ["rows twice", "ERR_OPTION rows", () => { sum.update(slice(A, [0, 101]), { firstRow: 0 }); }],
    ["an index twice", "ERR_OPTION indices", () => { sum.update(rowsOf([7, 7]), { indices: Int32Array.of(7, 7) }); }],
    ["an index that is there", "ERR_OPTION rows", () => { sum.update(rowsOf([7, 100]), { indices: Int32Array.of(7, 100) }); }],
    ["beyond the capacity", "ERR_OPTION firstRow", () => { sum.update(slice(A, [0, 10]), { firstRow: n - 9 }); }],
    ["an index beyond the capacity", "ERR_OPTION indices", () => { sum.update(row, { indices: Int32Array.of(n) }); }],
    ["a negative index", "ERR_OPTION indices", () => { sum.update(row, { indices: Int32Array.of(-1) }); }],
    ["too few indices", "ERR_OPTION indices", () => { sum.update(row, { indices: new Int32Array(0) }); }],
    ["both places", "ERR_OPTION places", () => { sum.update(row, { firstRow: 0, indices: Int32Array.of(0) }); }],
    ["no place", "ERR_OPTION places", () => { sum.update(row, {} as never); }],
    ["another name", "ERR_OPTION first", () => { sum.update(row, { firstRow: 0, first: 0 } as never); }],
    ["another width", "ERR_SHAPE rows", () => { sum.update([[1, 2]], { firstRow: 0 }); }],
    ["NaN", "ERR_NON_FINITE rows", () => { sum.update([[1, NaN, 2]], { firstRow: 0 }); }],
    ["NaN in a whole block", "ERR_NON_FINITE rows", () => { sum.update(view(new Float64Array(256 * d).fill(NaN, 700, 701), [256, d]), { firstRow: 512 }); }],
    ["itself", "ERR_OPTION rows", () => { sum.merge(sum); }],
    ["another seed", "ERR_OPTION other", () => { sum.merge(createAccumulator(sparseSign(40, n), d, { seed: 2 })); }],
    ["another distribution", "ERR_OPTION other", () => { sum.merge(createAccumulator(sparseSign(40, n + 1), d, { seed: 1 })); }],
    ["another family", "ERR_OPTION other", () => { sum.merge(createAccumulator(gaussian(40, n), d, { seed: 1 })); }],
    ["another width of an accumulator", "ERR_OPTION other", () => { sum.merge(createAccumulator(sparseSign(40, n), 4, { seed: 1 })); }],
    ["something else", "ERR_OPTION other", () => { sum.merge({ ...sum }); }],
  ]; // prettier-ignore
  for (const [name, code, run] of refused) {
    it(`${name}: ${code}, and nothing has changed`, () => {
      expect(codeOf(run)).toBe(code);
      expect(sum.encode().join()).toBe(before);
    });
  }

  it("other probabilities are another distribution", () => {
    const [some, others] = [weights, weights.slice().reverse()].map((p) => createAccumulator(rowSampling(50, p), d));
    expect(codeOf(() => { some!.merge(others!); })).toBe("ERR_OPTION other"); // prettier-ignore
  });

  it("creation: distribution, width, options", () => {
    expect(codeOf(() => createAccumulator({} as never, d))).toBe("ERR_OPTION distribution.family");
    expect(codeOf(() => createAccumulator(gaussian(4, 9), 1.5))).toBe("ERR_OPTION width");
    expect(codeOf(() => createAccumulator(gaussian(4, 9), 1, { mode: "tree" } as never))).toBe("ERR_OPTION mode");
    expect(codeOf(() => decodeAccumulator([1, 2] as never))).toBe("ERR_OPTION bytes");
  });

  it("bytes that are cut short anywhere, and any changed byte: FormatError", () => {
    const small = createAccumulator(rowSampling(3, new Float64Array(300).fill(1)), 1);
    small.update(view(new Float64Array(258).fill(2), [258, 1]), { firstRow: 0 });
    const bytes = small.encode();
    for (let length = 0; length < bytes.length; length++) {
      expect(codeOf(() => decodeAccumulator(bytes.subarray(0, length)))).toBe("ERR_FORMAT subquad-accumulator");
    }
    for (let p = 0; p < bytes.length; p++) {
      const changed = bytes.slice();
      changed[p] = changed[p]! ^ (1 << (p % 8));
      expect(codeOf(() => decodeAccumulator(changed))).toBe("ERR_FORMAT subquad-accumulator");
    }
    expect(codeOf(() => decodeAccumulator(new Uint8Array([...bytes, 0])))).toBe("ERR_FORMAT subquad-accumulator");
  });

  it("bytes with a right checksum that no encode gives: FormatError", () => {
    const some = createAccumulator(gaussian(2, 1000), 1);
    some.update(view(new Float64Array(258).fill(2), [258, 1]), { firstRow: 0 }); // one node, and two rows of block 1
    const bytes = some.encode();
    expect(decodeAccumulator(withChecksum(bytes)).ranges).toEqual([[0, 258]]);
    const length = new DataView(bytes.buffer).getUint32(8, true);
    const nodes = 12 + length;
    const blocks = nodes + 4 + 8 + 16;
    const changes: readonly (readonly [string, number, number])[] = [
      ["another version", 4, 2],
      ["a header that is longer", 8, length + 1],
      ["more nodes", nodes, 2],
      ["a level that is too high", nodes + 4, 2],
      ["a level beyond reason", nodes + 4, 2 ** 32 - 1],
      ["an index beyond the capacity", nodes + 8, 3],
      ["a row of the node again", blocks + 4, 0],
      ["a block without rows", blocks + 8, 0],
      ["a block that is whole", blocks + 8, 256],
      ["places that do not ascend", blocks + 12, 1],
      ["a place beyond the block", blocks + 16, 256],
      ["a row that is not finite", blocks + 24, 0x7ff00000],
    ];
    for (const [, at, word] of changes) {
      const changed = bytes.slice();
      new DataView(changed.buffer).setUint32(at, word, true);
      expect(codeOf(() => decodeAccumulator(withChecksum(changed)))).toBe("ERR_FORMAT subquad-accumulator");
    }
    for (const [from, to] of [
      ["gaussian", "gaussien"],
      ['"rows":2', '"rows":0'],
      ['"seed":"0"', '"seed": 0 '],
      ["width", "widht"],
    ] as const) {
      // prettier-ignore
      const text = new TextDecoder("latin1").decode(bytes).replace(from, to);
      const changed = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
      changed.set(bytes.subarray(nodes), nodes);
      expect(codeOf(() => decodeAccumulator(withChecksum(changed)))).toBe("ERR_FORMAT subquad-accumulator");
    }
  });
});

describe("degenerate", () => {
  it("nothing added: zeros", () => {
    const sum = createAccumulator(gaussian(4, 9), 2);
    expect(valuesOf(sum.value())).toEqual(new Float64Array(8));
    sum.update(view(new Float64Array(0), [0, 2]), { firstRow: 9 });
    expect(sum.ranges).toEqual([]);
    expect(decodeAccumulator(sum.encode()).ranges).toEqual([]);
  });

  for (const [name, distribution] of Object.entries(distributions)) {
    it(`${name}: no columns`, () => {
      const sum = createAccumulator(distribution, 0);
      sum.update(view(new Float64Array(0), [n, 0]), { firstRow: 0 });
      expect([sum.value().shape, sum.ranges]).toEqual([[distribution.rows, 0], [[0, n]]]);
    });
  }

  it("a capacity of no rows", () => {
    const sum = createAccumulator(gaussian(4, 0), 2);
    expect(codeOf(() => { sum.update([[1, 2]], { firstRow: 0 }); })).toBe("ERR_OPTION firstRow"); // prettier-ignore
    expect(decodeAccumulator(sum.encode()).distribution.columns).toBe(0);
  });
});

/** Rows [from, to) of A, each entry stored. */
function sparseRows(from: number, to: number): ReturnType<typeof csr> {
  const count = to - from;
  const columns = Int32Array.from({ length: count * d }, (_, p) => p % d);
  const sparse = csr([count, d], Int32Array.from({ length: count + 1 }, (_, i) => i * d), columns, Float64Array.from(A.data.subarray(from * d, to * d))); // prettier-ignore
  expect(csrToDense(sparse).shape).toEqual([count, d]);
  return sparse;
}

/** The bytes with the CRC-32 of all but the last four in these. */
function withChecksum(bytes: Uint8Array): Uint8Array {
  const result = bytes.slice();
  let rest = -1;
  for (const byte of result.subarray(0, -4)) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (0xedb88320 & -(rest & 1));
  }
  new DataView(result.buffer).setInt32(result.length - 4, ~rest, true);
  return result;
}
