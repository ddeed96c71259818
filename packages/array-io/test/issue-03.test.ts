/**
 * What was found by attacking the readers and writers.
 */
import { FormatError, OptionError } from "@subquad/linalg-core";
import { describe, expect, test } from "vitest";
import { readMatrixMarket } from "../src/index.js";

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
