import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { createArena } from "../../src/runtime/arena.js";
import { ARENA_START, INITIAL_BYTES } from "../../src/runtime/layout.js";
import { createPlainMemory } from "../../src/runtime/memory.js";

const unlimited = (): number => 2 ** 32;

describe("laws", () => {
  test("blocks are aligned, lie in memory, never overlap, and freeing all joins them into one", () => {
    const request = fc.record({ bytes: fc.integer({ min: 0, max: 3e6 }), free: fc.boolean(), pick: fc.nat() });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 60 }), (requests) => {
        const memory = createPlainMemory();
        const arena = createArena(memory, unlimited);
        const held: { address: number; end: number }[] = [];
        for (const { bytes, free, pick } of requests) {
          if (free && held.length > 0) {
            arena.free(held.splice(pick % held.length, 1)[0]!.address);
            continue;
          }
          const address = arena.alloc(bytes);
          const end = address + Math.max(64, bytes);
          expect(address % 64).toBe(0);
          expect(address).toBeGreaterThanOrEqual(ARENA_START);
          expect(end).toBeLessThanOrEqual(memory.views.buffer.byteLength);
          for (const other of held) expect(end <= other.address || address >= other.end).toBe(true);
          held.push({ address, end });
        }
        for (const { address } of held) arena.free(address);
        expect(arena.bytesInUse()).toBe(0);
        const capacity = arena.capacity();
        expect(arena.alloc(capacity)).toBe(ARENA_START); // one block again: the whole fits without growing
        expect(arena.capacity()).toBe(capacity);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  test("content survives growth, and views are of the whole memory afterwards", () => {
    const memory = createPlainMemory();
    const arena = createArena(memory, unlimited);
    const first = arena.alloc(8);
    memory.views.f64[first / 8] = 42;
    const before = memory.views.buffer;
    const second = arena.alloc(INITIAL_BYTES);
    expect(memory.views.buffer).not.toBe(before);
    expect(memory.views.f64[first / 8]).toBe(42);
    expect(memory.views.u8.length).toBe(memory.views.buffer.byteLength);
    expect(second + INITIAL_BYTES).toBeLessThanOrEqual(memory.views.buffer.byteLength);
  });

  test("the same requests over and over need no more memory", () => {
    const arena = createArena(createPlainMemory(), unlimited);
    const capacities = new Set<number>();
    for (let round = 0; round < 100; round++) {
      const blocks = [5e6, 1e6, 100, 7e6].map((bytes) => arena.alloc(bytes));
      for (const block of blocks) arena.free(block);
      if (round > 0) capacities.add(arena.capacity());
    }
    expect(capacities.size).toBe(1);
  });
});

describe("errors", () => {
  test("a request beyond the limit is an ERR_LIMIT that names the bytes, and changes nothing", () => {
    const arena = createArena(createPlainMemory(), () => INITIAL_BYTES + 65536);
    const capacity = arena.capacity();
    const bytes = 2 * INITIAL_BYTES;
    expect(() => arena.alloc(bytes)).toThrow(expect.objectContaining({ code: "ERR_LIMIT" }));
    expect(() => arena.alloc(bytes)).toThrow(`for a block of ${bytes} bytes`);
    expect(arena.capacity()).toBe(capacity);
    expect(arena.bytesInUse()).toBe(0);
    expect(() => arena.alloc(capacity + 65536)).not.toThrow(); // up to the limit it grows, without the usual spare
  });

  test("growth that the engine refuses is an ERR_LIMIT", () => {
    const arena = createArena({ ...createPlainMemory(), grow: () => false }, unlimited);
    expect(() => arena.alloc(INITIAL_BYTES)).toThrow(expect.objectContaining({ code: "ERR_LIMIT" }));
  });

  test("a block that is not in use cannot be freed", () => {
    const arena = createArena(createPlainMemory(), unlimited);
    const block = arena.alloc(64);
    arena.free(block);
    expect(() => {
      arena.free(block);
    }).toThrow("bug in @subquad/linalg-core");
  });
});
