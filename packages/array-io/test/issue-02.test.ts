/**
 * What was found by attacking the package.
 */
import { OptionError } from "@subquad/linalg-core";
import { describe, expect, test } from "vitest";
import { openSafetensors, writeSafetensors } from "../src/index.js";

describe("issue-02: what was given and did nothing", () => {
  test("entries and metadata without names of their own: an empty file was written", () => {
    for (const entries of [new Map([["a", [1]]]), Promise.resolve({ a: [1] }), new Date(0), new AbortController().signal]) {
      expect(() => writeSafetensors(entries as never)).toThrow(OptionError);
      expect(() => writeSafetensors({}, entries as never)).toThrow(OptionError);
    }
  });

  test("a signal that is none", async () => {
    const bytes = writeSafetensors({ a: [1] });
    const file = await openSafetensors(bytes);
    for (const signal of [null, {}, "signal", 1]) {
      const options = { signal: signal as never };
      await expect(openSafetensors(bytes, options)).rejects.toThrow(OptionError);
      await expect(file.read("a", options)).rejects.toThrow(OptionError);
      await expect(file.readRows("a", 0, 1, options)).rejects.toThrow(OptionError);
    }
  });
});

describe("issue-02: typed arrays of other kinds", () => {
  test("a subclass with a constructor of its own, strided", async () => {
    class Four extends Float64Array {
      constructor() {
        super(4);
      }
    }
    const data = new Four();
    data.set([1, 2, 3, 4]);
    const file = await openSafetensors(writeSafetensors({ a: { data, shape: [2, 2], stride: [1, 2], offset: 0 } }));
    expect([...(await file.read("a")).data]).toEqual([1, 3, 2, 4]);
  });
});

describe("issue-02: headers made to exhaust", () => {
  const fileOf = (header: string, data = new Uint8Array(0)): Uint8Array => {
    const text = new TextEncoder().encode(header);
    const bytes = new Uint8Array(8 + text.length + data.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
    bytes.set(text, 8);
    bytes.set(data, 8 + text.length);
    return bytes;
  };
  test("a tensor of 100,000 axes: an array, not a class for every number of axes before", async () => {
    const axes = 100_000;
    const file = await openSafetensors(
      fileOf(`{"a":{"dtype":"F32","shape":[${"1,".repeat(axes - 1)}1],"data_offsets":[0,4]}}`, new Uint8Array(4)),
    );
    const A = await file.read("a");
    expect([A.shape.length, A.size, A.data[0]]).toEqual([axes, 1, 0]);
  });

  test("metadata of 20 MB, plain and of escapes: no stack overflows", async () => {
    for (const text of ["x".repeat(2e7), "\\\\".repeat(1e7)]) {
      const { metadata } = await openSafetensors(fileOf(`{"__metadata__":{"a" : "${text}","b":"{\\"b\\":1}"}}`));
      expect([metadata.a!.length, metadata.b]).toEqual([text.startsWith("x") ? 2e7 : 1e7, '{"b":1}']);
    }
    await expect(openSafetensors(fileOf('{"__metadata__":{"a\\"":"","b":"a\\":","a\\"" \t:""}}'))).rejects.toThrow(/every key once/);
  });
});
