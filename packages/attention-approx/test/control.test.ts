import { backend, configure } from "@subquad/linalg-core";
import { describe, expect, test, vi } from "vitest";
import { attention, attentionSync, exactAttention, nystromAttention } from "../src/index.js";
import { inputs, sameBits, type Inputs } from "./support.js";

vi.setConfig({ testTimeout: 60_000 }); // a loaded machine takes its time

const call = inputs({ n: 1500, d: 6, e: 4, heads: 2, dtype: "float32", deviation: 0.4 });
const expected = attentionSync(call.q, call.k, call.v);
const methods: Readonly<Record<string, (given: Inputs, control: object) => Promise<unknown>>> = {
  attention: ({ q, k, v }, control) => attention(q, k, v, control),
  exactAttention: ({ q, k, v }, control) => exactAttention(q, k, v, control),
  nystromAttention: ({ q, k, v }, control) => nystromAttention(q, k, v, { rank: 64, ...control }),
};

/** A signal that is aborted from its n-th look on: where an algorithm looks, not when, decides. */
function abortedAt(n: number) {
  const controller = new AbortController();
  const reason = new Error(`look ${n}`);
  let looks = 0;
  const look = (): boolean => {
    if (++looks >= n && !controller.signal.aborted) controller.abort(reason);
    return controller.signal.aborted;
  };
  const signal = {
    get aborted() {
      return look();
    },
    throwIfAborted: () => {
      controller.signal.throwIfAborted();
    },
    addEventListener: controller.signal.addEventListener.bind(controller.signal),
    removeEventListener: controller.signal.removeEventListener.bind(controller.signal),
    get reason() {
      return controller.signal.reason as unknown;
    },
  };
  return { signal: signal as unknown as AbortSignal, reason, looks: () => looks };
}

/** Nothing of a call is left: no memory is held, and settings that wait for the end of all calls can be changed. */
function expectClean(): void {
  const { deterministic } = backend();
  configure({ deterministic: !deterministic });
  configure({ deterministic });
}

describe("errors", () => {
  test.each(Object.entries(methods))("%s: a signal that is aborted before", async (_, run) => {
    const reason = { any: "reason" };
    const seen: number[] = [];
    await expect(run(call, { signal: AbortSignal.abort(reason), onProgress: (done: number) => seen.push(done) })).rejects.toBe(reason);
    expect(seen).toEqual([]);
    expectClean();
  });

  test.each(Object.entries(methods))("%s: an abort at every place where it looks: the reason, and nothing is left", async (_, run) => {
    let completed = false;
    for (let n = 2; !completed && n < 400; n += 1 + Math.floor(n / 6)) {
      const { signal, reason } = abortedAt(n);
      const outcome = await run(call, { signal }).then(() => "done", (error: unknown) => error); // prettier-ignore
      completed = outcome === "done";
      if (!completed) expect(outcome).toBe(reason);
      expectClean();
    }
    expect(completed).toBe(true);
    expect(sameBits((await attention(call.q, call.k, call.v)).output, expected.output)).toBe(true);
  });

  test("an abort from outside, while it runs", async () => {
    const controller = new AbortController();
    const slow = inputs({ n: 4000, d: 16, heads: 2, dtype: "float32" });
    const job = exactAttention(slow.q, slow.k, slow.v, { signal: controller.signal });
    queueMicrotask(() => {
      controller.abort("enough");
    });
    await expect(job).rejects.toBe("enough");
    expectClean();
  });

  test("an abort afterwards changes nothing", async () => {
    const controller = new AbortController();
    const result = await attention(call.q, call.k, call.v, { signal: controller.signal });
    controller.abort();
    expect(sameBits(result.output, expected.output)).toBe(true);
  });

  test("a throw in onProgress ends the call with that error", async () => {
    const error = new Error("no more");
    for (const run of Object.values(methods)) {
      await expect(
        run(call, {
          onProgress: () => {
            throw error;
          },
        }),
      ).rejects.toBe(error);
      expectClean();
    }
  });

  test("memory of aborted and refused calls is given back", async () => {
    await attention(call.q, call.k, call.v);
    const { arenaBytes } = backend();
    for (let n = 2; n < 12; n++) {
      await attention(call.q, call.k, call.v, { signal: abortedAt(n).signal }).catch(() => undefined);
      await attention(call.q, call.k, call.v, { tolerance: -1 }).catch(() => undefined);
      await nystromAttention(call.q, call.k, call.v, { rank: 2, tolerance: 1e-9, onMiss: "throw" }).catch(() => undefined);
    }
    expect(backend().arenaBytes).toBe(arenaBytes);
  });
});

describe("laws", () => {
  test.each(Object.entries(methods))("%s: progress grows and ends at the whole", async (_, run) => {
    const seen: number[] = [];
    await run(call, {
      onProgress: (done: number, total: number) => {
        expect(total).toBeGreaterThan(0);
        seen.push(done / total);
      },
    });
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
  });

  test("calls side by side, and a Sync call in between: each its own bits", async () => {
    const other = inputs({ n: 1200, d: 3, e: 2, dtype: "float32", deviation: 0.5 });
    const alone = [attentionSync(other.q, other.k, other.v), expected];
    const jobs = [
      attention(other.q, other.k, other.v),
      attention(call.q, call.k, call.v),
      attention(other.q, other.k, other.v, { threads: 1 }),
    ];
    const between = attentionSync(call.q, call.k, call.v);
    const [a, b, c] = await Promise.all(jobs);
    expect([
      sameBits(a!.output, alone[0]!.output),
      sameBits(b!.output, alone[1]!.output),
      sameBits(c!.output, alone[0]!.output),
      sameBits(between.output, expected.output),
    ]).toEqual([true, true, true, true]);
  });
});
