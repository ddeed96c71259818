/**
 * What was found by attacking the readers and writers.
 */
import { csr, FormatError, OptionError, view } from "@subquad/linalg-core";
import { describe, expect, test } from "vitest";
import {
  openNpy,
  openSafetensors,
  parseNpy,
  readMatrixMarket,
  readNpy,
  readNpz,
  writeMatrixMarket,
  writeNpy,
  writeNpz,
  writeSafetensors,
} from "../src/index.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("issue-03: files made to exhaust", () => {
  test("a long word that is no number: matching took time in the square of its length", async () => {
    const file = bytes(`%%MatrixMarket matrix array real general\n1 1\n${"1".repeat(2 ** 19)}x\n`);
    await expect(readMatrixMarket(file)).rejects.toThrow(FormatError);
  });

  test("a matrix that no typed array holds, under a limit that allows it: a bare RangeError", async () => {
    const header = bytes("%%MatrixMarket matrix array real general\n30000000 30000000\n");
    const read = (offset: number, length: number): Promise<Uint8Array> => {
      const part = new Uint8Array(length).fill(10);
      if (offset === 0) part.set(header);
      return Promise.resolve(part);
    };
    await expect(readMatrixMarket({ size: 2 ** 53 - 1, read })).rejects.toThrow(OptionError);
    await expect(readMatrixMarket({ size: 2 ** 53 - 1, read }, { maxBytes: Number.MAX_SAFE_INTEGER })).rejects.toThrow(OptionError);
  });
});

describe("issue-03: what was given and did nothing", () => {
  test("a control of rowBlocks that is no object: null was a TypeError, a signal in its place was not obeyed", async () => {
    const file = await openNpy(writeNpy([[1], [2]]));
    for (const control of [null, 5, "", [], AbortSignal.abort()]) expect(() => file.rowBlocks(1, control as never)).toThrow(OptionError);
  });
});

describe("issue-03: arrays without elements", () => {
  test("an offset that points anywhere: a bare RangeError", async () => {
    for (const offset of [5, -5]) {
      const A = { data: new Float64Array(2), shape: [3, 0], stride: [1, 1], offset };
      expect(parseNpy(writeNpy(A)).shape).toEqual([3, 0]);
      expect((await readNpz(writeNpz({ A }))).A!.shape).toEqual([3, 0]);
      expect((await openSafetensors(writeSafetensors({ A }))).info("A").shape).toEqual([3, 0]);
    }
  });
});

describe("issue-03: buffers that are not there or not ours alone", () => {
  test("a buffer that was transferred away: a bare TypeError", async () => {
    const gone = new ArrayBuffer(8);
    structuredClone(gone, { transfer: [gone] });
    expect(() => parseNpy(gone)).toThrow(OptionError);
    await expect(readNpy(gone)).rejects.toThrow(OptionError);
    await expect(openSafetensors(gone)).rejects.toThrow(OptionError);
  });

  test.skipIf(typeof SharedArrayBuffer === "undefined")("shared bytes: pages do not decode text in them", async () => {
    const file = writeNpy([1, 2]);
    const shared = new Uint8Array(new SharedArrayBuffer(file.length));
    shared.set(file);
    expect([...parseNpy(shared).data]).toEqual([1, 2]);
    expect([...(await readNpy(shared)).data]).toEqual([1, 2]);
  });
});

describe("issue-03: numbers rounded beyond float64", () => {
  test("few digits of the largest numbers were written as Infinity", () => {
    const S = csr([1, 1], [0, 1], [0], [-1.79e308]);
    for (const A of [[[1.79e308]], S]) {
      expect(() => writeMatrixMarket(A, { precision: 2 })).toThrow(OptionError);
      expect(writeMatrixMarket(A, { precision: 3 })).toContain("1.79e+308");
    }
    expect(writeMatrixMarket(view(Float64Array.of(Infinity), [1, 1]), { precision: 3 })).toContain("\ninf\n");
  });
});
