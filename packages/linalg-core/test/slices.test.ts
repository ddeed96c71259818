/**
 * Long plain loops rest: counted in turns offered to the event loop, since no test reads the clock.
 */
import { describe, expect, test } from "vitest";
import { view } from "../src/array/view.js";
import { frobeniusSteps } from "../src/dense/frobenius.js";
import { norm } from "../src/dense/norm.js";
import { conjugateGradientSteps } from "../src/iterative/conjugate-gradient.js";
import { eachSlice, SLICE_ENTRIES } from "../src/runtime/slices.js";
import { runSync, type Step, type Steps } from "../src/runtime/steps.js";
import { csrFromDense } from "../src/sparse/csr.js";
import { irfftSteps } from "../src/transform/irfft.js";

/** Turns offered in a run. */
function turnsOf(steps: Steps<unknown>): number {
  let turns = 0;
  function* counted(): Steps<void> {
    let step: IteratorResult<Step, unknown>;
    while (!(step = steps.next()).done) {
      if (!("kernel" in step.value)) turns++;
      yield step.value;
    }
  }
  runSync(counted());
  return turns;
}

const waves = (count: number): Float64Array => Float64Array.from({ length: count }, (_, i) => Math.sin(i + 1));

describe("laws", () => {
  test("slices cover a loop once, in order, and a turn lies between two", () => {
    for (const [length, size] of [
      [0, 4],
      [1, 4],
      [4, 4],
      [9, 4],
    ] as const) {
      const seen: number[] = [];
      const steps = eachSlice(length, size, (from, to) => {
        for (let i = from; i < to; i++) seen.push(i);
      });
      expect(turnsOf(steps)).toBe(Math.max(0, Math.ceil(length / size) - 1));
      expect(seen).toEqual(Array.from({ length }, (_, i) => i));
    }
  });

  test("irfft of a prime length: a turn for every 2^15 roots and every 2^18 entries of each pass", () => {
    const n = 262_147; // a convolution of 2^20 points
    const half = Math.floor(n / 2) + 1;
    const turns = turnsOf(irfftSteps("irfft", { re: view(waves(half), [half]), im: view(waves(half), [half]) }, n));
    // passes: the rows twice by the chirp, once by the filter
    expect(turns).toBeGreaterThanOrEqual(Math.floor(n / 2 ** 15) + 2 * Math.floor(n / SLICE_ENTRIES) + 2 ** 20 / SLICE_ENTRIES);
  });

  test("conjugateGradient of a dense matrix: a turn for every 2^18 entries of each pass of its certificate", () => {
    const n = 1100;
    const A = view(new Float64Array(n * n).fill(1 / n), [n, n]);
    for (let i = 0; i < n; i++) A.data[i * n + i] = 2;
    const slices = Math.floor((n * n) / SLICE_ENTRIES);
    // passes: read, checked, measured, scaled, multiplied in twice the precision, and the Frobenius norm
    expect(turnsOf(conjugateGradientSteps("conjugateGradient", A, waves(n)))).toBeGreaterThanOrEqual(6 * slices);
  });
});

describe("oracle", () => {
  test("the Frobenius norm in slices: within round-off of norm, and its bits where there is one slice", () => {
    for (const [m, n] of [
      [0, 3],
      [1, 1],
      [40, 7],
      [700, 800],
    ] as const) {
      const A = view(waves(m * n), [m, n]);
      const whole = norm(A, { kind: "fro" });
      for (const B of [A, csrFromDense(A)]) {
        const sliced = runSync(frobeniusSteps(B));
        if (m * n <= SLICE_ENTRIES) expect(Object.is(sliced, whole)).toBe(true);
        // both are off by γ_(260 + ⌈N/256⌉) at most
        else expect(Math.abs(sliced - whole)).toBeLessThanOrEqual(2 * (260 + (m * n) / 256) * 2 ** -52 * whole);
      }
    }
  });
});
