import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { backend, closePool, configure, ready, releaseMemory } from "../../src/runtime/environment.js";
import { arenaBytesInUse, openScope } from "../../src/runtime/scope.js";
import { loaded, runtime } from "../../src/runtime/runtime.js";
import { shared } from "../../src/runtime/shared.js";
import { coreKernels } from "../../src/kernels/core.js";
import { runAsync, runSync, tiles, type RunControl, type Steps } from "../../src/steps.js";
import { forgetRuntime, hasPool, numbers, reasons, squareBits, squareBitsAsync, withReplaced } from "./support.js";
import { matmulAsync } from "../../src/dense/matmul.js";

vi.setConfig({ testTimeout: 60_000 }); // a loaded machine takes its time

const SIZE = 500;
let expected: string;

interface NodeWorker {
  terminate(): Promise<number>;
  on(event: string, listener: () => void): void;
}
type WorkerConstructor = new (source: string, options: object) => NodeWorker;
const threadsModule = process.getBuiltinModule("node:worker_threads") as unknown as { Worker: WorkerConstructor };

beforeEach(async () => {
  await forgetRuntime();
  expected = squareBits(SIZE);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await forgetRuntime();
});

/** Long enough for a pool, whatever the machine: `count` tiles that pack the same rows. */
function* longJob(count: number, onStart: () => void = () => undefined): Steps<number> {
  const scope = openScope();
  try {
    const source = scope.zeros(8 * 12 * 4096);
    const packed = scope.zeros(8 * 12 * 4096);
    runtime().memory.f64.fill(1, source / 8, source / 8 + 12 * 4096);
    const args = scope.args([12, 4096, source, 8 * 4096, 8, packed, 0]); // tiles of 0 slivers, then one that packs all
    onStart();
    yield* tiles(coreKernels, "packLeftF64", args, count);
    yield* tiles(coreKernels, "packLeftF64", scope.args([12, 4096, source, 8 * 4096, 8, packed, 1], [1]), 1);
    return runtime()
      .memory.f64.subarray(packed / 8, packed / 8 + 12 * 4096)
      .reduce((sum, x) => sum + x, 0);
  } finally {
    scope.release();
  }
}

describe("same bits", () => {
  test.each([1, 2, 3, 4, "auto"] as const)("%s threads", async (threads) => {
    await ready();
    expect(await squareBitsAsync(SIZE, { threads })).toBe(expected);
    expect(await squareBitsAsync(SIZE, { threads })).toBe(expected);
    expect(arenaBytesInUse()).toBe(0);
  });

  test("what the calling thread may do meanwhile is done once on the pool, and not without one", async () => {
    await ready();
    const meanwhile = vi.fn();
    const job = function* (): Steps<void> {
      const scope = openScope();
      try {
        yield* tiles(coreKernels, "packLeftF64", scope.args([12, 1, 0, 0, 8, 0, 0]), 2, Infinity, meanwhile);
      } finally {
        scope.release();
      }
    };
    runSync(job());
    await runAsync(job(), { threads: 1 });
    expect(meanwhile).not.toHaveBeenCalled();
    await runAsync(job(), { threads: 2 });
    expect(meanwhile).toHaveBeenCalledOnce();
  });

  test("jobs side by side, sync calls in between", async () => {
    await ready();
    const sizes = [SIZE, 64, 333, SIZE, 7, 128];
    const singly = sizes.map(squareBits);
    const together = sizes.map((n, i) => squareBitsAsync(n, { threads: 1 + (i % 3) }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(squareBits(SIZE)).toBe(expected);
    expect(await Promise.all(together)).toEqual(singly);
    expect(arenaBytesInUse()).toBe(0);
  });

  test("memory that grows while workers run", async () => {
    await ready();
    const job = squareBitsAsync(SIZE, { threads: 2 });
    const scope = openScope();
    scope.zeros(4 * backend().arenaBytes);
    scope.release();
    expect(await job).toBe(expected);
  });

  test("results lie on ordinary buffers", async () => {
    await ready();
    const { data } = await matmulAsync(numbers(100, 100), numbers(100, 100), { threads: 2 });
    expect(data.buffer).toBeInstanceOf(ArrayBuffer);
  });
});

describe("life of the pool", () => {
  test("short work and one thread never start it", async () => {
    await squareBitsAsync(32, { threads: 2 });
    await squareBitsAsync(SIZE, { threads: 1 });
    expect(hasPool()).toBe(false);
    expect(shared().starting).toBeUndefined();
  });

  test("long work starts it by itself, and goes on meanwhile", async () => {
    while (!hasPool()) expect(await runAsync(longJob(100_000), { threads: 2 })).toBe(12 * 4096);
    expect(backend()).toMatchObject({ sharedMemory: true });
  });

  test("a call that asks for more threads makes it grow", async () => {
    configure({ threads: 2 });
    await ready();
    expect(shared().pool!.size()).toBe(2);
    expect(await squareBitsAsync(SIZE, { threads: 4 })).toBe(expected);
    expect(shared().pool!.size()).toBe(4);
    expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
    expect(backend().threads).toBe(2);
  });

  test("closePool waits for the job in hand; later use starts a new pool", async () => {
    await ready();
    const job = squareBitsAsync(SIZE, { threads: 2 });
    await closePool();
    expect(hasPool()).toBe(false);
    expect(await job).toBe(expected);
    await ready();
    expect(hasPool()).toBe(true);
    expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
    await Promise.all([closePool(), closePool()]);
    await closePool();
    expect(hasPool()).toBe(false);
  });

  test("it closes when idle, if asked to", async () => {
    configure({ idleMilliseconds: 1 });
    await ready();
    await squareBitsAsync(SIZE, { threads: 2 });
    while (hasPool()) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
  });

  test("releaseMemory drops it, also while it starts", async () => {
    await ready();
    releaseMemory();
    expect(hasPool()).toBe(false);
    const starting = ready();
    releaseMemory();
    await starting;
    expect(hasPool()).toBe(false);
    await ready();
    expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
  });
});

describe("failures", () => {
  test("a Worker constructor that throws: one thread, with the reason", async () => {
    const Throwing = function refuse(): never {
      throw new Error("ERR_ACCESS_DENIED");
    } as unknown as WorkerConstructor;
    await withReplaced(threadsModule, "Worker", Throwing, async () => {
      await ready();
      expect(backend()).toMatchObject({ threads: 1, sharedMemory: true });
      expect(reasons().at(-1)).toBe("workers blocked (worker_threads: ERR_ACCESS_DENIED)");
      expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
    });
    configure({ threads: 2 }); // asks anew
    await ready();
    expect(hasPool()).toBe(true);
  });

  test("a worker that dies before it is ready: the next use tries again", async () => {
    await withReplaced(threadsModule, "Worker", workerThat("throw new Error('no room')"), async () => {
      await ready();
      expect(hasPool()).toBe(false);
      expect(reasons().at(-1)).toContain("no pool yet, workers died as they started (worker_threads: Error: no room");
      expect(await squareBitsAsync(64, { threads: 2 })).toBe(squareBits(64));
    });
    await ready();
    expect(hasPool()).toBe(true);
    expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
  });

  test("workers that die again before they are ready: one thread for a while, with the reason, then a pool again", async () => {
    configure({ threads: 2 });
    let now = 1;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
    const born: NodeWorker[] = [];
    await withReplaced(threadsModule, "Worker", workerThat("throw new Error('no room')", born), async () => {
      await ready();
      await ready();
      expect(backend().threads).toBe(1);
      expect(reasons().some((reason) => reason.includes("workers died as they started (worker_threads: Error: no room"))).toBe(true);
      const tries = born.length;
      for (now of [2, 1000]) await ready();
      expect(born.length).toBe(tries); // not at every use
      now = 1001;
      expect(backend().threads).toBe(2);
      await ready();
      expect(born.length).toBeGreaterThan(tries);
      for (now of [1002, 3000]) expect(backend().threads).toBe(1); // twice as long
      expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
    });
    now = 3001;
    await ready();
    clock.mockRestore();
    expect(hasPool()).toBe(true);
    expect(backend().threads).toBe(2);
    expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
  });

  test("a worker that dies in a job: the rest runs here, same answer, the reason is recorded, the next job has a pool again", async () => {
    const born: NodeWorker[] = [];
    await withReplaced(threadsModule, "Worker", workerThat(undefined, born), async () => {
      configure({ threads: 2 });
      await ready();
      const job = runAsync(longJob(2_000_000), { threads: 2 });
      await born[0]!.terminate();
      expect(await job).toBe(12 * 4096);
      expect(reasons().at(-1)).toContain("a worker died");
      expect(hasPool()).toBe(false);
      expect(arenaBytesInUse()).toBe(0);
      await ready();
      expect(hasPool()).toBe(true);
      expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
    });
  });

  test("a worker that dies in the middle of a tile: that tile runs again, same bits", async () => {
    const size = 800;
    const right = squareBits(size);
    const born: NodeWorker[] = [];
    await withReplaced(threadsModule, "Worker", workerThat(undefined, born), async () => {
      configure({ threads: 2 });
      for (let attempt = 0; attempt < 3; attempt++) {
        await ready();
        born.shift(); // the worker of the last attempt that was not terminated
        const job = squareBitsAsync(size, { threads: 2 });
        setTimeout(() => void born.shift()!.terminate(), 10 + 15 * attempt);
        expect(await job).toBe(right);
      }
      expect(reasons().at(-1)).toContain("a worker died");
    });
  });

  test("a worker that dies between jobs is found out at the next", async () => {
    const born: NodeWorker[] = [];
    await withReplaced(threadsModule, "Worker", workerThat(undefined, born), async () => {
      configure({ threads: 2 });
      await ready();
      await born[1]!.terminate();
      while (hasPool()) await new Promise((resolve) => setImmediate(resolve));
      expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
    });
  });

  test("a kernel that fails on both tries is an ERR_POOL with its cause; memory is free; the next call is right", async () => {
    await ready();
    const outside = function* (): Steps<void> {
      const scope = openScope();
      try {
        // 2^20 rows far beyond memory
        yield* tiles(coreKernels, "packLeftF64", scope.args([6 * 2 ** 20, 4, 2 ** 31, 2 ** 20, 8, 2 ** 31, 2 ** 16]), 16);
      } finally {
        scope.release();
      }
    };
    const error: unknown = await runAsync(outside(), { threads: 2 }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "ERR_POOL" });
    expect(String((error as Error).cause)).toContain("memory access out of bounds");
    expect(arenaBytesInUse()).toBe(0);
    expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
  });
});

describe("abort and progress on the pool", () => {
  const whole = 20_000_000; // far more tiles than run before the abort

  test("an abort in the middle rejects with the reason, frees memory, and the next call is right", async () => {
    await ready();
    const controller = new AbortController();
    const job = runAsync(longJob(whole), { threads: 2, signal: controller.signal });
    setTimeout(() => {
      controller.abort("enough");
    }, 5);
    await expect(job).rejects.toBe("enough");
    expect(arenaBytesInUse()).toBe(0);
    expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
  });

  test("an abort while another job holds the pool", async () => {
    await ready();
    const first = runAsync(longJob(1_000_000), { threads: 2 });
    const controller = new AbortController();
    const second = runAsync(longJob(whole), { threads: 2, signal: controller.signal });
    controller.abort("not waiting");
    await expect(second).rejects.toBe("not waiting");
    expect(await first).toBe(12 * 4096);
    expect(arenaBytesInUse()).toBe(0);
  });

  test.each([0, 0.1, 0.5, 1])("an abort at a share of %d of a matrix product", async (share) => {
    await ready();
    const controller = new AbortController();
    if (share === 0) controller.abort("stop");
    const onProgress = (done: number, total: number): void => {
      if (done / total >= share) controller.abort("stop");
    };
    const control: RunControl = { threads: 2, signal: controller.signal, onProgress };
    const outcome = await squareBitsAsync(1100, control).catch((reason: unknown) => reason);
    expect([share === 1 ? outcome : "stop", "stop"]).toContain(outcome);
    expect(arenaBytesInUse()).toBe(0);
    expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
  });

  test("progress grows, ends at the total, and a throw in it ends the call with that error", async () => {
    await ready();
    const seen: number[] = [];
    await runAsync(longJob(3_000_000), { threads: 2, onProgress: (done, total) => seen.push(done / total) });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
    const error = new Error("no more");
    const onProgress = (): never => {
      throw error;
    };
    await expect(runAsync(longJob(whole), { threads: 2, onProgress })).rejects.toBe(error);
    expect(arenaBytesInUse()).toBe(0);
  });
});

test("1,000 products leave the arena as it was after the first", async () => {
  await ready();
  squareBits(64);
  const { arenaBytes } = backend();
  for (let i = 0; i < 500; i++) {
    squareBits(64);
    await squareBitsAsync(64, { threads: 2 });
  }
  expect(backend().arenaBytes).toBe(arenaBytes);
  expect(arenaBytesInUse()).toBe(0);
  expect(loaded().arena.bytesInUse()).toBe(0);
});

/** A worker that runs another script, or is remembered in `born`. */
function workerThat(script: string | undefined, born: NodeWorker[] = []): WorkerConstructor {
  const { Worker } = threadsModule;
  return function start(source: string, options: object) {
    const worker = new Worker(script ?? source, options);
    born.push(worker);
    return worker;
  } as unknown as WorkerConstructor;
}
