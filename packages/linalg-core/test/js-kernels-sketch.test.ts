/** The TypeScript kernels of random embeddings against the plain SIMD binary, byte for byte, and against the streams themselves. */
import { testRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { rngFor, streamState, type Rng } from "../src/rng.js";
import { twoBackends } from "./two-backends.js";

const backends = twoBackends();
/** The stream of the column at hand. */
let current: Rng | undefined;

describe("oracle: tiles of random numbers", () => {
  for (const [kernel, draw] of [
    ["normalTile", "normal"],
    ["signTile", "sign"],
  ] as const) {
    it(`${kernel}: entry (r, c) of tile (I, J) is draw 64 (c mod 64) + r mod 64 of its stream`, () => {
      for (const [tilesAcross, columns] of [[1, 1], [2, 64], [3, 70], [1, 129]] as const) {
        const down = Math.ceil(columns / 64);
        const name = (I: number, J: number): string => `test/${kernel}/${I}/${J}`;
        const t = backends.start();
        const states = Array.from({ length: tilesAcross * down }, (_, k) => streamState("7", name(k % tilesAcross, Math.floor(k / tilesAcross))));
        const out = t.room(8 * 64 * tilesAcross * columns);
        t.tiled(kernel, t.args([tilesAcross, columns, t.input(states.flat(), "float64"), out]), tilesAcross * down);
        t.check();
        const want = new Float64Array(64 * tilesAcross * columns);
        for (let J = 0; J < down; J++) {
          for (let I = 0; I < tilesAcross; I++) {
            const rng = rngFor("7", name(I, J));
            for (let c = 64 * J; c < Math.min(columns, 64 * J + 64); c++) {
              for (let r = 0; r < 64; r++) want[(c * tilesAcross + I) * 64 + r] = rng[draw]();
            }
          }
        }
        expect(t.read(out, want.length, "float64")).toEqual([...want]);
      }
    }); // prettier-ignore
  }
});

describe("oracle: targets of sparse columns", () => {
  it("pickTile: a shuffle of all rows for each column, or one row of each range, then a word of signs", () => {
    for (let index = 0; index < 80; index++) {
      const random = testRandom(`pick ${index}`);
      const blocked = index % 3 === 0;
      const z = 1 + random.below(9);
      const m = blocked ? z * (1 + random.below(6)) : index % 3 === 1 ? z + random.below(4) : 2 ** 30 + random.below(2 ** 30); // of 2^30 and more half of the words are refused
      const [perStream, count] = [1 + random.below(12), 1 + random.below(40)];
      const skip = random.below(perStream);
      const tiles = Math.ceil((skip + count) / perStream);
      const t = backends.start();
      const states = Array.from({ length: tiles }, (_, k) => streamState("7", `pick/${index}/${k}`));
      const out = t.room(4 * count * z);
      t.tiled("pickTile", t.args([m, z, Number(blocked), perStream, skip, count, t.input(states.flat(), "float64"), out]), tiles);
      t.check();
      const want: number[] = [];
      for (let column = 0; column < tiles * perStream; column++) {
        const rng = column % perStream === 0 ? rngFor("7", `pick/${index}/${column / perStream}`) : current!;
        current = rng;
        const stands = new Map<number, number>();
        const rows = Array.from({ length: z }, (_, k) => {
          if (blocked) return k * (m / z) + rng.below(m / z);
          const place = k + rng.below(m - k);
          const [here, own] = [stands.get(place) ?? place, stands.get(k) ?? k];
          stands.set(place, own);
          return here;
        });
        const signs = rng.uint32();
        if (column >= skip && column < skip + count) rows.forEach((r, k) => want.push((2 * r + ((signs >>> (31 - k)) & 1)) | 0));
      }
      expect(t.read(out, want.length, "int32")).toEqual(want);
    }
  });
});

describe("oracle: nodes of blocks of rows", () => {
  it("scatterTile: signed sums of rows", () => {
    for (let index = 0; index < 60; index++) {
      const random = testRandom(`scatter ${index}`);
      const [blockRows, blocks, d, m] = [1 + random.below(8), 1 + random.below(3), 1 + random.below(21), 1 + random.below(5)];
      const rows = blockRows * (blocks - 1) + 1 + random.below(blockRows);
      const z = 1 + random.below(m);
      const slab = 1 + random.below(d);
      const A = Array.from({ length: rows * d }, () => random.normal());
      const targets = Array.from({ length: rows * z }, () => 2 * random.below(m) + random.below(2));
      const t = backends.start(random.below(4) - 1);
      const [source, columns, nodes] = [t.input(A, "float64"), t.input(targets, "int32"), t.room(8 * blocks * m * d)];
      const args = t.args([blockRows, rows, d, m, slab, source, nodes, columns, z, 0, 0, 0]);
      t.tiled("scatterTile", args, blocks * Math.ceil(d / slab));
      t.check();
      const want = new Float64Array(blocks * m * d);
      for (let i = 0; i < rows; i++) {
        for (let k = 0; k < z; k++) {
          const word = targets[i * z + k]!;
          const at = (Math.floor(i / blockRows) * m + (word >> 1)) * d;
          for (let c = 0; c < d; c++) want[at + c] = want[at + c]! + (word % 2 === 1 ? -1 : 1) * A[i * d + c]!;
        }
      }
      expect(t.read(nodes, want.length, "float64")).toEqual([...want]);
    }
  });

  it("scatterSparse: the same of stored nonzeros, added to what is there", () => {
    for (let index = 0; index < 60; index++) {
      const random = testRandom(`scatter sparse ${index}`);
      const [rows, d, m] = [1 + random.below(9), 1 + random.below(21), 1 + random.below(5)];
      const z = 1 + random.below(m);
      const kept = Array.from({ length: rows }, () => Array.from({ length: d }, (_, c) => c).filter(() => random.below(3) === 0));
      const rowPointers = kept.reduce<number[]>((ends, row) => [...ends, ends[ends.length - 1]! + row.length], [0]);
      const values = kept.flat().map(() => random.normal());
      const targets = Array.from({ length: rows * z }, () => 2 * random.below(m) + random.below(2));
      const before = Array.from({ length: m * d }, () => random.normal());
      const t = backends.start(random.below(4) - 1);
      const node = t.inout(before, "float64");
      const structure = [
        t.input(rowPointers, "int32"),
        t.input(kept.flat(), "int32"),
        t.input(values, "float64"),
        t.input(targets, "int32"),
      ];
      t.direct("scatterSparse", rows, z, d, ...structure, node);
      t.check();
      const want = [...before];
      for (let i = 0; i < rows; i++) {
        for (let k = 0; k < z; k++) {
          const word = targets[i * z + k]!;
          kept[i]!.forEach((c, q) => { want[(word >> 1) * d + c]! += (word % 2 === 1 ? -1 : 1) * values[rowPointers[i]! + q]!; }); // prettier-ignore
        }
      }
      expect(t.read(node, want.length, "float64")).toEqual(want);
    }
  });

  it("hadamardTile: rows of the transform of signed rows, block after block", () => {
    for (let index = 0; index < 60; index++) {
      const random = testRandom(`hadamard ${index}`);
      const [levels, blocks, d] = [random.below(6), 1 + random.below(3), 1 + random.below(19)];
      const B = 2 ** levels;
      const rows = B * (blocks - 1) + 1 + random.below(B);
      const firstBlock = random.below(4);
      const m = 1 + random.below(6);
      const A = Array.from({ length: rows * d }, () => random.below(200) - 100);
      const words = Array.from({ length: Math.ceil(rows / 32) }, () => (random.below(65536) * 65536 + random.below(65536)) | 0);
      const picks = Array.from({ length: m }, () => random.below(8 * B));
      const t = backends.start();
      const slabs = Math.ceil(d / 8);
      const [source, nodes] = [t.input(A, "float64"), t.room(8 * blocks * m * d)];
      const [columns, kept, work] = [t.input(words, "int32"), t.input(picks, "int32"), t.room(64 * B * blocks * slabs)];
      t.tiled("hadamardTile", t.args([B, rows, d, m, 8, source, nodes, columns, 0, kept, firstBlock, work]), blocks * slabs);
      t.check();
      const want = new Float64Array(blocks * m * d);
      for (let i = 0; i < rows; i++) {
        const block = Math.floor(i / B);
        const column = (firstBlock + block) * B + (i % B);
        const sign = (words[i >> 5]! >>> (i & 31)) & 1 ? -1 : 1;
        for (let r = 0; r < m; r++) {
          let ones = 0;
          for (let bits = picks[r]! & column; bits > 0; bits >>= 1) ones += bits & 1;
          for (let c = 0; c < d; c++) want[(block * m + r) * d + c]! += sign * (ones % 2 === 1 ? -1 : 1) * A[i * d + c]!;
        }
      }
      expect(t.read(nodes, want.length, "float64").map((x) => x + 0)).toEqual([...want].map((x) => x + 0)); // integers: exact; −0 is 0
    }
  });

  it("addTile: sums", () => {
    for (const [entries, perTile] of [[1, 2], [9, 4], [64, 64], [67, 16]] as const) {
      const random = testRandom(`add ${entries}`);
      const [a, b] = [0, 1].map(() => Array.from({ length: entries }, () => random.normal())) as [number[], number[]];
      const t = backends.start();
      const [x, y] = [t.inout(a, "float64"), t.input(b, "float64")];
      t.tiled("addTile", t.args([entries, x, y, perTile]), Math.ceil(entries / perTile));
      t.check();
      expect(t.read(x, entries, "float64")).toEqual(a.map((value, i) => value + b[i]!));
    }
  }); // prettier-ignore
});
