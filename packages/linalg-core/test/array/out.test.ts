import { layouts, pack, strided } from "@subquad/test-kit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assertWritable, writeInto } from "../../src/array/out.js";
import type { NdData } from "../../src/array/types.js";
import { view } from "../../src/array/view.js";
import { OptionError, ShapeError } from "../../src/errors.js";
import { count, refuse } from "./support.js";

describe("laws", () => {
  test("what is written is read again, and nothing beside it changes", () => {
    for (const shape of [[], [5], [3, 4], [2, 3, 4]]) {
      const size = shape.reduce((a, b) => a * b, 1);
      for (const layout of layouts) {
        const given = strided(
          { data: new Float64Array(size), shape, stride: view(new Float64Array(size), shape).stride, offset: 0 },
          layout,
        );
        const out = view(given.data as Float64Array, shape, given.stride, given.offset);
        const gaps = out.data.length - size;
        assertWritable("f", out, shape, "float64");
        writeInto(out, count(size));
        expect(pack(out)).toEqual(count(size));
        expect(out.data.filter((x) => x === -987654321)).toHaveLength(gaps);
      }
    }
  });

  test("two indices on one element are always refused", () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 3 });
    const steps = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(shapes, steps, (shape, steps) => {
        const stride = steps.slice(0, shape.length);
        const out = view(new Float64Array(100), shape, stride);
        const positions = new Set<number>();
        const walk = (axis: number, at: number): void => {
          if (axis === shape.length) positions.add(at);
          else for (let i = 0; i < shape[axis]!; i++) walk(axis + 1, at + i * stride[axis]!);
        };
        walk(0, out.offset);
        let isRefused = false;
        try {
          assertWritable("f", out, shape, "float64");
        } catch {
          isRefused = true;
        }
        if (positions.size < out.size) expect(isRefused).toBe(true);
        else if (shape.length === 1) expect(isRefused).toBe(false); // of more axes, interleaved ones are refused too
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});

describe("errors", () => {
  test("no array, or one whose data is of another kind", () => {
    for (const out of [3, null, [1, 2], new Float64Array(2), { data: [1, 2], shape: [2], stride: [1], offset: 0 }]) {
      refuse(
        () => {
          assertWritable("f", out as never, [2], "float64");
        },
        ShapeError,
        "f(out): expected ",
      );
    }
  });

  test("shape, kind, strides", () => {
    const out = (data: NdData, stride?: readonly number[]): ReturnType<typeof view> => view(data, [2, 3], stride);
    refuse(
      () => {
        assertWritable("f", out(new Float64Array(6)), [3, 2], "float64");
      },
      ShapeError,
      "f(out): expected shape [3, 2], got [2, 3]",
    );
    refuse(
      () => {
        assertWritable("f", out(new Float64Array(6)), [6], "float64");
      },
      ShapeError,
      "f(out)",
    );
    refuse(
      () => {
        assertWritable("f", out(new Float32Array(6)), [2, 3], "float64");
      },
      OptionError,
      "Float64Array",
    );
    refuse(
      () => {
        assertWritable("f", out(new Int32Array(6)), [2, 3], "float64");
      },
      OptionError,
      "Float64Array",
    );
    refuse(
      () => {
        assertWritable("f", out(new Float64Array(6)), [2, 3], "float32");
      },
      OptionError,
      "Float32Array",
    );
    refuse(
      () => {
        assertWritable("f", out(new Float64Array(6), [0, 1]), [2, 3], "float64");
      },
      OptionError,
      "f(out)",
    );
    refuse(
      () => {
        assertWritable("f", out(new Float64Array(6), [1, 1]), [2, 3], "float64");
      },
      OptionError,
      "f(out)",
    );
  });
});

describe("degenerate", () => {
  test("no elements: any strides, nothing is written", () => {
    const out = view(new Float64Array(1).fill(7), [2, 0], [0, 0], 0);
    assertWritable("f", out, [2, 0], "float64");
    writeInto(out, new Float64Array(0));
    expect([...out.data]).toEqual([7]);
  });
});
