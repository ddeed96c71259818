import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WORKER_SOURCE } from "../../src/generated/worker.js";
import { backend, closePool, configure, ready } from "../../src/runtime/environment.js";
import { arenaBytesInUse } from "../../src/runtime/scope.js";
import { forgetRuntime, hasPool, squareBits, squareBitsAsync, withReplaced } from "./support.js";

vi.setConfig({ testTimeout: 60_000 }); // a loaded machine takes its time

const SIZE = 400;
let expected: string;

beforeEach(async () => {
  await forgetRuntime();
  expected = squareBits(SIZE);
});
afterEach(forgetRuntime);

describe("threads in an isolated page", () => {
  test("the page is cross-origin isolated, memory is shared", () => {
    expect(crossOriginIsolated).toBe(true);
    expect(backend()).toMatchObject({ name: "wasm-relaxed", sharedMemory: true, reasons: [] });
  });

  test.each([1, 2, 3, "auto"] as const)("%s threads: same bits", async (threads) => {
    await ready();
    expect(await squareBitsAsync(SIZE, { threads })).toBe(expected);
    expect(arenaBytesInUse()).toBe(0);
  });

  test("the pool comes up, closes, and comes up again", async () => {
    configure({ threads: 2 });
    for (let round = 0; round < 2; round++) {
      await ready();
      expect(hasPool()).toBe(true);
      expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
      await closePool();
      expect(hasPool()).toBe(false);
    }
  });

  test("the calling page is served between tiles", async () => {
    let turns = 0;
    let isRunning = true;
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      turns++;
      if (isRunning) channel.port2.postMessage(null);
    };
    channel.port2.postMessage(null);
    await squareBitsAsync(1000, { threads: 1 });
    isRunning = false;
    expect(turns).toBeGreaterThan(1);
  });
});

describe("workers blocked", () => {
  /** A page whose policy forbids blob: workers, in the three ways engines say so. */
  const { Worker } = globalThis;
  const blocked: [string, (url: string) => Worker][] = [
    [
      "by a throw",
      () => {
        throw new DOMException("blob: is not allowed", "SecurityError");
      },
    ],
    ["by an error event", () => new Worker("data:text/javascript,throw new Error('blocked')")],
    ["by silence", () => new Worker(URL.createObjectURL(new Blob(["onmessage = () => {};"])))],
  ];

  test.each(blocked)("%s: one thread, with the reason", async (_, create) => {
    await withReplaced(globalThis, "Worker", constructorOf(create), async () => {
      configure({ threads: 2 });
      await ready();
      expect(hasPool()).toBe(false);
      expect(backend().threads).toBe(1);
      expect(backend().reasons.at(-1)).toContain("workers blocked (blob: ");
      expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
    });
  });

  test("a served worker file is used where one is configured", async () => {
    const served = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: "text/javascript" }));
    const asked: string[] = [];
    const onlyServed = constructorOf((url) => {
      asked.push(url);
      return new Worker(url);
    });
    await withReplaced(globalThis, "Worker", onlyServed, async () => {
      configure({ threads: 2, workerUrl: served });
      await ready();
      expect(new Set(asked)).toEqual(new Set([served]));
      expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
    });
    URL.revokeObjectURL(served);
  });

  test("a worker file that is not there: the blob instead", async () => {
    configure({ threads: 2, workerUrl: new URL("/nowhere.js", location.href) });
    await ready();
    expect(hasPool()).toBe(true);
    expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
  });

  test("no Worker at all: one thread, with the reason", async () => {
    await withReplaced(globalThis, "Worker", undefined, async () => {
      configure({ threads: 2 });
      await ready();
      expect(backend().reasons.at(-1)).toBe("workers blocked (this host has none)");
      expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
    });
  });
});

describe("a page that is not isolated", () => {
  test("plain memory, one thread, same bits", async () => {
    await forgetRuntime();
    await withReplaced(globalThis, "crossOriginIsolated", false, async () => {
      expect(backend()).toMatchObject({ name: "wasm-relaxed", threads: 1, sharedMemory: false });
      expect(backend().reasons).toEqual(["SharedArrayBuffer unavailable: page is not cross-origin isolated"]);
      expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
    });
  });
});

function constructorOf(create: (url: string) => Worker): unknown {
  return function start(url: string) {
    return create(url);
  };
}
