import type { Certificate } from "@subquad/linalg-core";
import { checkCertificate } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import { AbsentError, type Case, type CaseContext, type Contender, type Prepared } from "../src/case.js";
import { ownFailures } from "../src/result.js";
import { runCase } from "../src/run-case.js";

const context: CaseContext = { seed: "0", threads: 1, once: (_, make) => make() };
const truth = Float64Array.from({ length: 100 }, (_, i) => i);

/** A contender that answers the truth plus an error in every entry. */
function answering(
  name: string,
  error: number,
  more: Partial<Contender<null, Float64Array>> & { claim?: Prepared<Float64Array>["claim"] } = {},
) {
  const { claim, ...rest } = more;
  const contender: Contender<null, Float64Array> = {
    name,
    role: "rival",
    prepare: () =>
      Promise.resolve({ run: () => truth.map((x) => x + error), read: (out) => out as Float64Array, ...(claim ? { claim } : {}) }),
    ...rest,
  };
  return contender;
}

function failing(name: string, error: Error, where: "prepare" | "run" | "later"): Contender<null, Float64Array> {
  let runs = 0;
  return {
    name,
    role: "rival",
    prepare: () => {
      if (where === "prepare") return Promise.reject(error);
      const run = (): Float64Array => {
        if (where === "run" || runs++ > 0) throw error;
        return truth.slice();
      };
      return Promise.resolve({ run, read: (out) => out as Float64Array });
    },
  };
}

function hanging(name: string, run: () => unknown): Contender<null, Float64Array> {
  return { name, role: "rival", prepare: () => Promise.resolve({ run, read: () => truth }) };
}

/** (func (export "f") (loop (br 0))) */
function endless(): unknown {
  const bytes = Uint8Array.from("0061736d0100000001040160000003020100070501016600000a0901070003400c000b0b".match(/../g)!, (byte) =>
    Number.parseInt(byte, 16),
  );
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as { f(): unknown };
  return f();
}

function runWith(contenders: readonly Contender<null, Float64Array>[], timeLimit = Infinity) {
  const benchCase: Case<null, Float64Array> = {
    id: "test/gate",
    question: "Is the gate shut?",
    sizes: { quick: [{ n: 1 }], full: [{ n: 1 }] },
    errorUnit: "absolute",
    allowedError: 0.1,
    contenders,
    input: () => Promise.resolve(null),
    reference: () => Promise.resolve(truth),
    error: (output) => output.reduce((worst, x, i) => (Math.abs(x - truth[i]!) <= worst ? worst : Math.abs(x - truth[i]!)), 0),
    verify: (claim, output) => {
      const errors = output.map((x, i) => Math.abs(x - truth[i]!));
      const { holds, above, rows, worst } = checkCertificate(claim.certificate, Float64Array.from(errors), claim.relativeBound);
      return { holds, trueError: worst, shareAbove: above / rows, worst };
    },
  };
  return runCase(benchCase, { n: 1 }, contenders, context, { rounds: 2, sampleTime: 0.01, timeLimit });
}

const certified = (bound: number): Prepared<Float64Array>["claim"] => {
  const certificate: Certificate = { kind: "statistical", bound, norm: "row maximum", fraction: 0.02, confidence: 0.99 };
  return () => ({ method: "nystrom", certificate, relativeBound: bound });
};

describe("oracle", () => {
  test("twice the allowed error disqualifies, and the time is still there to be struck through", async () => {
    const { contenders } = await runWith([answering("right", 0.05), answering("wrong", 0.2)]);
    expect(contenders[0]).toMatchObject({ status: "ok" });
    expect(contenders[1]).toMatchObject({ status: "wrong", reason: "error 0.2, allowed 0.1" });
    expect(contenders[1]!.median).toBeGreaterThan(0);
  });

  test("a contender's own allowance replaces the case's", async () => {
    const { contenders } = await runWith([answering("loose", 0.2, { allowedError: 0.5 })]);
    expect(contenders[0]!.status).toBe("ok");
  });

  test("NaN is wrong, and no number", async () => {
    const { contenders } = await runWith([answering("nan", NaN)]);
    expect(contenders[0]).toMatchObject({ status: "wrong", reason: "error not a number, allowed 0.1" });
    expect(contenders[0]!.error).toBeUndefined();
  });

  test("ratios name our exact method and the fastest right rival, never a wrong one", async () => {
    const { contenders } = await runWith([
      answering("exact", 0, { role: "ours-exact" }),
      answering("auto", 0.01, { role: "ours" }),
      answering("rival", 0.02),
      answering("wrong", 1),
    ]);
    expect(contenders[1]!.versusExact!.value).toBeGreaterThan(0);
    expect(contenders[1]!.versusRival!.rival).toBe("rival");
    expect(contenders[2]!.versusRival).toBeUndefined();
  });

  test("machine code and other numbers of threads are never the rival that is beaten", async () => {
    const { contenders } = await runWith([
      answering("two threads", 0, { role: "ours", threads: 2 }),
      answering("one thread", 0, { role: "ours" }),
      answering("NumPy", 0, { engine: "native" }),
      answering("rival", 0),
      answering("rival on two", 0, { threads: 2 }),
    ]);
    expect(contenders[0]!.versusRival!.rival).toBe("rival on two");
    expect(contenders[1]!.versusRival!.rival).toBe("rival");
  });
});

describe("certificate is honest", () => {
  test("a bound that the true error exceeds is a failure of our own, whatever the gate says", async () => {
    const result = await runWith([
      answering("kept", 0.01, { role: "ours", claim: certified(0.02) }),
      answering("broken", 0.05, { role: "ours", claim: certified(0.02) }),
    ]);
    expect(result.contenders[0]!.claim).toMatchObject({ holds: true, shareAbove: 0 });
    expect(result.contenders[1]).toMatchObject({ status: "wrong", reason: "broken certificate: true error 0.05, certified 0.02" });
    expect(ownFailures([result]).map(({ row }) => row.name)).toEqual(["broken"]);
  });
});

describe("errors", () => {
  test("absent, failing and unfit contenders are rows with a reason; the others go on", async () => {
    const { contenders } = await runWith([
      answering("right", 0),
      failing("absent", new AbsentError("not installed: npm run rivals"), "prepare"),
      failing("crashing", new Error("memory access out of bounds in /home/someone/lib/x.js"), "run"),
      answering("unfit", 0, { unfit: () => "too large" }),
    ]);
    expect(contenders.map(({ status }) => status)).toEqual(["ok", "absent", "failed", "unfit"]);
    expect(contenders[1]!.reason).toBe("not installed: npm run rivals");
    expect(contenders[2]!.reason).toBe("memory access out of bounds in …");
    expect(contenders[3]!.reason).toBe("too large");
  });

  test("a contender that hangs, in a loop, in WebAssembly, or on a promise, is stopped and named; the others go on", async () => {
    const { contenders } = await runWith(
      [
        hanging("loop", () => {
          for (;;);
        }),
        hanging("wasm", () => endless()),
        hanging("promise", () => new Promise(() => undefined)),
        answering("right", 0),
      ],
      1000,
    );
    expect(contenders.map(({ status, reason }) => reason ?? status)).toEqual(["> 1 s", "> 1 s", "> 1 s", "ok"]);
    expect(contenders[0]!.status).toBe("timeout");
  });

  test("a method of ours that may be slow is timed once where it is far slower than the rest", async () => {
    const wait = (name: string, milliseconds: number, mayBeSlow: boolean): Contender<null, Float64Array> => ({
      name,
      role: "ours",
      mayBeSlow,
      prepare: () => Promise.resolve({ run: () => new Promise((resolve) => setTimeout(resolve, milliseconds)), read: () => truth }),
    });
    const { contenders } = await runWith([wait("quick", 5, false), wait("slow", 1200, true)]); // over a second, and over ten times as long
    expect(contenders.map(({ times }) => times!.length)).toEqual([2, 1]);
  });

  test("a contender that fails while it is timed takes nobody with it", async () => {
    const { contenders } = await runWith([answering("right", 0), failing("later", new Error("heap is full"), "later")]);
    expect(contenders[0]).toMatchObject({ status: "ok" });
    expect(contenders[0]!.median).toBeGreaterThan(0);
    expect(contenders[1]).toMatchObject({ status: "failed", reason: "while timed: heap is full" });
  });
});
