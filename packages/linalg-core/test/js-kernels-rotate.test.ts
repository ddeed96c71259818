/** The TypeScript rotations against the plain SIMD binary, byte for byte, and both against rotations applied one by one. */
import { testRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { twoBackends } from "./two-backends.js";

const backends = twoBackends();
const WIDTH = 8;

describe("oracle: applyRotations", () => {
  it("sweeps down and up, in any layout", () => {
    for (let index = 0; index < 60; index++) {
      const random = testRandom(`rotations ${index}`);
      const [rows, chunks] = [2 + random.below(12), 1 + random.below(4)];
      // chunk by chunk, or row by row with something between the rows
      const isPacked = index % 2 === 0;
      const [rowBytes, chunkBytes] = isPacked ? [64, 64 * rows] : [64 * chunks + 16, 64];
      const size = isPacked ? rows * chunks * WIDTH : (rows * rowBytes) / 8;
      const values = Array.from({ length: size }, () => random.normal());
      const table: number[] = [];
      const rotations: number[] = [];
      for (let t = 0; t < random.below(5); t++) {
        const first = random.below(rows);
        const isUp = random.below(2) === 1;
        const count = random.below(1 + (isUp ? first : rows - 1 - first));
        table.push(first, isUp ? -count : count);
        for (let k = 0; k < count; k++) {
          rotations.push(random.normal(), random.normal());
        }
      }
      const scales = Array.from({ length: rows }, () => random.normal());
      const t = backends.start(random.below(4) - 1);
      const x = t.inout(values, "float64");
      const tableAt = t.input(table, "int32");
      const rotationsAt = t.input(rotations, "float64");
      const scalesAt = t.input(scales, "float64");
      const perTile = 1 + random.below(3);
      const args = t.args([chunks, perTile, x, rowBytes, chunkBytes, table.length / 2, tableAt, rotationsAt, rows, scalesAt]);
      t.tiled("applyRotations", args, Math.ceil(chunks / perTile));
      t.check();

      const want = [...values];
      let r = 0;
      for (let s = 0; s < table.length; s += 2) {
        const [first, count] = [table[s]!, table[s + 1]!];
        for (let k = 0; k < Math.abs(count); k++, r += 2) {
          const [p, q] = [first + Math.sign(count) * k, first + Math.sign(count) * (k + 1)];
          for (let j = 0; j < chunks * WIDTH; j++) {
            const at = (row: number): number => (row * rowBytes + Math.floor(j / WIDTH) * chunkBytes) / 8 + (j % WIDTH);
            const [a, b] = [want[at(p)]!, want[at(q)]!];
            want[at(p)] = a + rotations[r]! * b;
            want[at(q)] = b + rotations[r + 1]! * a;
          }
        }
      }
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < chunks * WIDTH; j++) want[(i * rowBytes + Math.floor(j / WIDTH) * chunkBytes) / 8 + (j % WIDTH)]! *= scales[i]!;
      expect(t.read(x, size, "float64")).toEqual(want);
    }
  });
});
