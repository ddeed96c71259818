import { describe, expect, test } from "vitest";
import { measure, type MeasureOptions } from "../src/measure.js";
import { ratioOfTimes } from "../src/statistics.js";
import type { Clock, Runnable } from "../src/timer.js";

/** A clock that only moves when somebody works, on a machine whose speed is a function of time. */
function fakeMachine(slowness: (milliseconds: number) => number = () => 1): { clock: Clock; worker: (cost: number) => Runnable } {
  let now = 0;
  let cpu = 0;
  const work = (cost: number): void => {
    const spent = cost * slowness(now);
    now += spent;
    cpu += spent;
  };
  return {
    clock: { now: () => now, cpu: () => cpu },
    worker: (cost) => ({
      run: () => {
        work(cost);
        return new Float64Array([cost]);
      },
    }),
  };
}

const exactly = (rounds: number): MeasureOptions => ({ rounds, sampleTime: 20, precision: Infinity });

describe("oracle", () => {
  test("times of known costs, whatever the order", async () => {
    const { clock, worker } = fakeMachine();
    const samples = await measure([worker(30), worker(60), worker(3)], { ...exactly(5), clock });
    for (const [c, seconds] of [0.03, 0.06, 0.003].entries()) {
      expect(samples[c]!.times).toHaveLength(5);
      for (const time of samples[c]!.times) expect(time).toBeCloseTo(seconds, 12);
    }
    expect(samples[0]!.repeats).toBe(1);
    expect(samples[2]!.repeats).toBe(7); // the least count that fills 20 ms
    expect(samples[2]!.cpu).toBeCloseTo(0.003, 12);
  });

  test("a machine that slows down 10 % a round: two equal contenders stay within 0.5 %; without mirroring they do not", async () => {
    const ratioWith = async (mirrored: boolean, seed: number): Promise<number> => {
      const { clock, worker } = fakeMachine((t) => 1 + 0.1 * (t / 1000)); // a round of two contenders takes about a second
      const costs = mirrored ? 250 : 500;
      const [a, b] = await measure([worker(costs), worker(costs)], { ...exactly(9), clock, mirrored, seed });
      return ratioOfTimes(a!.times, b!.times).value;
    };
    let unmirrored = 0;
    for (let seed = 0; seed < 10; seed++) {
      expect(Math.abs((await ratioWith(true, seed)) - 1)).toBeLessThan(0.005);
      unmirrored = Math.max(unmirrored, Math.abs((await ratioWith(false, seed)) - 1));
    }
    expect(unmirrored).toBeGreaterThan(0.02);
  });

  test("contenders with runs of microseconds are warmed for as long as those of milliseconds", async () => {
    const { clock, worker } = fakeMachine();
    const spent = [0, 0];
    const counted = [0.002, 2].map((cost, c) => ({
      run: () => {
        spent[c]! += cost;
        return worker(cost).run();
      },
    }));
    await measure(counted, { ...exactly(1), clock });
    for (const milliseconds of spent) expect(milliseconds).toBeGreaterThan(60 + 2 * 20); // and a round of two samples
    expect(spent[0]! / spent[1]!).toBeCloseTo(1, 0);
  });

  test("a contender timed by a clock beside the work is taken at its word", async () => {
    const { clock, worker } = fakeMachine();
    const [sample] = await measure([{ ...worker(5), seconds: () => 0.03 }], { ...exactly(2), clock });
    for (const time of sample!.times) expect(time).toBeCloseTo(0.03, 12);
    expect(sample).toMatchObject({ repeats: 1, preempted: 0 });
  });

  test("a contender far slower than ours is timed once", async () => {
    const { clock, worker } = fakeMachine();
    const [ours, slow] = await measure([worker(10), worker(500)], { ...exactly(4), clock, mayBeSlow: [false, true] });
    expect(ours!.once).toBe(false);
    expect(slow).toMatchObject({ once: true, times: [0.5], cut: false });
  });

  test("one that took seconds is not run again: its first call is its sample", async () => {
    const { clock, worker } = fakeMachine();
    let runs = 0;
    const slow = { run: () => runs++ };
    const options = { ...exactly(2), clock, mayBeSlow: [false, true], firstCalls: [10, 7000] };
    const [, sample] = await measure([worker(10), slow], options);
    expect(sample).toMatchObject({ once: true, times: [7] });
    expect(runs).toBe(0);
  });

  test("the cutoff cuts rounds and says so", async () => {
    const { clock, worker } = fakeMachine();
    const [sample] = await measure([worker(100)], { ...exactly(9), clock, cutoff: 450 });
    expect(sample!.cut).toBe(true);
    expect(sample!.times.length).toBeGreaterThanOrEqual(1);
    expect(sample!.times.length).toBeLessThan(9);
  });

  test("noisy ratios get more rounds than asked for, quiet ones do not", async () => {
    let wobble = 0;
    const noisy = fakeMachine(() => 1 + 0.4 * ((wobble = (wobble * 7 + 3) % 11) / 11));
    const options = { rounds: 3, sampleTime: 1, precision: 0.03, budget: 5000 };
    const more = await measure([noisy.worker(10), noisy.worker(10)], { ...options, clock: noisy.clock });
    const quiet = fakeMachine();
    const enough = await measure([quiet.worker(10), quiet.worker(10)], { ...options, clock: quiet.clock });
    expect(more[0]!.times.length).toBeGreaterThan(3);
    expect(enough[0]!.times).toHaveLength(3);
  });

  test("a sample during which others had the processor is repeated once and counted", async () => {
    let now = 0;
    let cpu = 0;
    let calls = 0;
    const clock: Clock = { now: () => now, cpu: () => cpu };
    const run = (): number => {
      calls++;
      now += calls === 4 ? 100 : 20;
      return (cpu += 20);
    };
    const [sample] = await measure([{ run }], { ...exactly(2), clock });
    expect(sample!.preempted).toBe(1);
    for (const time of sample!.times) expect(time).toBeCloseTo(0.02, 12);
  });

  test("the budget ends the search for precision, not the rounds asked for", async () => {
    let wobble = 0;
    const { clock, worker } = fakeMachine(() => 1 + 0.4 * ((wobble = (wobble * 7 + 3) % 11) / 11));
    const [a] = await measure([worker(100), worker(100)], { rounds: 3, sampleTime: 1, precision: 1e-6, budget: 100, clock });
    expect(a!.times).toHaveLength(3);
    expect(a!.cut).toBe(false);
  });

  test("a first call that agrees with the next run ends the warm-up", async () => {
    const { clock, worker } = fakeMachine();
    let runs = 0;
    const { run } = worker(20);
    const counted = { run: () => [runs++, run()] };
    await measure([counted], { ...exactly(1), clock, firstCalls: [21] });
    expect(runs).toBe(1 + 2); // one warm-up, one round forth and back
  });

  test("results are released, and promises awaited, outside and inside the clock", async () => {
    const { clock, worker } = fakeMachine();
    const made = new Set<unknown>();
    const inner = worker(10);
    const contender: Runnable = {
      run: async () => {
        await Promise.resolve();
        const output = inner.run();
        made.add(output);
        return output;
      },
      release: (output) => {
        expect(made.delete(output)).toBe(true);
      },
    };
    const [sample] = await measure([contender], { ...exactly(3), clock });
    expect(sample!.times[0]).toBeCloseTo(0.01, 12);
    expect(made.size).toBe(0);
  });

  test("an aborted signal ends after the sample in hand and keeps what is there", async () => {
    const { clock, worker } = fakeMachine();
    const control = new AbortController();
    const onProgress = (share: number): void => {
      if (share >= 0.5) control.abort();
    };
    const [sample] = await measure([worker(30)], { ...exactly(4), clock, signal: control.signal, onProgress });
    expect(sample!.times).toHaveLength(2);
    expect(sample!.cut).toBe(true);
  });
});

describe("errors", () => {
  test("a contender that throws is left out from then on, with what it threw", async () => {
    const { clock, worker } = fakeMachine();
    let runs = 0;
    const failing: Runnable = {
      run: () => {
        if (++runs > 5) throw new Error("out of memory");
        return worker(20).run();
      },
    };
    const [healthy, failed] = await measure([worker(20), failing], { ...exactly(4), clock });
    expect(healthy!.times).toHaveLength(4);
    expect(healthy!.failure).toBeUndefined();
    expect(failed!.failure).toEqual(new Error("out of memory"));
    expect(runs).toBe(6);
  });
});
