import fc from "fast-check";
import type { NdData } from "../../src/array/types.js";
import { view } from "../../src/array/view.js";
import type { NumericsError } from "../../src/errors.js";
import { expect } from "vitest";

/** All elements by the definition of a strided array, in row-major order. */
export function naive(A: { data: ArrayLike<number>; shape: readonly number[]; stride: readonly number[]; offset: number }): number[] {
  const out: number[] = [];
  const walk = (k: number, p: number): void => {
    if (k === A.shape.length) out.push(A.data[p]!);
    else for (let i = 0; i < A.shape[k]!; i++) walk(k + 1, p + i * A.stride[k]!);
  };
  walk(0, A.offset);
  return out;
}

/** 0, 1, 2, … */
export const count = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => i);

/** A random strided view into data 0, 1, 2, …: transposed, stepped, reversed, shifted, with broadcast axes now and then. */
export const strided = fc
  .record({
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
    steps: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 4, maxLength: 4 }),
    order: fc.array(fc.nat(), { minLength: 4, maxLength: 4 }),
    before: fc.nat(3),
    kind: fc.constantFrom(Float64Array, Float32Array, Int32Array),
  })
  .map(({ shape, steps, order, before, kind }) => {
    const axes = shape.map((_, k) => k).sort((a, b) => order[a]! - order[b]!);
    const stride = new Array<number>(shape.length).fill(0);
    let span = 1;
    for (const k of axes) {
      stride[k] = span * steps[k]!;
      span *= Math.max(1, shape[k]! * Math.abs(steps[k]!));
    }
    let low = 0;
    let high = 0;
    shape.forEach((n, k) => {
      const reach = stride[k]! * Math.max(0, n - 1);
      if (reach < 0) low += reach;
      else high += reach;
    });
    const data = kind.from(count(before + high - low + 1)) as NdData;
    return view(data, shape, stride, before - low);
  });

export function refuse(run: () => unknown, kind: new (...args: never[]) => NumericsError, message: string): void {
  expect(run).toThrow(kind);
  expect(run).toThrow(message);
}
