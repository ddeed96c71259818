import { describe, expect, test } from "vitest";
import { zeros } from "../src/array/create.js";
import { matmul } from "../src/dense/matmul.js";
import { planMatmul, type MatmulPlan } from "../src/dense/plan-matmul.js";
import { OptionError } from "../src/errors.js";
import { SCRATCH_BYTES, type Call } from "../src/kernels/abi.js";
import { coreKernels } from "../src/kernels/core.js";
import { backend, configure, releaseMemory } from "../src/runtime/environment.js";
import { kernelsOf } from "../src/runtime/runtime.js";
import { shared } from "../src/runtime/shared.js";
import { dtypes, expectError } from "./numeric-support.js";

const timeless = ({ predicted, ...rest }: MatmulPlan) => ({ ...rest, bytes: predicted.bytes });

/** Runs `work` with the setting; then as before. */
function whileDeterministic<R>(work: () => R): R {
  const { deterministic } = shared().settings;
  configure({ deterministic: true });
  try {
    return work();
  } finally {
    configure({ deterministic });
  }
}

/** The tiles that `matmul` runs, and the bytes of compute memory by which it grows an empty arena. */
function observed(m: number, n: number, k: number, dtype: "float32" | "float64"): { readonly tiles: number; readonly bytes: number } {
  releaseMemory();
  const kernels = kernelsOf(coreKernels);
  const before = backend().arenaBytes;
  const names = dtype === "float32" ? (["multiplyF32", "smallProductF32"] as const) : (["multiplyF64", "smallProductF64"] as const);
  let tiles = 0;
  const counting: Record<string, Call<unknown>> = {};
  for (const name of names) {
    const kernel: Call<unknown> = kernels[name];
    counting[name] = (...numbers) => {
      tiles++;
      return kernel(...numbers);
    };
  }
  const state = shared();
  const whole = state.loaded!;
  const groups = [...whole.kernels];
  groups[coreKernels.slot] = { ...kernels, ...counting };
  state.loaded = { ...whole, kernels: groups };
  try {
    matmul(zeros([m, k], { dtype }), zeros([k, n], { dtype }));
    return { tiles, bytes: backend().arenaBytes - before };
  } finally {
    state.loaded = whole;
    releaseMemory();
  }
}

describe.each(dtypes)("oracle: %s", (dtype) => {
  test.each([
    [8, 8, 8, "small"],
    [32, 32, 32, "small"],
    [33, 32, 32, "packed"],
    [1, 1, 32768, "packed"], // no room in the scratch of a thread
    [7, 3000, 1, "small"],
    [300, 200, 100, "packed"],
    [800, 500, 300, "packed"],
    [5, 0, 7, "empty"],
  ] as const)("what matmul does: %d × %d, depth %d", (m, n, k, method) => {
    const plan = planMatmul(m, n, k, { dtype });
    expect(plan.method).toBe(method);
    expect(plan.shape).toEqual([m, n, k]);
    expect(plan.backend).toBe(backend().name);
    expect(observed(m, n, k, dtype).tiles).toBe(plan.tiles.count);
    expect(plan.tiles.rows * plan.tiles.columns * plan.tiles.count).toBeGreaterThanOrEqual(method === "empty" ? 0 : m * n);
  });

  test.each([
    [3000, 16, 3000],
    [16, 3000, 3000],
    [3000, 2500, 8],
  ])("bytes beside what a call takes of an empty arena: %d × %d, depth %d", (m, n, k) => {
    const { bytes } = planMatmul(m, n, k, { dtype }).predicted;
    const { bytes: grown } = observed(m, n, k, dtype);
    const first = 8 * 1024 * 1024; // of the arena, there from the start
    expect(bytes).toBeLessThanOrEqual(grown + first);
    expect(3 * bytes + first).toBeGreaterThanOrEqual(grown); // memory grows in steps, and holes may be too small
  });

  test("small products stay within the scratch of a thread", () => {
    const plan = planMatmul(32, 32, 32, { dtype });
    expect(plan.predicted.bytes).toBeLessThanOrEqual(SCRATCH_BYTES);
    expect(plan.rejected.map(({ method }) => method)).toEqual(["packed"]);
  });
});

describe("laws", () => {
  test("plain data, the same at every call but for the seconds, which are above 0", () => {
    const plan = planMatmul(100, 200, 300, { threads: 2 });
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(timeless(planMatmul(100, 200, 300, { threads: 2 }))).toEqual(timeless(plan));
    expect(plan.predicted.seconds).toBeGreaterThan(0);
    expect(planMatmul(100, 200, 300, { threads: 2 }).predicted.seconds).toBe(plan.predicted.seconds); // measured once
  });

  test("deterministic: no clock, hence the same digits everywhere of one backend", () => {
    whileDeterministic(() => {
      const { predicted, backend: name } = planMatmul(100, 200, 300, { dtype: "float32" });
      const padded = 108 * 200 * 300; // whole slivers of 12 rows and 8 columns
      const rate = name === "js" ? 1.1e-9 : 4.3e-11;
      expect(predicted.seconds).toBeCloseTo(1e-6 + 1e-9 * (100 * 300 + 200 * 300 + 100 * 200) + rate * padded, 12);
    });
  });

  test("more work is more seconds, and never fewer bytes of one path", () => {
    for (const dtype of dtypes) {
      const plans = [64, 96, 200, 500, 1000, 3000].map((n) => planMatmul(n, n, n, { dtype }));
      for (let i = 1; i < plans.length; i++) {
        expect(plans[i]!.predicted.seconds).toBeGreaterThan(plans[i - 1]!.predicted.seconds);
        expect(plans[i]!.predicted.bytes).toBeGreaterThan(plans[i - 1]!.predicted.bytes);
      }
    }
  });

  test("threads: one where a pool costs more than it saves, never more than there are tiles", () => {
    const { sharedMemory, threads } = backend();
    expect(planMatmul(100, 100, 100, { threads: 4 }).threads).toBe(1);
    expect(planMatmul(190, 180, 200, { threads: 4 }).threads).toBe(1); // one tile, though worth it
    expect(planMatmul(1000, 1000, 1000, { threads: 4 }).threads).toBe(sharedMemory ? 4 : 1);
    expect(planMatmul(1000, 1000, 1000).threads).toBe(threads);
    expect(planMatmul(1000, 1000, 1000, { threads: 1 }).threads).toBe(1);
  });
});

describe("errors", () => {
  test("lengths and options", () => {
    expectError(() => planMatmul(-1, 2, 3), OptionError, { where: "planMatmul", argument: "m", got: -1 });
    expectError(() => planMatmul(1, 2.5, 3), OptionError, { argument: "n" });
    expectError(() => planMatmul(1, 2, NaN), OptionError, { argument: "k" });
    expectError(() => planMatmul(1, 2, 3, { dtype: "int32" as "float32" }), OptionError, { argument: "dtype" });
    expectError(() => planMatmul(1, 2, 3, { threads: 0 }), OptionError, { argument: "threads" });
    expectError(() => planMatmul(1, 2, 3, { alpha: 1 } as object), OptionError, { argument: "alpha" });
  });
});

describe("degenerate", () => {
  test("nothing to sum", () => {
    const plan = planMatmul(0, 5, 5);
    expect([plan.predicted.bytes, plan.tiles.count, plan.threads]).toEqual([0, 0, 1]);
    expect(plan.predicted.seconds).toBeLessThan(1e-5); // of a call
    expect(plan.rejected).toEqual([]);
  });
});
