import { withoutWebAssembly } from "@subquad/test-kit";
import { afterEach, describe, expect, test, vi } from "vitest";
import { pause, rest, runAsync, runSync, tiles, twoForms, type RunControl, type Steps } from "../src/steps.js";
import { arenaBytesInUse, openScope } from "../src/runtime/scope.js";
import { coreKernels } from "../src/kernels/core.js";
import { kernelsOf, loaded, runtime } from "../src/runtime/runtime.js";
import { shared } from "../src/runtime/shared.js";

const TILES = 50;

afterEach(restore);

/** Packs 6 rows a tile through a real kernel; 1 thread, so that a spy sees every tile. */
function* packing(log: string[] = []): Steps<number> {
  const scope = openScope();
  try {
    const rows = 12 * TILES;
    const source = scope.zeros(8 * rows * 4);
    const packed = scope.alloc(8 * rows * 4);
    runtime().memory.f64.fill(1, source / 8, source / 8 + rows * 4);
    log.push("packed");
    yield* tiles(coreKernels, "packLeftF64", scope.args([rows, 4, source, 32, 8, packed, 1], [1]), TILES);
    log.push("tiled");
    yield pause(1, 2);
    return runtime()
      .memory.f64.subarray(packed / 8, packed / 8 + rows * 4)
      .reduce((sum, x) => sum + x, 0);
  } finally {
    log.push("freed");
    scope.release();
  }
}

/** Replaces the kernel that `packing` uses; the exports of an instance cannot be spied on. */
function replaceKernel(packLeftF64: () => void): void {
  const real = loaded();
  const kernels = [...real.kernels];
  kernels[coreKernels.slot] = { ...kernelsOf(coreKernels), packLeftF64 };
  shared().loaded = { ...real, kernels };
  undo = () => {
    shared().loaded = real;
  };
}
let undo = (): void => undefined;

function restore(): void {
  vi.restoreAllMocks();
  undo();
  undo = () => undefined;
}

/** A clock that a test moves: 4 ms for each tile. */
function tileClock(onTile: () => void = () => undefined): { readonly tiles: () => number } {
  let now = 0;
  let count = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  replaceKernel(() => {
    now += 4;
    count++;
    onTile();
  });
  return { tiles: () => count };
}

const quiet: RunControl = { threads: 1 };

describe("one generator, two drivers", () => {
  test("runSync and runAsync return what it returns, and leave nothing behind", async () => {
    expect(runSync(packing())).toBe(48 * TILES);
    expect(await runAsync(packing())).toBe(48 * TILES);
    expect(await runAsync(packing(), quiet)).toBe(48 * TILES);
    expect(arenaBytesInUse()).toBe(0);
  });

  test("no tiles, no step", () => {
    expect([...tiles(coreKernels, "packLeftF64", 0, 0)]).toEqual([]);
    runSync(tiles(coreKernels, "packLeftF64", 0, 0));
  });

  test("runAsync begins before it returns", () => {
    const log: string[] = [];
    const promise = runAsync(packing(log), quiet);
    expect(log[0]).toBe("packed");
    return promise;
  });

  test("what the algorithm throws comes out, and `finally` has run", async () => {
    const failing = function* (): Steps<never> {
      const scope = openScope();
      try {
        scope.alloc(100);
        yield pause(0, 1);
        throw new RangeError("mine");
      } finally {
        scope.release();
      }
    };
    expect(() => runSync(failing())).toThrow("mine");
    await expect(runAsync(failing())).rejects.toThrow("mine");
    expect(arenaBytesInUse()).toBe(0);
  });

  test("a kernel's failure is thrown into the algorithm where it asked for the tiles", async () => {
    tileClock(() => {
      throw withoutWebAssembly ? new Error("unreachable") : new WebAssembly.RuntimeError("unreachable");
    });
    const log: string[] = [];
    expect(() => runSync(packing(log))).toThrow("unreachable");
    await expect(runAsync(packing(log), quiet)).rejects.toThrow("unreachable");
    expect(log).toEqual(["packed", "freed", "packed", "freed"]);
    expect(arenaBytesInUse()).toBe(0);
  });

  test("an algorithm may catch it and go on", async () => {
    const clock = tileClock(() => {
      if (clock.tiles() % 2 === 1) throw new Error("odd");
    });
    const stubborn = function* (): Steps<string> {
      try {
        yield* tiles(coreKernels, "packLeftF64", 0, 1);
      } catch {
        yield* tiles(coreKernels, "packLeftF64", 0, 1);
      }
      return "done";
    };
    expect(runSync(stubborn())).toBe("done");
    expect(await runAsync(stubborn(), quiet)).toBe("done");
  });
});

describe("work in two forms", () => {
  function* both(log: string[], later: (control: RunControl) => Promise<void>): Steps<string> {
    try {
      yield* twoForms(() => {
        log.push("now");
      }, later);
      return log.join(", ");
    } finally {
      log.push("ended");
    }
  }

  test("runSync calls one, runAsync awaits the other, with the controls of the call", async () => {
    const { signal } = new AbortController();
    const log: string[] = [];
    const later = async (control: RunControl): Promise<void> => {
      expect(control).toEqual({ signal, threads: 1 });
      await Promise.resolve();
      log.push("later");
    };
    expect(runSync(both([], later))).toBe("now");
    expect(await runAsync(both(log, later), { signal, threads: 1 })).toBe("later");
  });

  test("a failure of either is thrown into the algorithm", async () => {
    const log: string[] = [];
    const failing = () => Promise.reject(new Error("mine"));
    await expect(runAsync(both(log, failing))).rejects.toThrow("mine");
    expect(log).toEqual(["ended"]);
    expect(() => {
      runSync(
        twoForms(() => {
          throw new Error("mine");
        }, failing),
      );
    }).toThrow("mine");
  });

  test("an abort does not wait", async () => {
    const controller = new AbortController();
    const log: string[] = [];
    const never = () => new Promise<void>(() => { controller.abort(new Error("enough")); }); // prettier-ignore
    await expect(runAsync(both(log, never), { signal: controller.signal })).rejects.toThrow("enough");
    expect(log).toEqual(["ended"]);
  });
});

describe("breathing", () => {
  test("the event loop gets a turn after at most 16 ms of tiles of 4 ms", async () => {
    const turns: number[] = [];
    const clock = tileClock();
    let isRunning = true;
    const watchTurns = (): void => {
      turns.push(clock.tiles());
      if (isRunning) nextTurn(watchTurns);
    };
    nextTurn(watchTurns);
    await runAsync(packing(), quiet);
    isRunning = false;
    const slices = turns.slice(1).map((count, i) => count - turns[i]!);
    expect(clock.tiles()).toBe(TILES);
    expect(Math.max(turns[0]!, ...slices)).toBeLessThanOrEqual(4);
  });

  test("jobs side by side take turns: one slice blocks the loop at a time", async () => {
    const clock = tileClock();
    const turns: number[] = [];
    let isRunning = true;
    const watchTurns = (): void => {
      turns.push(clock.tiles());
      if (isRunning) nextTurn(watchTurns);
    };
    const jobs = [1, 2, 3, 4, 5].map(() => runAsync(packing(), quiet)); // each runs its first slice at once
    nextTurn(watchTurns);
    await Promise.all(jobs);
    isRunning = false;
    expect(clock.tiles()).toBe(5 * TILES);
    expect(Math.max(...turns.slice(1).map((count, i) => count - turns[i]!))).toBeLessThanOrEqual(4);
  });

  test("pauses and rests breathe too", async () => {
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => (now += 5));
    const log: string[] = [];
    nextTurn(() => log.push("turn"));
    const resting = function* (): Steps<void> {
      for (let i = 0; i < 20; i++) {
        log.push("step");
        yield i % 2 === 0 ? rest() : pause(i, 20);
      }
    };
    await runAsync(resting());
    expect(log.indexOf("turn")).toBeGreaterThan(0);
    expect(log.indexOf("turn")).toBeLessThan(5);
  });
});

describe("abort", () => {
  test("a signal aborted before: rejects with its reason before any work", async () => {
    const log: string[] = [];
    const reason = new Error("not today");
    await expect(runAsync(packing(log), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(log).toEqual([]);
  });

  test("the default reason is an AbortError", async () => {
    await expect(runAsync(packing(), { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "AbortError" });
  });

  test("a signal aborted during: rejects with the reason, runs no further tile, memory is free", async () => {
    const controller = new AbortController();
    const log: string[] = [];
    const clock = tileClock(() => {
      if (clock.tiles() === 10) controller.abort("enough");
    });
    await expect(runAsync(packing(log), { ...quiet, signal: controller.signal })).rejects.toBe("enough");
    expect(clock.tiles()).toBeLessThanOrEqual(13); // to the end of the slice
    expect(log).toEqual(["packed", "freed"]);
    expect(arenaBytesInUse()).toBe(0);
    restore();
    expect(await runAsync(packing(), quiet)).toBe(48 * TILES);
  });

  test("a signal aborted after: nothing happens", async () => {
    const controller = new AbortController();
    const sum = await runAsync(packing(), { ...quiet, signal: controller.signal });
    controller.abort();
    expect(sum).toBe(48 * TILES);
  });
});

describe("progress", () => {
  /** Reports of a run with a clock of 4 ms a tile and 30 ms a pause. */
  async function reportsOf(steps: Steps<unknown>): Promise<{ at: number; done: number; total: number }[]> {
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    replaceKernel(() => {
      now += 4;
    });
    const reports: { at: number; done: number; total: number }[] = [];
    const slow = function* (): Steps<unknown> {
      for (let step = steps.next(); ; step = steps.next()) {
        if (step.done) return step.value;
        now += 30;
        yield step.value;
      }
    };
    const onProgress = (done: number, total: number): void => void reports.push({ at: now, done, total });
    await runAsync(slow(), { ...quiet, onProgress });
    return reports;
  }

  function expectMonotone(reports: readonly { at: number; done: number; total: number }[]): void {
    for (let i = 1; i < reports.length; i++) {
      const [a, b] = [reports[i - 1]!, reports[i]!];
      expect(b.done).toBeGreaterThanOrEqual(a.done);
      expect(b.done / b.total).toBeGreaterThanOrEqual(a.done / a.total);
      if (i < reports.length - 1) expect(b.at - a.at).toBeGreaterThanOrEqual(50); // at most 20 a second
    }
    const last = reports.at(-1)!;
    expect(last.done).toBe(last.total);
  }

  test("tiles only: counted over all jobs", async () => {
    const jobs = function* (): Steps<void> {
      for (const count of [100, 3, 200]) yield* tiles(coreKernels, "packLeftF64", 0, count);
    };
    const reports = await reportsOf(jobs());
    expectMonotone(reports);
    expect(reports.length).toBeGreaterThan(10);
    expect(reports.at(-1)).toMatchObject({ done: 303, total: 303 });
  });

  test("pauses only: as they say", async () => {
    const pauses = function* (): Steps<void> {
      for (let i = 0; i < 40; i++) yield pause(i, 40);
    };
    const reports = await reportsOf(pauses());
    expectMonotone(reports);
    expect(new Set(reports.map(({ total }) => total))).toEqual(new Set([40]));
  });

  test("both: tiles are fractions of a unit", async () => {
    const both = function* (): Steps<void> {
      for (let i = 0; i < 5; i++) {
        yield pause(i, 5);
        yield* tiles(coreKernels, "packLeftF64", 0, 40);
      }
    };
    const reports = await reportsOf(both());
    expectMonotone(reports);
    expect(reports.some(({ done }) => done > 1 && done < 2)).toBe(true);
  });

  test("measures that change their mind never go backwards", async () => {
    const fickle = function* (): Steps<void> {
      yield* tiles(coreKernels, "packLeftF64", 0, 90);
      yield pause(0, 0);
      for (let i = 0; i < 30; i++) yield pause(i, 30);
      for (let i = 0; i < 300; i++) yield pause(i, 300);
    };
    expectMonotone(await reportsOf(fickle()));
  });

  test("short work: the final report alone", async () => {
    const calls: [number, number][] = [];
    await runAsync(packing(), { ...quiet, onProgress: (done, total) => void calls.push([done, total]) });
    expect(calls.length).toBeGreaterThanOrEqual(1);
    expect(calls.at(-1)).toEqual([2, 2]);
  });

  test("a throw in it ends the call with that error, and memory is free", async () => {
    const clock = tileClock();
    const error = new Error("no more");
    const onProgress = (): never => {
      throw error;
    };
    const log: string[] = [];
    await expect(runAsync(packing(log), { ...quiet, onProgress })).rejects.toBe(error);
    expect(clock.tiles()).toBeLessThan(TILES);
    expect(log).toEqual(["packed", "freed"]);
    expect(arenaBytesInUse()).toBe(0);
  });
});

describe("errors", () => {
  test.each([0, 17, 1.5, NaN, -1, "2", null, {}])("threads %s is an OptionError", async (threads) => {
    const log: string[] = [];
    await expect(runAsync(packing(log), { threads } as RunControl)).rejects.toMatchObject({ code: "ERR_OPTION", argument: "threads" });
    expect(log).toEqual([]);
  });

  test("signal and onProgress of the wrong kind are OptionErrors", async () => {
    await expect(runAsync(packing(), { signal: {} } as RunControl)).rejects.toMatchObject({ code: "ERR_OPTION", argument: "signal" });
    await expect(runAsync(packing(), { onProgress: 3 } as unknown as RunControl)).rejects.toMatchObject({ argument: "onProgress" });
  });

  test("it names the function for which it runs, and itself if it is not told", async () => {
    const threads = 17;
    await expect(runAsync(packing(), { threads }, "packAsync")).rejects.toThrow("packAsync(threads): expected");
    await expect(runAsync(packing(), { threads })).rejects.toThrow("runAsync(threads): expected");
  });
});

/** By the means that breathing itself uses, so that each turn of the loop is seen. */
function nextTurn(callback: () => void): void {
  const { setImmediate } = globalThis as { readonly setImmediate?: (callback: () => void) => unknown };
  if (setImmediate !== undefined) {
    setImmediate(callback);
    return;
  }
  const channel = new MessageChannel();
  channel.port1.onmessage = () => {
    channel.port1.close();
    callback();
  };
  channel.port2.postMessage(null);
}
