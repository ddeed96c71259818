import { describe, expect, test } from "vitest";
import { coreKernels } from "../../src/kernels/core.js";
import { decodeHex, withPlainMemory } from "../../src/runtime/binary.js";
import { FACTORS } from "../../src/runtime/layout.js";
import { GROUPS } from "../all-kernels.js";
import { dataEnd } from "./data-section.js";

/** A module with imports of every kind before its memory: (func), (global), (table), then the memory with limits flag 3. */
const MIXED_IMPORTS = [
  [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  [1, 4, 1, 0x60, 0, 0], // types
  [0, 3, 1, 0x78, 9], // a custom section
  [
    2, 33, 4, 1, 0x61, 1, 0x66, 0, 0, 1, 0x61, 1, 0x67, 3, 0x7f, 0, 1, 0x61, 1, 0x74, 1, 0x70, 1, 1, 2, 1, 0x61, 1, 0x6d, 2, 3, 1, 0x80,
    0x80, 4,
  ],
];

describe.each([
  ["simd", decodeHex(coreKernels.simd)],
  ["relaxed", decodeHex(coreKernels.relaxed)],
])("%s", (_, binary) => {
  test("one byte makes it a module for plain memory", () => {
    const plain = withPlainMemory(binary);
    expect(plain.length).toBe(binary.length);
    expect(plain.reduce((count, byte, i) => count + (byte === binary[i] ? 0 : 1), 0)).toBe(1);
    if (!WebAssembly.validate(binary)) return; // an engine without relaxed SIMD
    const memory = new WebAssembly.Memory({ initial: 256, maximum: 65536 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(plain), { env: { memory, abort: () => undefined } });
    const { firstNonFiniteF64 } = exports as { firstNonFiniteF64: (count: number, address: number) => number };
    new Float64Array(memory.buffer).set([1, NaN, 3], 2 ** 20);
    expect(firstNonFiniteF64(3, 2 ** 23)).toBe(1);
  });
});

test("the constants of each group end below those of the next, and all below what is written to memory at run time", () => {
  const binaries = GROUPS.flatMap(({ slot, simd, relaxed }) => [simd, relaxed].map((text) => ({ slot, end: dataEnd(decodeHex(text)) })));
  expect(Math.max(...binaries.map(({ end }) => end))).toBeGreaterThan(1024);
  for (const { slot, end } of binaries) expect(end).toBeLessThanOrEqual(Math.min(FACTORS, 1024 + 4096 * (slot + 1))); // as scripts/build-wasm.mjs places them
});

test("a data section of every kind of segment", () => {
  const segments = [
    [0, 0x41, 0x80, 0x08, 0x0b, 2, 7, 7],
    [2, 0, 0x41, 4, 0x0b, 1, 9],
  ]; // 2 bytes at 1024, 1 byte at 4
  const body = [segments.length, ...segments.flat()];
  expect(dataEnd(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 11, body.length, ...body]))).toBe(1026);
  expect(() => dataEnd(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 11, 4, 1, 1, 1, 9]))).toThrow("passive");
});

test("the walk passes imports of every other kind", () => {
  const binary = new Uint8Array(MIXED_IMPORTS.flat());
  expect(WebAssembly.validate(binary)).toBe(true);
  const plain = withPlainMemory(binary);
  expect(WebAssembly.validate(plain)).toBe(true);
  expect([...plain].findIndex((byte, i) => byte !== binary[i])).toBe(binary.length - 5);
});

test("a binary that is not ours is a bug, not a wrong patch", () => {
  const binary = withPlainMemory(decodeHex(coreKernels.simd));
  expect(() => withPlainMemory(binary)).toThrow("please report");
  expect(() => withPlainMemory(binary.slice(0, 8))).toThrow("please report");
});
