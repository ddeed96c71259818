/**
 * Sources that fail in every way there is, under each reader.
 */
import { describe, expect, test } from "vitest";
import { FormatError } from "@subquad/linalg-core";
import {
  openNpy,
  openSafetensors,
  readMatrixMarket,
  readNpy,
  readNpz,
  writeMatrixMarket,
  writeNpy,
  writeNpz,
  writeSafetensors,
  type ByteSource,
} from "../src/index.js";
import { codeOf, fromBase64 } from "./bytes.js";
import npzFixtures from "../../../tooling/fixtures/npz/data.json" with { type: "json" };

interface Reader {
  readonly bytes: Uint8Array<ArrayBuffer>;
  read(source: ByteSource, options?: { readonly signal: AbortSignal }): Promise<unknown>;
}

const A = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3], stride: [3, 1], offset: 0 };
const readers: Readonly<Record<string, Reader>> = {
  readNpy: { bytes: writeNpy(A), read: readNpy },
  openNpy: { bytes: writeNpy(A), read: openNpy },
  readNpz: { bytes: writeNpz({ A, b: [1, 2] }), read: readNpz },
  openSafetensors: { bytes: writeSafetensors({ A, b: [1, 2] }, { made: "here" }), read: openSafetensors },
  readMatrixMarket: { bytes: new TextEncoder().encode(writeMatrixMarket(A)), read: readMatrixMarket },
};

const each = test.each(Object.entries(readers));

/** A source of `size` bytes that answers as it is told. */
function answering(size: number, read: (offset: number, length: number) => unknown): ByteSource {
  return { size, read: read as () => Promise<Uint8Array> };
}

describe("oracle", () => {
  each("%s from bytes, a buffer, a Blob, a range reader, and one that gives a byte at a time", async (_, { bytes, read }) => {
    const whole = await read(bytes);
    const slow = answering(bytes.length, (offset) => Promise.resolve(bytes.subarray(offset, offset + 1)));
    const direct = answering(bytes.length, (offset, length) => bytes.subarray(offset, offset + length)); // no promise
    const seen = (value: unknown): string => JSON.stringify(value);
    for (const source of [bytes.buffer, new Blob([bytes]), slow, direct]) expect(seen(await read(source))).toBe(seen(whole));
  });
});

describe("errors", () => {
  each("%s: every truncation is a FormatError, and so is a byte too many", async (name, { bytes, read }) => {
    const isText = name === "readMatrixMarket"; // the last number may be shorter, or end without a line feed
    for (let length = 0; length < bytes.length - (isText ? 2 : 0); length++) {
      await expect(read(bytes.slice(0, length))).rejects.toThrow(FormatError);
    }
    const longer = new Uint8Array(bytes.length + 1).fill(0x39, -1);
    longer.set(bytes);
    await expect(read(longer)).rejects.toThrow(FormatError);
  });

  test.each(Object.entries(npzFixtures.files))("every truncation of an archive of Python: %s", async (_, text) => {
    const bytes = fromBase64(text);
    for (let length = 0; length < bytes.length; length += length < bytes.length - 400 ? 7 : 1) {
      await expect(readNpz(bytes.slice(0, length))).rejects.toThrow(FormatError);
    }
  });

  each("%s: a read that never ends is ended by the signal", async (_, { bytes, read }) => {
    const reason = new Error("changed my mind");
    const controller = new AbortController();
    const never = answering(bytes.length, () => {
      setTimeout(() => {
        controller.abort(reason);
      }, 0);
      return new Promise(() => undefined);
    });
    await expect(read(never, { signal: controller.signal })).rejects.toBe(reason);
  });

  test("the read ahead of a block that never ends: the loop is ended by the signal", async () => {
    const { bytes } = readers.openNpy!;
    const reason = new Error("changed my mind");
    const controller = new AbortController();
    let reads = 0;
    const file = await openNpy(
      answering(bytes.length, (offset, length) => (++reads > 2 ? new Promise(() => undefined) : bytes.subarray(offset, offset + length))),
    );
    const loop = async (): Promise<void> => {
      for await (const { from } of file.rowBlocks(1, { signal: controller.signal })) {
        expect(from).toBe(0);
        setTimeout(() => {
          controller.abort(reason);
        }, 0);
      }
    };
    await expect(loop()).rejects.toBe(reason);
    expect(await codeOf(() => file.readRows(0, 1))).toBe("ERR_OPTION"); // closed
  });

  each("%s: a read that throws, rejects, gives nothing, too much, or no bytes", async (_, { bytes, read }) => {
    const failure = new Error("no such range");
    const thrown = answering(bytes.length, () => {
      throw failure;
    });
    await expect(read(thrown)).rejects.toBe(failure);
    await expect(read(answering(bytes.length, () => Promise.reject(failure)))).rejects.toBe(failure);
    expect(await codeOf(() => read(answering(bytes.length, () => new Uint8Array(0))))).toBe("ERR_FORMAT"); // it has shrunk
    for (const answer of [
      (_: number, length: number) => new Uint8Array(length + 1),
      () => undefined,
      () => [1, 2],
      () => new ArrayBuffer(4),
    ]) {
      expect(await codeOf(() => read(answering(bytes.length, answer)))).toBe("ERR_OPTION");
    }
  });

  each("%s: sizes that are none", async (_, { read }) => {
    for (const size of [NaN, -1, 1.5, Infinity, 2 ** 53, "5", undefined]) {
      expect(await codeOf(() => read(answering(size as number, () => new Uint8Array(0))))).toBe("ERR_OPTION");
    }
  });
});
