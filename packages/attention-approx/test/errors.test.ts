import { isNumericsError, NotConvergedError } from "@subquad/linalg-core";
import { plain, strided } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import {
  attention,
  attentionSync,
  exactAttention,
  exactAttentionSync,
  mergeAttention,
  nystromAttention,
  nystromAttentionSync,
  planAttention,
  type AttentionOptions,
  type AttentionResult,
} from "../src/index.js";
import { errorOf, inputs, rejectionOf, sameBits, type Inputs } from "./support.js";

type Options = Record<string, unknown>;
type Call = (given: Inputs, options?: Options) => Promise<unknown>;
type Loose = (q: unknown, k: unknown, v: unknown, options?: unknown) => unknown;

const later = async (run: () => unknown): Promise<unknown> => {
  await Promise.resolve();
  return run();
};

/** Every entry, as a promise; a Sync entry that throws rejects, an asynchronous one that throws before it returns a promise is caught by its own test. */
const entries: Readonly<Record<string, Call>> = {
  attention: ({ q, k, v }, options) => (attention as Loose)(q, k, v, options) as Promise<unknown>,
  exactAttention: ({ q, k, v }, options) => (exactAttention as Loose)(q, k, v, options) as Promise<unknown>,
  nystromAttention: ({ q, k, v }, options) => (nystromAttention as Loose)(q, k, v, options) as Promise<unknown>,
  attentionSync: ({ q, k, v }, options) => later(() => (attentionSync as Loose)(q, k, v, options)),
  exactAttentionSync: ({ q, k, v }, options) => later(() => (exactAttentionSync as Loose)(q, k, v, options)),
  nystromAttentionSync: ({ q, k, v }, options) => later(() => (nystromAttentionSync as Loose)(q, k, v, options)),
  planAttention: (given, options) => later(() => (planAttention as (input: unknown, options?: unknown) => unknown)(given, options)),
};
const names = Object.keys(entries);
const named = names.filter((name) => name.startsWith("nystrom"));
const automatic = ["attention", "attentionSync", "planAttention"];

/** That every entry refuses, with its own name in front and the argument named. */
async function allRefuse(
  given: Inputs | ((name: string) => Inputs),
  code: string,
  argument: string,
  options?: Options,
  of: readonly string[] = names,
) {
  for (const name of of) {
    const call = typeof given === "function" ? given(name) : given;
    const error = await rejectionOf(() => entries[name]!(call, options));
    expect([name, error.code, error.where, error.argument]).toEqual([name, code, name, argument]);
    expect(error.message.startsWith(`${name}(${argument}): expected `)).toBe(true);
    expect(error.message).toContain(", got ");
  }
}

const good = inputs({ n: 6, m: 5, d: 3, e: 2 });
const stack = inputs({ n: 6, m: 5, d: 3, e: 2, heads: 2 });
const long = inputs({ n: 1100, d: 3, e: 2, dtype: "float32", deviation: 0.4 }); // long enough to be approximated

const spoilt = (A: Inputs["q"], at: readonly number[], value: number): Inputs["q"] => {
  const data = (A.data as Float64Array).slice();
  data[at.reduce((p, i, axis) => p + i * A.stride[axis]!, 0)] = value;
  return { ...A, data };
};
const array = (shape: readonly number[], value = 0) => plain(new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(value), shape);

describe("errors: shapes", () => {
  test("rank 1, rank 4, numbers, nothing", async () => {
    for (const letter of ["q", "k", "v"] as const) {
      for (const bad of [array([6]), array([1, 2, 6, 3]), array([])]) await allRefuse({ ...good, [letter]: bad }, "ERR_SHAPE", letter);
      for (const bad of [undefined, null, 7, "q", {}, [[1, 2], [3]], [["a"]], [[1, undefined]]]) {
        // prettier-ignore
        await allRefuse({ ...good, [letter]: bad as never }, "ERR_SHAPE", letter, undefined, names.filter((name) => name !== "planAttention" || letter !== "q" || bad !== undefined));
      }
    }
  });

  test("lengths that do not agree: the message names both shapes", async () => {
    const cases: readonly (readonly [Partial<Inputs>, string, readonly string[]])[] = [
      [{ k: array([5, 4]) }, "k", ["3", "[5, 4]"]],
      [{ v: array([4, 2]) }, "v", ["5", "[4, 2]"]],
      [{ k: array([1, 5, 3]) }, "k", ["[1, 5, 3]"]],
      [{ v: array([2, 5, 2]) }, "v", ["[2, 5, 2]"]],
    ];
    for (const [part, argument, words] of cases) {
      await allRefuse({ ...good, ...part }, "ERR_SHAPE", argument);
      const { message } = await rejectionOf(() => entries.attentionSync!({ ...good, ...part }));
      for (const word of words) expect(message).toContain(word);
    }
    await allRefuse({ ...stack, k: array([3, 5, 3]), v: array([3, 5, 2]) }, "ERR_SHAPE", "k"); // 2 query heads, 3 key heads
    await allRefuse({ ...stack, v: array([1, 5, 2]) }, "ERR_SHAPE", "v");
    await allRefuse({ q: array([6, 0]), k: array([5, 1]), v: array([5, 2]) }, "ERR_SHAPE", "k");
    await allRefuse({ q: array([0, 3]), k: array([0, 2]), v: array([0, 2]) }, "ERR_SHAPE", "k"); // also where there is nothing to compute
  });

  test("a layout that leaves its data", async () => {
    const data = new Float64Array(17);
    await allRefuse({ ...good, q: { data, shape: [6, 3], stride: [3, 1], offset: 0 } }, "ERR_SHAPE", "q");
    await allRefuse({ ...good, q: { data, shape: [5, 3], stride: [3, 1], offset: -1 } }, "ERR_SHAPE", "q");
    await allRefuse({ ...good, q: { data, shape: [5.5, 3], stride: [3, 1], offset: 0 } }, "ERR_SHAPE", "q");
  });

  test("widths beyond 2048", async () => {
    for (const name of names) {
      for (const wideCall of [
        { ...good, q: array([6, 2049]), k: array([5, 2049]) },
        { ...good, v: array([5, 2049]) },
      ]) {
        const error = await rejectionOf(() => entries[name]!(wideCall));
        expect(["ERR_SHAPE", "ERR_LIMIT"]).toContain(error.code);
        expect(error.message).toMatch(/2048.*2049/s);
      }
    }
  });

  test("masks and biases", async () => {
    const exact = names.filter((name) => !named.includes(name));
    const cases: readonly (readonly [keyof AttentionOptions, unknown])[] = [
      ["keyMask", array([4], 1)],
      ["keyMask", array([1, 5], 1)],
      ["keyMask", "ones"],
      ["keyBias", array([6])],
      ["keyBias", array([6, 5])],
      ["keyBias", [[0, 0, 0, 0, 0]]],
      ["mask", array([5, 6])],
      ["mask", array([6])],
      ["mask", array([1, 6, 5])],
      ["mask", [[1, 1], [1]]],
    ];
    for (const [option, value] of cases) await allRefuse(good, "ERR_SHAPE", option, { [option]: value }, exact);
    for (const bad of [0.5, 2, -1, NaN]) {
      const values = new Float64Array(5).fill(1);
      values[3] = bad;
      for (const name of exact) {
        const error = await rejectionOf(() => entries[name]!(good, { keyMask: values }));
        expect([error.where, error.argument]).toEqual([name, "keyMask"]);
        expect(error.message).toContain(String(bad));
      }
    }
  });
});

describe("errors: entries that are no numbers", () => {
  const values = [NaN, Infinity, -Infinity];
  test("queries, keys, values: the index is named", async () => {
    for (const letter of ["q", "k", "v"] as const) {
      for (const value of values) {
        await allRefuse({ ...good, [letter]: spoilt(good[letter], [4, 1], value) }, "ERR_NON_FINITE", letter);
        const error = await rejectionOf(() => entries.attention!({ ...stack, [letter]: spoilt(stack[letter], [1, 3, 1], value) }));
        expect(error).toMatchObject({ code: "ERR_NON_FINITE", argument: letter, value, index: [1, 3, 1] });
        expect(error.message).toContain(`${value} at [1, 3, 1]`);
      }
    }
  });

  test("long inputs, float32, every method; first of several", () => {
    for (const letter of ["q", "k", "v"] as const) {
      const given = { ...long, [letter]: spoilt(spoilt(long[letter], [1099, 1], NaN), [700, 0], Infinity) };
      for (const run of [attentionSync, exactAttentionSync, nystromAttentionSync]) {
        expect(errorOf(() => run(given.q, given.k, given.v))).toMatchObject({
          code: "ERR_NON_FINITE",
          argument: letter,
          index: [700, 0],
          value: Infinity,
        });
      }
      expect(errorOf(() => planAttention(given))).toMatchObject({
        code: "ERR_NON_FINITE",
        where: "planAttention",
        argument: letter,
        index: [700, 0],
      });
    }
  });

  test("strided views name the index that the caller knows", () => {
    for (const layout of ["transposed", "sliced", "stepped", "negative"] as const) {
      const k = strided(spoilt(good.k, [2, 1], NaN), layout);
      expect(errorOf(() => attentionSync(good.q, k, good.v))).toMatchObject({ code: "ERR_NON_FINITE", argument: "k", index: [2, 1] });
    }
  });

  test("what lies between the entries of a view may be anything", () => {
    const q = strided(good.q, "stepped");
    const data = (q.data as Float64Array).map((x) => (x === -987654321 ? NaN : x)); // the kit's sentinel
    expect(data.some(Number.isNaN)).toBe(true);
    expect(sameBits(attentionSync({ ...q, data }, good.k, good.v).output, attentionSync(good.q, good.k, good.v).output)).toBe(true);
  });

  test("biases and masks; −Infinity hides in a float mask, and only there", () => {
    const bias = new Float64Array(5);
    for (const value of values) {
      bias[2] = value;
      expect(errorOf(() => attentionSync(good.q, good.k, good.v, { keyBias: bias }))).toMatchObject({
        code: "ERR_NON_FINITE",
        argument: "keyBias",
        index: [2],
      });
    }
    for (const value of [NaN, Infinity]) {
      for (const mask of [
        spoilt(array([6, 5]), [3, 2], value),
        { ...spoilt(array([6, 5]), [3, 2], value), data: Float32Array.from(spoilt(array([6, 5]), [3, 2], value).data) },
      ]) {
        expect(errorOf(() => attentionSync(good.q, good.k, good.v, { mask }))).toMatchObject({
          code: "ERR_NON_FINITE",
          argument: "mask",
          index: [3, 2],
        });
      }
    }
    const hidden = attentionSync(good.q, good.k, good.v, { mask: spoilt(array([6, 5]), [3, 2], -Infinity) });
    expect(Array.from(hidden.output.data).every(Number.isFinite)).toBe(true);
  });

  test("also in keys that a mask hides", () => {
    const k = spoilt(good.k, [2, 1], NaN);
    expect(errorOf(() => attentionSync(good.q, k, good.v, { keyMask: [1, 1, 0, 1, 1] }))).toMatchObject({
      code: "ERR_NON_FINITE",
      argument: "k",
      index: [2, 1],
    });
  });
});

describe("errors: options", () => {
  const bad: readonly (readonly [string, readonly unknown[]])[] = [
    ["tolerance", [0, -1e-9, NaN, "0.1", null, -Infinity]],
    ["fraction", [0, 1, -0.1, 1.5, NaN, null, "0.02"]],
    ["confidence", [0, 1, -0.1, 1.5, NaN, null, "0.99"]],
    ["toleranceUnit", ["Spread", "", null, 1, "variance"]],
    ["onMiss", ["", "ignore", null, true]],
    ["certifyPerHead", [1, 0, "yes", null]],
    ["scale", [0, -0, NaN, Infinity, -Infinity, "1", null]],
    ["returnLogSumExp", [1, "yes", null]],
    ["maxBytes", [NaN, -1, "many", null]],
    ["seed", [{}, null, true, NaN, Infinity, []]],
  ];
  test.each(bad)("%s out of range", async (option, values) => {
    const forExact = ["scale", "returnLogSumExp", "maxBytes"].includes(option);
    for (const value of values) {
      await allRefuse(
        good,
        "ERR_OPTION",
        option,
        { [option]: value },
        forExact ? names : names.filter((name) => !name.startsWith("exact")),
      );
      // an option that does nothing for the exact method is refused too, whatever its value
      if (!forExact)
        for (const name of ["exactAttention", "exactAttentionSync"])
          await expect(entries[name]!(good, { [option]: value })).rejects.toMatchObject({ code: "ERR_OPTION" });
    }
  });

  test("rank", async () => {
    for (const rank of [0, -1, 1.5, NaN, Infinity, "8", null, 12, 2 ** 31]) await allRefuse(good, "ERR_OPTION", "rank", { rank }, named); // 6 + 5 points
    for (const rank of [0, 12, NaN]) await allRefuse(good, "ERR_OPTION", "rank", { rank, method: "nystrom" }, automatic);
    const { message } = await rejectionOf(() => entries.nystromAttention!(good, { rank: 12 }));
    expect(message).toMatch(/11.*12/); // the largest there is, and what was asked
  });

  test("an option that does nothing for the method is refused, not ignored", async () => {
    await allRefuse(good, "ERR_OPTION", "rank", { rank: 4 }, automatic);
    await allRefuse(good, "ERR_OPTION", "rank", { rank: 4, method: "exact" }, automatic);
    await allRefuse(good, "ERR_OPTION", "rank", { rank: 4 }, ["exactAttention", "exactAttentionSync"]);
    for (const [option, value] of Object.entries({ fraction: 0.1, confidence: 0.9, onMiss: "return", certifyPerHead: true, seed: "0" })) {
      await allRefuse(good, "ERR_OPTION", option, { [option]: value, method: "exact" }, automatic);
      await allRefuse(good, "ERR_OPTION", option, { [option]: value }, ["exactAttention", "exactAttentionSync"]);
    }
    expect((await rejectionOf(() => entries.exactAttention!(good, { seed: 1 }))).message).toContain('no seed beside method "exact"');
  });

  test("method", async () => {
    for (const method of ["kde", "Exact", "", null, 1, "polynomial", "mean"])
      await allRefuse(good, "ERR_OPTION", "method", { method }, automatic);
    await allRefuse(
      good,
      "ERR_OPTION",
      "method",
      { method: "exact" },
      names.filter((name) => !automatic.includes(name)),
    );
  });

  test("causal", async () => {
    for (const causal of [
      1,
      0,
      "yes",
      null,
      {},
      { offset: NaN },
      { offset: 1.5 },
      { offset: Infinity },
      { offset: "1" },
      { offset: null },
    ]) {
      for (const name of names.filter((candidate) => !named.includes(candidate))) {
        const error = await rejectionOf(() => entries[name]!(good, { causal }));
        expect([error.code, error.where]).toEqual(["ERR_OPTION", name]);
        expect(["causal", "causal.offset", "offset"]).toContain(error.argument);
      }
    }
  });

  test("unknown names, the old names and those of later parts: the known ones are listed", async () => {
    for (const option of [
      "tolerence",
      "mode",
      "past",
      "deterministic",
      "nystrom",
      "rowFallback",
      "degree",
      "features",
      "polynomial",
      "axis",
    ]) {
      await allRefuse(good, "ERR_OPTION", option, { [option]: true });
    }
    expect((await rejectionOf(() => entries.attention!(good, { tolerence: 1 }))).message).toMatch(/tolerance.*seed.*signal/s);
    expect((await rejectionOf(() => entries.attentionSync!(good, { tolerence: 1 }))).message).not.toContain("signal");
    await allRefuse(
      good,
      "ERR_OPTION",
      "plan",
      { plan: {} },
      names.filter((name) => name !== "attention" && name !== "attentionSync"),
    );
  });

  test("options that are no object", async () => {
    for (const options of [null, 1, "fast", [1e-2], new Float64Array(2)]) await allRefuse(good, "ERR_OPTION", "options", options as never);
  });

  test("undefined stands for the default", () => {
    const given = {
      tolerance: undefined,
      rank: undefined,
      seed: undefined,
      causal: undefined,
      mask: undefined,
      plan: undefined,
      signal: undefined,
    };
    expect(
      sameBits(
        (attentionSync as unknown as (...all: unknown[]) => AttentionResult)(good.q, good.k, good.v, given).output,
        attentionSync(good.q, good.k, good.v).output,
      ),
    ).toBe(true);
  });

  test("control of an asynchronous call: refused by Sync and by plans, checked by the others", async () => {
    const { signal } = new AbortController();
    for (const [option, value] of Object.entries({ signal, threads: 2, onProgress: () => undefined })) {
      await allRefuse(
        good,
        "ERR_OPTION",
        option,
        { [option]: value },
        names.filter((name) => name.endsWith("Sync") || name === "planAttention"),
      );
    }
    for (const [option, value] of [
      ["threads", 0],
      ["threads", 1.5],
      ["threads", 17],
      ["threads", NaN],
      ["threads", "two"],
      ["signal", {}],
      ["signal", 1],
      ["onProgress", 5],
    ] as const) {
      for (const name of ["attention", "exactAttention", "nystromAttention"]) {
        const error = await rejectionOf(() => entries[name]!(good, { [option]: value }));
        expect(error).toMatchObject({ code: "ERR_OPTION", where: name, argument: option });
      }
    }
  });

  test("an approximate method by name, with a mask or a bias: names exact", async () => {
    for (const options of [
      { mask: array([6, 5]) },
      { mask: plain(new Uint8Array(30).fill(1), [6, 5]) },
      { keyMask: [1, 1, 1, 1, 1] },
      { keyBias: [0, 0, 0, 0, 0] },
      { causal: true },
      { causal: { offset: 3 } },
    ]) {
      const option = Object.keys(options)[0]!;
      await allRefuse(good, "ERR_OPTION", option, options, named);
      await allRefuse(good, "ERR_OPTION", option, { ...options, method: "nystrom" }, automatic);
      expect((await rejectionOf(() => entries.nystromAttention!(good, options))).message).toContain("exact");
    }
    expect(nystromAttentionSync(good.q, good.k, good.v, { causal: false }).heads).toHaveLength(1); // which is the default
  });

  test("too few bytes: the message says how many, and names a method that fits", async () => {
    const error = await rejectionOf(() => entries.nystromAttention!(long, { rank: 1000, maxBytes: 2 ** 20 }));
    expect([error.code, error.where, error.argument]).toEqual(["ERR_OPTION", "nystromAttention", "maxBytes"]);
    expect(error.message).toMatch(/exact|rank/);
    expect(error.message).toMatch(/1048576/);
    await allRefuse(long, "ERR_OPTION", "maxBytes", { maxBytes: 1 });
  });
});

describe("errors: plans", () => {
  const plan = planAttention(long);
  test("of another shape", async () => {
    const others = [
      inputs({ n: 1101, m: 1100, d: 3, e: 2 }),
      inputs({ n: 1100, m: 1101, d: 3, e: 2 }),
      inputs({ n: 1100, d: 4, e: 2 }),
      inputs({ n: 1100, d: 3, e: 3 }),
      inputs({ n: 1100, d: 3, e: 2, heads: 2 }),
      good,
    ];
    for (const other of others) await allRefuse(other, "ERR_OPTION", "plan", { plan }, ["attention", "attentionSync"]);
  });
  test("of no shape at all", async () => {
    for (const other of [
      {},
      null,
      1,
      "auto",
      [],
      { method: "exact" },
      { ...plan, shape: undefined },
      { ...plan, heads: [] },
      { ...plan, heads: undefined },
    ]) {
      await allRefuse(long, "ERR_OPTION", "plan", { plan: other }, ["attention", "attentionSync"]);
    }
  });
  test("for calls that it does not fit", async () => {
    expect(plan.method).toBe("nystrom");
    for (const options of [{ causal: true }, { keyBias: new Float64Array(1100) }]) {
      expect(await rejectionOf(() => entries.attention!(long, { plan, ...options }))).toMatchObject({ code: "ERR_OPTION" });
    }
  });
  test("shapes that are none", () => {
    const shape = { queries: 10, keys: 10, keyDim: 3, valueDim: 3 };
    for (const [name, value] of [
      ["queries", -1],
      ["keys", 1.5],
      ["keyDim", NaN],
      ["valueDim", "3"],
      ["heads", null],
      ["queries", undefined],
      ["heads", Infinity],
    ] as const) {
      const error = errorOf(() => planAttention({ ...shape, [name]: value }));
      expect([error.where, ["ERR_OPTION", "ERR_SHAPE"].includes(error.code)]).toEqual(["planAttention", true]);
      expect(error.message).toContain(name);
    }
    for (const input of [undefined, null, 1, [], {}, { queries: 1 }, { q: good.q }])
      expect(isNumericsError(errorOf(() => planAttention(input as never)))).toBe(true);
    expect(errorOf(() => planAttention({ ...shape, tokens: 3 } as never)).message).toContain("tokens"); // what a caller wrote must not silently not matter
  });
});

describe("errors: a bound above the tolerance", () => {
  const given = inputs({ n: 1100, d: 8, e: 3, dtype: "float32", deviation: 0.8 });
  const options = { rank: 32, tolerance: 1e-3 };
  test("returned by default, for a method by name", () => {
    const result = nystromAttentionSync(given.q, given.k, given.v, options);
    expect([result.method, result.toleranceMet, result.certificate.kind]).toEqual(["nystrom", false, "statistical"]);
    expect(sameBits(result.output, nystromAttentionSync(given.q, given.k, given.v, { ...options, onMiss: "return" }).output)).toBe(true);
  });
  test("thrown, with the answer and its certificate", async () => {
    for (const name of named) {
      const error = await rejectionOf(() => entries[name]!(given, { ...options, onMiss: "throw" }));
      expect([error instanceof NotConvergedError, error.code, error.where]).toEqual([true, "ERR_NOT_CONVERGED", name]);
      const { result } = error as unknown as { readonly result: AttentionResult };
      expect([result.toleranceMet, result.certificate.kind, result.output.shape]).toEqual([false, "statistical", [1100, 3]]);
      expect(sameBits(result.output, nystromAttentionSync(given.q, given.k, given.v, options).output)).toBe(true);
      expect(error.message).toContain("0.001");
    }
  });
  test("replaced by exact, and says so", () => {
    const result = nystromAttentionSync(given.q, given.k, given.v, { ...options, onMiss: "exact" });
    expect([result.method, result.toleranceMet, result.certificate.kind]).toEqual(["exact", true, "exact"]);
    expect(sameBits(result.output, exactAttentionSync(given.q, given.k, given.v).output)).toBe(true);
    expect(result.heads[0]!.refused.map(({ method }) => method)).toContain("nystrom");
    expect(result.heads[0]!.pairs).toBeGreaterThan(1100 * 1100); // the failed try was not free
  });
  test("of a call that plans itself: the same three ways", () => {
    // a plan that does not suffice, from easier data of the same shape; four times its rank would still pay
    const [easy, poor] = [0.2, 0.8].map((deviation) => inputs({ n: 2000, d: 8, e: 3, dtype: "float32", deviation })) as [Inputs, Inputs];
    const plan = planAttention(easy);
    expect(plan.method).toBe("nystrom");
    const call = (onMiss?: "exact" | "return" | "throw") =>
      attentionSync(poor.q, poor.k, poor.v, { plan, tolerance: 2e-3, ...(onMiss ? { onMiss } : {}) });
    for (const replaced of [call(), call("exact")]) {
      expect([replaced.method, replaced.toleranceMet]).toEqual(["exact", true]);
      expect(replaced.heads[0]!.refused.find(({ method }) => method === "nystrom")!.reason).toMatch(/bound/);
    }
    const returned = call("return");
    expect([returned.method, returned.toleranceMet, returned.diagnostics.levels]).toEqual(["nystrom", false, 3]);
    expect(returned.heads[0]!.rank).toBe(4 * plan.heads[0]!.rank!);
    expect(errorOf(() => call("throw"))).toMatchObject({ code: "ERR_NOT_CONVERGED" });
  });
});

describe("errors: merging", () => {
  const part = { output: array([4, 2]), logSumExp: array([4]) };
  test("nothing, other shapes, NaN", () => {
    expect(errorOf(() => mergeAttention([]))).toMatchObject({ code: "ERR_OPTION", argument: "parts" });
    expect(errorOf(() => mergeAttention([part, { ...part, output: array([4, 3]) }]))).toMatchObject({
      code: "ERR_SHAPE",
      argument: "parts[1].output",
    });
    expect(errorOf(() => mergeAttention([part, { ...part, logSumExp: array([3]) }]))).toMatchObject({
      code: "ERR_SHAPE",
      argument: "parts[1].logSumExp",
    });
    expect(errorOf(() => mergeAttention([{ ...part, logSumExp: spoilt(array([4]), [2], NaN) }]))).toMatchObject({
      code: "ERR_NON_FINITE",
      index: [2],
    });
    expect(errorOf(() => mergeAttention([{ ...part, logSumExp: spoilt(array([4]), [2], Infinity) }]))).toMatchObject({
      code: "ERR_NON_FINITE",
      index: [2],
    });
    expect(errorOf(() => mergeAttention([{ ...part, output: spoilt(array([4, 2]), [2, 1], NaN) }]))).toMatchObject({
      code: "ERR_NON_FINITE",
      index: [2, 1],
    });
    for (const bad of [[{}], [{ output: 1, logSumExp: 2 }]])
      expect(isNumericsError(errorOf(() => mergeAttention(bad as never)))).toBe(true);
  });
});

test("errors: an asynchronous call rejects, it does not throw", async () => {
  for (const call of [attention, exactAttention, nystromAttention] as unknown as readonly ((...all: unknown[]) => Promise<unknown>)[]) {
    for (const all of [[], [null, null, null], [good.q, good.k, good.v, null], [good.q, good.k, good.v, { scale: 0 }]]) {
      let promise: Promise<unknown> | undefined;
      expect(() => (promise = call(...all))).not.toThrow();
      await expect(promise).rejects.toSatisfy(isNumericsError);
    }
  }
});
