import { describe, expect, test } from "vitest";
import { arenaBytesInUse, openScope } from "../../src/runtime/scope.js";
import { runtime } from "../../src/runtime/runtime.js";

describe("laws", () => {
  test("release gives everything back, once", () => {
    const outer = openScope();
    const kept = outer.alloc(1000);
    const before = arenaBytesInUse();
    const scope = openScope();
    scope.alloc(1);
    scope.free(scope.alloc(500));
    scope.zeros(64);
    expect(arenaBytesInUse()).toBeGreaterThan(before);
    scope.release();
    scope.release();
    expect(arenaBytesInUse()).toBe(before);
    outer.free(kept);
    outer.release();
    expect(arenaBytesInUse()).toBe(0);
  });

  test("zeros are zeros, also where something else lay", () => {
    const scope = openScope();
    const address = scope.alloc(4096);
    runtime().memory.u8.fill(255, address, address + 4096);
    scope.free(address);
    const clean = scope.zeros(4000);
    expect(clean).toBe(address);
    expect(
      runtime()
        .memory.u8.subarray(clean, clean + 4000)
        .every((byte) => byte === 0),
    ).toBe(true);
    scope.release();
  });

  test("an argument block is eight reals, then words; addresses above 2^31 keep their bits", () => {
    const scope = openScope();
    runtime().memory.u8.fill(255, scope.alloc(1024), 1024);
    const args = scope.args([1, -2, 2 ** 31 + 64], [0.5, -1e300]);
    const { f64, i32 } = runtime().memory;
    expect([...f64.subarray(args / 8, args / 8 + 8)]).toEqual([0.5, -1e300, 0, 0, 0, 0, 0, 0]);
    expect([...i32.subarray(args / 4 + 16, args / 4 + 19)]).toEqual([1, -2, (2 ** 31 + 64) | 0]);
    scope.release();
  });

  test("a scope goes on after memory has grown", () => {
    const scope = openScope();
    const first = scope.args([7]);
    scope.alloc(2 * runtime().memory.buffer.byteLength);
    expect(runtime().memory.i32[first / 4 + 16]).toBe(7);
    const block = scope.zeros(8);
    runtime().memory.f64[block / 8] = 3;
    expect(runtime().memory.f64[block / 8]).toBe(3);
    scope.release();
  });
});

describe("errors", () => {
  test("use after release, and freeing what is not one's own, are bugs", () => {
    const scope = openScope();
    const other = openScope();
    const block = other.alloc(8);
    expect(() => {
      scope.free(block);
    }).toThrow("bug in @subquad/linalg-core");
    scope.release();
    expect(() => scope.alloc(8)).toThrow("bug in @subquad/linalg-core");
    other.release();
    expect(arenaBytesInUse()).toBe(0);
  });
});
