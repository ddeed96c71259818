import { afterEach, describe, expect, test, vi } from "vitest";
import fc from "fast-check";
import { makeArray } from "../../src/array/make-array.js";
import { sizeOf } from "../../src/array/layout.js";
import { slice, transpose, view } from "../../src/array/view.js";
import type { NdArray } from "../../src/array/types.js";
import { configure } from "../../src/runtime/environment.js";
import { arenaBytesInUse, openScope } from "../../src/runtime/scope.js";
import { runtime } from "../../src/runtime/runtime.js";
import { place, placeSteps, take, takeSteps, type Placed } from "../../src/runtime/transfer.js";
import { runSync, type Steps } from "../../src/steps.js";

vi.setConfig({ testTimeout: 60_000 }); // a loaded machine takes its time

afterEach(() => {
  configure({ backend: "auto" });
});

/** Every element of a copy, in row-major order of its indices. */
function elementsOf({ address, strides }: Placed, shape: readonly number[], dtype: "float32" | "float64"): number[] {
  const { memory } = runtime();
  const out: number[] = [];
  const visit = (axis: number, at: number): void => {
    if (axis === shape.length) {
      out.push(dtype === "float32" ? memory.f32[at / 4]! : memory.f64[at / 8]!);
      return;
    }
    for (let i = 0; i < shape[axis]!; i++) visit(axis + 1, at + i * strides[axis]!);
  };
  visit(0, address);
  return out;
}

function entriesOf(A: NdArray): number[] {
  const out: number[] = [];
  const visit = (index: number[]): void => {
    if (index.length === A.shape.length) out.push(A.get(...index));
    else for (let i = 0; i < A.shape[index.length]!; i++) visit([...index, i]);
  };
  visit([]);
  return out;
}

const ascending = (count: number): Float64Array => Float64Array.from({ length: count }, (_, i) => i + 1);

/** Strided arrays of up to 4 axes: any order of axes, gaps, negative and zero strides. */
const arrays = fc
  .record({
    lengths: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }),
    gaps: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 4, maxLength: 4 }),
    signs: fc.array(fc.constantFrom(1, 1, -1, 0), { minLength: 4, maxLength: 4 }),
    swap: fc.integer({ min: 0, max: 23 }),
    kind: fc.constantFrom("float64", "float32", "int32"),
  })
  .map(({ lengths, gaps, signs, swap, kind }) => {
    const order = lengths.map((_, k) => k).sort((k, l) => ((k * 7 + swap) % 5) - ((l * 7 + swap) % 5));
    const stride = new Array<number>(lengths.length).fill(0);
    let step = 1;
    let offset = 0;
    for (const k of order) {
      step *= gaps[k]!;
      stride[k] = step * signs[k]!;
      if (signs[k] === -1 && lengths[k]! > 0) offset += step * (lengths[k]! - 1);
      if (signs[k] !== 0) step *= Math.max(1, lengths[k]!);
    }
    const values = ascending(Math.max(1, step) + 8);
    const data = kind === "float64" ? values : kind === "float32" ? Float32Array.from(values) : Int32Array.from(values);
    return makeArray(data, lengths, stride, offset);
  });

describe.each(["auto", "js"] as const)("backend %s", (backend) => {
  test("place keeps every element, of any strides, in either dtype", () => {
    configure({ backend });
    fc.assert(
      fc.property(arrays, fc.constantFrom("float32" as const, "float64" as const), (A, dtype) => {
        const scope = openScope();
        try {
          const placed = place(scope, A, dtype, "f(A)");
          expect(placed.strides.length).toBe(A.shape.length);
          expect(elementsOf(placed, A.shape, dtype)).toEqual(entriesOf(A));
        } finally {
          scope.release();
        }
      }),
      { seed: 2, numRuns: 300 },
    );
    expect(arenaBytesInUse()).toBe(0);
  });

  test("take gives a row-major array on an ordinary buffer of its own", () => {
    configure({ backend });
    const scope = openScope();
    const { address } = place(scope, view(ascending(6), [2, 3]), "float64", "f(A)");
    const A = take(address, [2, 3], "float64");
    expect(A.data.buffer).toBeInstanceOf(ArrayBuffer);
    expect(A.data.buffer.byteLength).toBe(48);
    expect([...A.data]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(A.stride).toEqual([3, 1]);
    runtime().memory.f64[address / 8] = 99;
    expect(A.get(0, 0)).toBe(1);
    scope.release();
  });
});

describe("layout", () => {
  const stridesOf = (A: NdArray): readonly number[] => {
    const scope = openScope();
    const { strides } = place(scope, A, "float64", "f(A)");
    scope.release();
    return strides;
  };

  test("row-major stays row-major, a transpose stays a transpose", () => {
    const A = view(ascending(12), [3, 4]);
    expect(stridesOf(A)).toEqual([32, 8]);
    expect(stridesOf(transpose(A))).toEqual([8, 32]);
    expect(stridesOf(view(ascending(4), [1, 4]))).toEqual([32, 8]);
    expect(stridesOf(view(ascending(4), [4, 1]))).toEqual([8, 8]);
  });

  test("parts of a matrix are packed along its rows", () => {
    const A = view(ascending(40), [5, 8]);
    expect(stridesOf(slice(A, [1, 4], [2, 6]))).toEqual([32, 8]);
    expect(stridesOf(transpose(slice(A, [1, 4], [2, 6])))).toEqual([8, 32]);
  });

  test("a repeated row is written out as rows", () => {
    expect(stridesOf(view(ascending(4), [3, 4], [0, 1], 0))).toEqual([32, 8]);
  });
});

describe("errors", () => {
  test.each([NaN, Infinity, -Infinity])("%s is named by its index, whatever the strides", (value) => {
    const A = view(ascending(24), [2, 3, 4]);
    A.set(1, 2, 3, value);
    for (const [array, index] of [
      [A, [1, 2, 3]],
      [transpose(A), [3, 2, 1]],
      [slice(A, null, [1, 3], [3, -1, -2]), [1, 1, 0]],
    ] as const) {
      for (const dtype of ["float32", "float64"] as const) {
        const scope = openScope();
        try {
          expect(() => place(scope, array, dtype, "f(A)")).toThrow(
            expect.objectContaining({ code: "ERR_NON_FINITE", where: "f", argument: "A", index, value }),
          );
        } finally {
          scope.release();
        }
      }
    }
  });
});

describe("in slices", () => {
  const rows = 3;
  const columns = 2 ** 20; // 8 MiB a row: more than one slice of 16 MiB

  function drive<R>(steps: Steps<R>): { result: R; turns: number } {
    let turns = 0;
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done) return { result: step.value, turns };
      turns++;
    }
  }

  test("large arrays go over and come out in several turns, with the same elements", () => {
    const A = view(ascending(rows * columns), [rows, columns]);
    const gapped = makeArray(ascending(rows * (columns + 1)), [rows, columns], [columns + 1, 1], 0);
    for (const source of [A, transpose(A), gapped]) {
      const scope = openScope();
      const { result, turns } = drive(placeSteps(scope, source, "float64", "f(A)"));
      expect(turns).toBe(1);
      const out = drive(takeSteps(result.address, [rows, columns], "float64"));
      expect(out.turns).toBe(1);
      const { data, shape } = out.result;
      expect(shape).toEqual([rows, columns]);
      const probe = (i: number, j: number): number => (source.shape[0] === rows ? source.get(i, j) : source.get(j, i));
      let wrong = 0;
      for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j += 997) if (data[i * columns + j] !== probe(i, j)) wrong++;
      expect(wrong).toBe(0);
      scope.release();
    }
  });

  test("a fault in a later slice is named by its index in the whole", () => {
    const A = view(ascending(rows * columns), [rows, columns]);
    A.data[2 * columns + 5] = NaN;
    const scope = openScope();
    expect(() => runSync(placeSteps(scope, A, "float64", "f(A)"))).toThrow("f(A): expected finite entries, got NaN at [2, 5]");
    expect(() => runSync(placeSteps(scope, transpose(A), "float64", "f(A)"))).toThrow("got NaN at [5, 2]");
    scope.release();
  });

  test("small ones take no turn", () => {
    const scope = openScope();
    const { result, turns } = drive(placeSteps(scope, view(ascending(6), [2, 3]), "float32", "f(A)"));
    expect(turns).toBe(0);
    expect(drive(takeSteps(result.address, [2, 3], "float32"))).toMatchObject({
      turns: 0,
      result: { data: Float32Array.from(ascending(6)) },
    });
    expect(drive(placeSteps(scope, view(new Float64Array(0), [0, 3]), "float64", "f(A)")).turns).toBe(0);
    expect(sizeOf([0, 3])).toBe(0);
    scope.release();
  });
});
