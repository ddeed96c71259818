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
