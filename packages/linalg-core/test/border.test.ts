/**
 * The border of the whole package in one table: bad input × every public function, on the plain loops and on the kernels.
 */
import { afterEach, describe, expect, test } from "vitest";
import { describeValue } from "../src/describe.js";
import * as api from "../src/index.js";
import { isNumericsError, type CsrMatrix, type NdArray } from "../src/index.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import { borderTable, CONTROL, ELSEWHERE, sparse, spoilt, type Argument, type Entry } from "./border-table.js";
import { dtypes } from "./numeric-support.js";

type Callable = (...values: readonly unknown[]) => unknown;

const functions = Object.entries(api).filter(([, value]) => typeof value === "function" && !(value.prototype instanceof Error));
const table = borderTable(3, "float64");
const names = Object.keys(table);

/** What the call throws, or what its promise is rejected with; an asynchronous function never throws at once. */
async function failure(name: string, values: readonly unknown[], { isAsync = false }: Entry = table[name]!): Promise<unknown> {
  let answer: unknown;
  try {
    answer = (api as unknown as Record<string, Callable>)[name]!(...values);
  } catch (error) {
    if (isAsync) expect.fail(`${name} threw instead of rejecting: ${describeValue(error)}`);
    return error;
  }
  if (!isAsync) return undefined;
  return (answer as Promise<unknown>).then(
    () => undefined,
    (error: unknown) => error,
  );
}

const valuesOf = ({ arguments: list }: Entry): readonly unknown[] => list.map(({ value }) => value);

const replaced = (values: readonly unknown[], k: number, value: unknown): readonly unknown[] => [
  ...values.slice(0, k),
  value,
  ...values.slice(k + 1),
];

/** A typed error that names the function and the argument or option. */
function expectNamed(error: unknown, code: string | readonly string[], where: string, argument: string, about: string): void {
  if (!isNumericsError(error)) expect.fail(`${where}, ${about}: ${error === undefined ? "accepted" : describeValue(error)}`);
  const codes = typeof code === "string" ? [code] : code;
  if (!codes.includes(error.code)) expect.fail(`${where}, ${about}: ${error.code}, ${error.message}`);
  if (error.where !== where || !isPartOf(error.argument, argument)) expect.fail(`${where}, ${about}: ${error.message}`);
}

/** "spectrum.re" and "parts[0].output" are parts of their arguments. */
function isPartOf(named: string | undefined, argument: string): boolean {
  return named === argument || (named !== undefined && named.startsWith(argument) && /^[.[]/.test(named.slice(argument.length)));
}

afterEach(() => {
  expect(arenaBytesInUse()).toBe(0); // whatever was refused, nothing is held
});

describe("laws", () => {
  test("every public function has an entry", () => {
    const missing = functions.map(([name]) => name).filter((name) => !(name in table) && !(name in ELSEWHERE));
    expect(missing).toEqual([]);
    for (const name of [...names, ...Object.keys(ELSEWHERE)]) expect(functions.map(([key]) => key)).toContain(name);
  });

  test.each(dtypes.flatMap((dtype) => [3, 40].map((n) => [dtype, n] as const)))(
    "%s, n = %i: the arguments of the table are accepted, and come back as they were",
    async (dtype, n) => {
      for (const [name, entry] of Object.entries(borderTable(n, dtype))) {
        if (name === "configure" || name === "ready") continue;
        const before = JSON.stringify(valuesOf(entry));
        expect([name, await failure(name, valuesOf(entry), entry)]).toEqual([name, undefined]);
        expect(JSON.stringify(valuesOf(entry)) === before, name).toBe(true);
      }
    },
  );
});

describe("errors: options", () => {
  const withOptions = names.filter((name) => table[name]!.options !== undefined);

  test.each(withOptions)("%s: an unknown name, and what is no object of options", async (name) => {
    const values = valuesOf(table[name]!);
    expectNamed(await failure(name, [...values, { optionOfNobody: 1 }]), "ERR_OPTION", name, "optionOfNobody", "an unknown option");
    for (const options of [null, 1, "x", true, [], new Map(), new Float64Array(1), new AbortController().signal, () => 1]) {
      expectNamed(await failure(name, [...values, options]), "ERR_OPTION", name, "options", `options ${describeValue(options)}`);
    }
    expect(await failure(name, [...values, { optionOfNobody: undefined }])).toBeUndefined();
  });

  test.each(withOptions)("%s: every option out of its range, of another type, NaN", async (name) => {
    const entry = table[name]!;
    for (const [option, values] of Object.entries(entry.options ?? {})) {
      for (const value of values) {
        const options = { ...(entry.beside as Record<string, object> | undefined)?.[option], [option]: value };
        const error = await failure(name, [...valuesOf(entry), options]);
        expectNamed(error, ["ERR_OPTION", "ERR_SHAPE"], name, option, `${option}: ${describeValue(value)}`);
      }
    }
  });

  test.each(withOptions.filter((name) => !table[name]!.isAsync && name !== "configure"))("%s: no control of runs", async (name) => {
    for (const control of Object.keys(CONTROL)) {
      const error = await failure(name, [...valuesOf(table[name]!), { [control]: 1 }]);
      expectNamed(error, "ERR_OPTION", name, control, control);
    }
  });
});

describe("errors: signals", () => {
  const controlled = names.filter((name) => table[name]!.options?.signal !== undefined);

  test.each(controlled)("%s: aborted before, it rejects with the reason", async (name) => {
    const reason = new Error("enough");
    const entry = borderTable(40, "float64")[name]!;
    expect(await failure(name, [...valuesOf(entry), { signal: AbortSignal.abort(reason) }])).toBe(reason);
  });
});

describe("errors: arguments", () => {
  const NOT_ARRAYS: readonly unknown[] = [undefined, null, 1, NaN, true, "x", {}, () => 1, Symbol("x"), 1n];

  test.each(names)("%s: what is no array, or one with another number of axes", async (name) => {
    const entry = table[name]!;
    for (const [k, argument] of entry.arguments.entries()) {
      for (const value of wrongValues(argument)) {
        const values = replaced(valuesOf(entry), k, value);
        const error = await failure(name, values);
        const codes = argument.kind === "other" || name === "conditionEstimate" ? ["ERR_SHAPE", "ERR_OPTION"] : ["ERR_SHAPE"];
        expectNamed(error, codes, name === "asArray" ? "f" : name, argument.name, `${argument.name}: ${describeValue(value)}`);
      }
    }
  });

  function wrongValues({ kind, isData = false, anyAxes = false, isList = false, name }: Argument): readonly unknown[] {
    if (kind === "other") return [];
    const wrong = name === "scales" || name === "im" ? NOT_ARRAYS.slice(2) : NOT_ARRAYS; // these may be left out
    if (kind === "sparse" || kind === "signs") return wrong;
    const ragged = [[1, 2], [3]];
    const words = [["a", "b"]];
    const big = [[1n]];
    const flat = { data: new Float64Array(2), shape: [5, 5], stride: [5, 1], offset: 0 };
    const deep = { data: new Float64Array(8), shape: [2, 2, 2], stride: [4, 2, 1], offset: 0 };
    return isList
      ? [...wrong, words]
      : isData
        ? [...wrong, ragged, words, flat]
        : [...wrong, ragged, words, big, flat, ...(anyAxes ? [] : [deep])];
  }
});

describe.each(dtypes.flatMap((dtype) => [3, 40].map((n) => [dtype, n] as const)))("errors: entries, %s, n = %i", (dtype, n) => {
  const entries = Object.entries(borderTable(n, dtype)).filter(([, { arguments: list }]) =>
    list.some(({ kind, isData }) => kind !== "other" && kind !== "signs" && isData !== true),
  );

  test.each(entries)("%s: NaN and infinities in the first and the last entry of each argument", async (name, entry) => {
    for (const [k, argument] of entry.arguments.entries()) {
      if (argument.isData === true) continue;
      for (const value of [NaN, Infinity, -Infinity]) {
        for (const [bad, index] of spoiltValues(argument, value)) {
          const error = await failure(name, replaced(valuesOf(entry), k, bad), entry);
          expectNamed(error, "ERR_NON_FINITE", name, argument.name, `${argument.name}: ${value} at ${index.join()}`);
          expect(error, `${name}(${argument.name})`).toMatchObject({ value, index });
        }
      }
    }
  });

  function* spoiltValues(
    { kind, value, isList = false, takesSparse = false, index }: Argument,
    bad: number,
  ): Generator<readonly [unknown, readonly number[]]> {
    if (kind === "matrix" || kind === "vector") {
      const A: NdArray = api.array(value as NdArray, { dtype });
      const size = A.data.length;
      const width = A.shape.at(-1)!;
      for (const p of new Set([0, width - 1, size - width, size - 1])) {
        const B = spoilt(A, p, bad);
        yield [isList ? [...B.data] : B, index ?? (kind === "vector" ? [p] : [Math.floor(p / width), p % width])];
      }
    }
    if (kind === "sparse" || takesSparse) {
      const S = kind === "sparse" ? (value as CsrMatrix) : sparse(n, dtype);
      const values = S.values.slice();
      values[values.length - 1] = bad;
      yield [{ ...S, values }, [S.shape[0] - 1, S.shape[1] - 1]];
    }
  }
});

describe("errors: entries of options and operators", () => {
  const withArrays = names.filter((name) => table[name]!.arrays !== undefined);

  test.each(withArrays)("%s: NaN and infinities in arrays among the options; arrays of another shape", async (name) => {
    for (const n of [3, 40]) {
      const entry = borderTable(n, "float64")[name]!;
      for (const [option, A] of Object.entries(entry.arrays!)) {
        for (const value of [NaN, Infinity, -Infinity]) {
          const error = await failure(name, [...valuesOf(entry), { [option]: spoilt(A, A.data.length - 1, value) }]);
          if (option === "mask" && value === -Infinity)
            expect(error).toBeUndefined(); // hides a pair
          else expectNamed(error, "ERR_NON_FINITE", name, option, `${option}: ${value}`);
        }
        const longer = api.full(
          A.shape.map((length) => length + 1),
          1,
        );
        const error = await failure(name, [...valuesOf(entry), { [option]: longer }]);
        expectNamed(error, "ERR_SHAPE", name, option, `${option}: too long`);
      }
    }
  });

  const withOperators = names.filter((name) => table[name]!.arguments.some(({ takesOperator }) => takesOperator));

  test.each(withOperators)("%s: an operator that returns NaN, another shape or nothing", async (name) => {
    const entry = table[name]!;
    const answers: readonly [unknown, string][] = [
      [[NaN, 1, 1], "ERR_NON_FINITE"],
      [[1, 1, -Infinity], "ERR_NON_FINITE"],
      [[1, 1], "ERR_SHAPE"],
      [undefined, "ERR_SHAPE"],
      ["x", "ERR_SHAPE"],
    ];
    for (const [answer, code] of answers) {
      const operator = { shape: [3, 3], apply: () => answer, applyTranspose: () => answer };
      const error = await failure(name, replaced(valuesOf(entry), 0, operator));
      if (!isNumericsError(error)) expect.fail(`${name}, ${describeValue(answer)}: ${describeValue(error)}`);
      expect(error.code, `${name}, ${describeValue(answer)}: ${error.message}`).toBe(code);
      expect(error.message).toContain(".apply");
    }
  });
});

describe("errors: out", () => {
  const writers = names.filter((name) => table[name]!.out !== undefined);

  test.each(writers)("%s: another shape, dtype or layout, nothing at all: refused, and not written", async (name) => {
    for (const n of [3, 40]) {
      const entry = borderTable(n, "float64")[name]!;
      const { shape, dtype } = entry.out!;
      const size = shape.reduce((product, length) => product * length, 1);
      const own = dtype === "int32" ? new Int32Array(2 * size).fill(7) : new Float64Array(2 * size).fill(7);
      const strides = api.zeros(shape).stride;
      const wrong: readonly [string, unknown][] = [
        ["another dtype", api.view(new Float32Array(size), [...shape])],
        ["another length", api.view(own, [...shape.slice(0, -1), shape.at(-1)! + 1])],
        ["another number of axes", api.view(own, [...shape, 1])],
        ["one element for all", api.view(own, [...shape], shape.map(() => 0))], // prettier-ignore
        ["rows on each other", shape.length === 2 ? api.view(own, [...shape], [1, 1]) : api.view(own, [...shape], [0])],
        ["out of its data", { data: own, shape, stride: strides.map((s) => 3 * s), offset: 0 }],
        ...[null, 1, "x", {}, [[1]], true].map((value) => [describeValue(value), value] as [string, unknown]),
      ];
      for (const [about, out] of wrong) {
        const error = await failure(name, [...valuesOf(entry), { out }]);
        expectNamed(error, ["ERR_SHAPE", "ERR_OPTION"], name, "out", about);
      }
      expect(own.every((x) => x === 7)).toBe(true);
    }
  });

  test.each(writers)("%s: bad input leaves `out` as it was", async (name) => {
    for (const n of [3, 40]) {
      const entry = borderTable(n, "float64")[name]!;
      const { shape, dtype } = entry.out!;
      if (dtype === "int32") continue; // signs have no bad values
      const out = api.full(shape, 7);
      for (const [k, argument] of entry.arguments.entries()) {
        const A = argument.value as NdArray;
        const error = await failure(name, [...replaced(valuesOf(entry), k, spoilt(A, A.data.length - 1, NaN)), { out }]);
        expectNamed(error, "ERR_NON_FINITE", name, argument.name, "NaN");
        expect(out.data.every((x) => x === 7)).toBe(true);
      }
    }
  });

  /** Index by index the same: the result may go where the argument is. */
  const inPlace = ["exp", "softmaxRows", "fwht", "fwhtAsync"];

  test.each(writers.filter((name) => table[name]!.out!.dtype === undefined))("%s: `out` on the memory of an argument", async (name) => {
    for (const n of [3, 40]) {
      const entry = borderTable(n, "float64")[name]!;
      for (const [k, argument] of entry.arguments.entries()) {
        const A = api.copy(argument.value as NdArray);
        const buffer = Float64Array.of(...A.data, ...new Float64Array(A.data.length)); // `out` starts one element later
        const shifted = api.view(buffer.subarray(0), [...entry.out!.shape], undefined, 1);
        const over = api.view(buffer, [...A.shape]);
        const before = buffer.slice();
        const error = await failure(name, [...replaced(valuesOf(entry), k, over), { out: shifted }]);
        expectNamed(error, "ERR_OPTION", name, "out", `shifted over ${argument.name}`);
        expect(buffer).toEqual(before);
        if (!inPlace.includes(name)) continue;
        const run = (api as unknown as Record<string, Callable>)[name]!;
        const want = (await run(...valuesOf(entry))) as NdArray;
        const got = (await run(...replaced(valuesOf(entry), k, A), { out: A })) as NdArray;
        expect(got.data).toEqual(want.data);
        expect(A.data).toEqual(want.data);
      }
    }
  });
});

describe("degenerate", () => {
  /** What has no answer for nothing: an entry of no entries, a softmax or a transform of no columns, the spectrum of no matrix. */
  const refusing = [
    ...["row", "column", "slice", "csr", "csrFromTriplets", "selectColumns", "selectRows", "softmaxRows", "logSumExpRows"],
    ...["fft", "rfft", "irfft", "circularConvolve"].flatMap((name) => [name, `${name}Async`]),
    ...["spectrumInterval", "spectrumIntervalSync"],
  ];

  test.each(dtypes)("%s: no rows and no columns: an answer without NaN, or a typed refusal", async (dtype) => {
    const refused: string[] = [];
    for (const [name, entry] of Object.entries(borderTable(0, dtype))) {
      if (name === "configure" || name === "ready") continue;
      const error = await failure(name, valuesOf(entry), entry);
      if (error === undefined) {
        const answer = await (api as unknown as Record<string, Callable>)[name]!(...valuesOf(entry));
        expect(hasNaN(answer), `${name}: NaN in the answer`).toBe(false);
        continue;
      }
      const code = name.startsWith("irfft") ? "ERR_OPTION" : "ERR_SHAPE"; // a length of −1
      if (!isNumericsError(error) || error.code !== code) expect.fail(`${name}: ${describeValue(error)}`);
      refused.push(name);
    }
    expect(refused.sort()).toEqual([...refusing].sort());
  });
});

/** Anywhere in a result: numbers, arrays, fields. */
function hasNaN(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return Number.isNaN(value);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>).some(Number.isNaN);
  return Object.values(value).some((field) => typeof field !== "function" && hasNaN(field));
}
