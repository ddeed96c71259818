import { backend, closePool, configure, ready } from "@subquad/linalg-core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { attention, attentionSync, exactAttention, nystromAttention } from "../src/index.js";
import { inputs, sameBits } from "./support.js";

vi.setConfig({ testTimeout: 60_000 }); // a loaded machine takes its time

interface NodeWorker {
  terminate(): Promise<number>;
}
type WorkerConstructor = new (source: string, options: object) => NodeWorker;
const threadsModule = process.getBuiltinModule("node:worker_threads") as unknown as { Worker: WorkerConstructor };
const { Worker } = threadsModule;

const call = inputs({ n: 3000, d: 8, e: 8, heads: 2, dtype: "float32", deviation: 0.4 });
const expected = attentionSync(call.q, call.k, call.v);
const exactly = attentionSync(call.q, call.k, call.v, { method: "exact" });
const run = (threads: number | "auto") => attention(call.q, call.k, call.v, { threads });

beforeEach(() => {
  configure({ threads: 2 });
});
afterEach(async () => {
  threadsModule.Worker = Worker;
  configure({ threads: "auto" });
  await closePool();
});

describe("laws", () => {
  test.each([1, 2, 3, 4, "auto"] as const)("%s threads: the bits of Sync", async (threads) => {
    await ready();
    expect(expected.method).toBe("nystrom");
    const { output, certificate, heads } = await run(threads);
    expect(sameBits(output, expected.output)).toBe(true);
    expect([certificate, heads]).toEqual([expected.certificate, expected.heads]);
    expect(sameBits((await exactAttention(call.q, call.k, call.v, { threads })).output, exactly.output)).toBe(true);
  });

  test("deterministic mode: its own bits, equal for all threads", async () => {
    const usual = backend().deterministic;
    configure({ deterministic: true });
    try {
      await ready();
      const here = attentionSync(call.q, call.k, call.v);
      expect(backend().deterministic).toBe(true);
      for (const threads of [1, 2]) expect(sameBits((await run(threads)).output, here.output)).toBe(true);
    } finally {
      await closePool();
      configure({ deterministic: usual });
    }
  });

  test("jobs side by side on the pool", async () => {
    await ready();
    const outputs = await Promise.all([run(2), run(1), exactAttention(call.q, call.k, call.v, { threads: 2 }), run(2)]);
    expect(outputs.map(({ output }, i) => sameBits(output, i === 2 ? exactly.output : expected.output))).toEqual([true, true, true, true]);
  });
});

describe("errors", () => {
  /** Starts the pool of two and keeps its workers. */
  async function born(): Promise<NodeWorker[]> {
    const workers: NodeWorker[] = [];
    threadsModule.Worker = function start(source: string, options: object) {
      const worker = new Worker(source, options);
      workers.push(worker);
      return worker;
    } as unknown as WorkerConstructor;
    await closePool();
    await ready();
    return workers;
  }

  test("a worker that dies in the middle: the same bits, the reason recorded, a pool again", async () => {
    for (const at of [1, 3, 9]) {
      const workers = await born();
      expect(workers.length).toBeGreaterThan(0);
      let turns = 0;
      const job = exactAttention(call.q, call.k, call.v, { threads: 2 });
      await new Promise<void>((resolve) => {
        const wait = (): void => {
          if (++turns < at) setImmediate(wait);
          else resolve();
        };
        wait();
      });
      await workers[0]!.terminate();
      expect(sameBits((await job).output, exactly.output)).toBe(true);
      expect(sameBits((await run(2)).output, expected.output)).toBe(true);
    }
  });

  test("all workers die, in an approximate call", async () => {
    const workers = await born();
    const job = nystromAttention(call.q, call.k, call.v, { threads: 2, rank: 200 });
    const alone = attentionSync(call.q, call.k, call.v, { method: "nystrom", rank: 200 });
    await Promise.all(workers.map((worker) => worker.terminate()));
    expect(sameBits((await job).output, alone.output)).toBe(true);
    expect(sameBits((await run(2)).output, expected.output)).toBe(true);
  });

  test("a worker that is dead before the call", async () => {
    const workers = await born();
    await workers[0]!.terminate();
    expect(sameBits((await run(2)).output, expected.output)).toBe(true);
  });

  test("workers that cannot be made: one thread, the same bits, the reason", async () => {
    await closePool();
    threadsModule.Worker = function refuse(): never {
      throw new Error("ERR_ACCESS_DENIED");
    } as unknown as WorkerConstructor;
    expect(sameBits((await run(2)).output, expected.output)).toBe(true);
    await ready();
    expect(backend().reasons.join()).toContain("workers blocked");
  });

  test("an abort on the pool, then the next call", async () => {
    await ready();
    const controller = new AbortController();
    const job = exactAttention(call.q, call.k, call.v, { threads: 2, signal: controller.signal });
    setImmediate(() => {
      controller.abort("enough");
    });
    await expect(job).rejects.toBe("enough");
    expect(sameBits((await run(2)).output, expected.output)).toBe(true);
  });
});
