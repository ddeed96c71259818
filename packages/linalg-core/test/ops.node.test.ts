// Node only: from source, ndarray-ops comes by `require`, which a browser lacks; the build inlines it.
// eslint-disable-next-line no-restricted-imports -- the oracle
import ndarrayOps from "ndarray-ops";
import { describe, expect, test } from "vitest";
import { full, zeros } from "../src/array/create.js";
import { copy, toNested } from "../src/array/copy.js";
import { slice, transpose, view } from "../src/array/view.js";
import { OptionError, ShapeError } from "../src/errors.js";
import * as ops from "../src/ops.js";

const A = view(Float64Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
const names = Object.keys(ndarrayOps) as (keyof typeof ops)[];

describe("oracle", () => {
  test("every function of ndarray-ops is here, under its name, and none else", () => {
    expect(Object.keys(ops).sort()).toEqual([...names].sort());
  });

  test.each(names.filter((name) => name !== "random"))("%s gives what ndarray-ops gives, on strided operands", (name) => {
    const operand = transpose(view(Float64Array.of(1, 4, 2, 0.5, 3, 0.25), [3, 2]));
    const upstream = ndarrayOps as unknown as Record<string, (...args: unknown[]) => unknown>;
    const ours = ops as unknown as Record<string, (...args: unknown[]) => unknown>;
    const results = [upstream, ours].map((module) => {
      const out = slice(full([2, 6], 2), null, [0, 6, 2]);
      const value = module[name]!(...operandsOf(name, out, operand));
      return value === out ? toNested(out) : value;
    });
    expect(results[1]).toEqual(results[0]);
  });
});

/** What a function of this name takes: the names alone do not tell `abs` from `adds`. */
function operandsOf(name: string, out: unknown, operand: unknown): unknown[] {
  const binary =
    /^(?:add|sub|mul|div|mod|b?and|b?or|bxor|r?[lr]shift|eq|neq|[lg]t|[lg]eq|max|min|(?:atan2|pow)(?:op)?)(?<suffix>s|eq|seq)?$/.exec(name);
  if (binary !== null) {
    const { suffix } = binary.groups as { suffix?: string };
    return suffix === "s" ? [out, operand, 2] : suffix === "seq" ? [out, 2] : suffix === "eq" ? [out, operand] : [out, operand, operand];
  }
  if (name === "assigns") return [out, 2];
  if (/^(any|all|sum|prod|norm.*|sup|inf|arg.*)$/.test(name)) return [operand];
  if (name === "equals") return [operand, operand];
  return name.endsWith("eq") ? [out] : [out, operand];
}

describe("laws", () => {
  test("writes in place and returns what it wrote", () => {
    const out = zeros([2, 3]);
    expect(ops.adds(out, A, 1)).toBe(out);
    expect(toNested(out)).toEqual([
      [2, 3, 4],
      [5, 6, 7],
    ]);
    const data = new Float32Array(3);
    ops.assign(data as unknown as Parameters<typeof ops.assign>[0], [1, 2, 3]);
    expect([...data]).toEqual([1, 2, 3]);
    ops.muleq({ data, shape: [3], stride: [1], offset: 0 }, [2, 2, 2]);
    expect([...data]).toEqual([2, 4, 6]);
  });

  test("reads every kind of operand", () => {
    const nested = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    expect(ops.sum(nested)).toBe(21);
    expect(ops.sup(Uint8Array.of(1, 9, 3))).toBe(9);
    expect(ops.equals(A, nested)).toBe(true);
    expect(ops.argmax(A)).toEqual([1, 2]);
    expect(toNested(ops.mul(copy(A), A, nested))).toEqual([
      [1, 4, 9],
      [16, 25, 36],
    ]);
    expect(ops.all(ops.lts(zeros([2, 3]), A, 7))).toBe(true);
    expect(ops.any(ops.random(zeros([4])))).toBe(true);
  });
});

describe("errors", () => {
  test("a result needs a place", () => {
    expect(() => ops.add([0, 0] as unknown as typeof A, [1, 2], [3, 4])).toThrow(ShapeError);
    expect(() => ops.addeq({ data: [1, 2], shape: [2], stride: [1], offset: 0 }, [3, 4])).toThrow(
      "addeq(out): expected an array over float64, float32 or int32 data, which can be written in place, got an object (Object)",
    );
  });

  test("shapes and scalars", () => {
    expect(() => ops.add(zeros([2, 3]), A, transpose(A))).toThrow("add: expected operands of the shape [2, 3] of the first, got [3, 2]");
    expect(() => ops.addeq(zeros([3]), A)).toThrow(ShapeError);
    expect(() => ops.adds(zeros([2, 3]), A, "1" as unknown as number)).toThrow(OptionError);
    expect(() => ops.sum(3 as unknown as number[])).toThrow("sum(operand 1): expected a matrix-like value, got 3");
  });
});
