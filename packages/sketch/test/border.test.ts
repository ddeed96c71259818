/**
 * The border of the whole package in one table: bad input × every public function.
 */
import { isNumericsError, view, type NdArray } from "@subquad/linalg-core";
import { describe, expect, test } from "vitest";
import * as api from "../src/index.js";
import { borderTable, CONTROL, NOT_OBJECTS, sparse, type Argument, type Entry } from "./border-table.js";

type Callable = (...values: readonly unknown[]) => unknown;

const functions = Object.entries(api).filter(([, value]) => typeof value === "function");
const table = borderTable();
const names = Object.keys(table);
const whereOf = (name: string): string => name.slice(name.lastIndexOf(".") + 1);

/** What the call throws, or what its promise is rejected with; an asynchronous function never throws at once. */
async function failure(name: string, entry: Entry, values: readonly unknown[], options?: unknown): Promise<unknown> {
  const { isAsync = false, always } = entry;
  const call = entry.call ?? (api as unknown as Record<string, Callable>)[name]!;
  const given = options === undefined ? (always === undefined ? [] : [always]) : [options];
  let answer: unknown;
  try {
    answer = call(...values, ...given);
  } catch (error) {
    if (isAsync) expect.fail(`${name} threw instead of rejecting: ${String(error)}`);
    return error;
  }
  if (!isAsync) return undefined;
  return (answer as Promise<unknown>).then(
    () => undefined,
    (error: unknown) => error,
  );
}

const valuesOf = ({ arguments: list }: Entry): readonly unknown[] => list.map(({ value }) => value);

const replaced = (values: readonly unknown[], k: number, value: unknown): readonly unknown[] =>
  values.map((old, i) => (i === k ? value : old));

/** What is wrong with an error, if anything: it is typed and names the function and the argument or option. */
function fault(error: unknown, name: string, argument: string, value: unknown, codes?: readonly string[]): string[] {
  const about = `${name}, ${argument}: ${shown(value)}`;
  if (!isNumericsError(error)) return [`${about}: ${error === undefined ? "accepted" : shown(error)}`];
  const isNamed = error.where === whereOf(name) && isPartOf(error.argument, argument);
  const isOfKind = codes === undefined || codes.includes(error.code);
  return isNamed && isOfKind ? [] : [`${about}: ${error.code} ${error.message}`];
}

/** "distribution.rows" is part of its argument; so is each field of `places`, by its own name. */
function isPartOf(named: string | undefined, argument: string): boolean {
  if (named === undefined) return false;
  if (argument === "bytes") return named === "bytes" || named.startsWith("subquad-");
  if (argument === "other" && named.startsWith("subquad-")) return true;
  if (argument === "places") return ["places", "firstRow", "indices", "options", "more"].includes(named);
  return named === argument || (named.startsWith(argument) && /^[.[:]/.test(named.slice(argument.length)));
}

function shown(value: unknown): string {
  try {
    return value instanceof Error ? `${value.name}: ${value.message}` : JSON.stringify(value).slice(0, 160);
  } catch {
    return String(value);
  }
}

describe("laws", () => {
  test("every public function has an entry", () => {
    expect(functions.map(([name]) => name).filter((name) => !(name in table))).toEqual([]);
  });

  test.each(["float64", "float32"] as const)("%s: the arguments of the table are accepted, and come back as they were", async (dtype) => {
    for (const [name, entry] of Object.entries(borderTable(dtype))) {
      const before = JSON.stringify(valuesOf(entry).filter((value) => typeof value !== "function"));
      expect([name, await failure(name, entry, valuesOf(entry))]).toEqual([name, undefined]);
      expect(JSON.stringify(valuesOf(entry).filter((value) => typeof value !== "function")) === before, name).toBe(true);
    }
  });
});

describe("errors", () => {
  const withOptions = names.filter((name) => table[name]!.options !== undefined);

  test.each(withOptions)("%s: an unknown option, and what is no object of options", async (name) => {
    const entry = table[name]!;
    const values = valuesOf(entry);
    const faults = fault(await failure(name, entry, values, { ...entry.always, optionOfNobody: 1 }), name, "optionOfNobody", 1, ["ERR_OPTION"]); // prettier-ignore
    for (const options of [null, 1, "x", true, [], new Map(), new Float64Array(1), new AbortController().signal, () => 1]) {
      faults.push(...fault(await failure(name, entry, values, options), name, "options", options, ["ERR_OPTION"]));
    }
    expect(await failure(name, entry, values, { ...entry.always, optionOfNobody: undefined })).toBeUndefined();
    expect(faults).toEqual([]);
  });

  test.each(withOptions)("%s: every option out of its range, of another type, NaN", async (name) => {
    const entry = table[name]!;
    const faults: string[] = [];
    for (const [option, values] of Object.entries(entry.options ?? {})) {
      for (const value of values) {
        const options = { ...(entry.beside?.[option] ?? entry.always), [option]: value };
        faults.push(...fault(await failure(name, entry, valuesOf(entry), options), name, option, value));
      }
    }
    expect(faults).toEqual([]);
  });

  test.each(withOptions.filter((name) => !table[name]!.isAsync))("%s: no control of runs", async (name) => {
    const entry = table[name]!;
    for (const control of Object.keys(CONTROL)) {
      expect(fault(await failure(name, entry, valuesOf(entry), { ...entry.always, [control]: 1 }), name, control, 1)).toEqual([]);
    }
  });

  test.each(names.filter((name) => table[name]!.isAsync))("%s: aborted before, it rejects with the reason", async (name) => {
    const entry = table[name]!;
    const reason = new Error("enough");
    expect(await failure(name, entry, valuesOf(entry), { ...entry.always, signal: AbortSignal.abort(reason) })).toBe(reason);
  });

  test.each(names)("%s: every argument that is something else", async (name) => {
    const entry = table[name]!;
    const faults: string[] = [];
    for (const [k, argument] of entry.arguments.entries()) {
      for (const value of wrongValues(argument)) {
        faults.push(...fault(await failure(name, entry, replaced(valuesOf(entry), k, value)), name, argument.name, value));
      }
    }
    expect(faults).toEqual([]);
  });

  function wrongValues({ isArray = false, refused = [] }: Argument): readonly unknown[] {
    if (!isArray) return refused;
    const flat = { data: new Float64Array(2), shape: [5, 5], stride: [5, 1], offset: 0 };
    const deep = view(new Float64Array(8), [2, 2, 2]);
    const csrLike = { shape: [12, 3], rowPointers: Int32Array.of(0, 9), columns: Int32Array.of(0), values: Float64Array.of(1) };
    return [...NOT_OBJECTS, {}, [[1, 2], [3]], [["a", "b"]], [[1n]], flat, deep, csrLike, ...refused]; // prettier-ignore
  }

  const withArrays = names.filter((name) => table[name]!.arguments.some(({ isArray }) => isArray));

  test.each(withArrays.flatMap((name) => ["float64", "float32"].map((dtype) => [name, dtype] as const)))(
    "%s, %s: NaN and infinities in the first and the last entry of each array, with their index",
    async (name, dtype) => {
      const entry = borderTable(dtype as "float64" | "float32")[name]!;
      const faults: string[] = [];
      for (const [k, { name: argument, value, isArray, takesSparse }] of entry.arguments.entries()) {
        if (!isArray) continue;
        const A = value as NdArray;
        const width = A.shape.at(-1)!;
        for (const bad of [NaN, Infinity, -Infinity]) {
          for (const p of [0, A.size - 1]) {
            const data = A.data.slice();
            data[p] = bad;
            const error = await failure(name, entry, replaced(valuesOf(entry), k, view(data, A.shape)));
            faults.push(...fault(error, name, argument, `${bad} at ${p}`, ["ERR_NON_FINITE"]));
            const index = A.shape.length === 1 ? [p] : [Math.floor(p / width), p % width];
            expect(error, name).toMatchObject({ value: bad, index });
          }
          if (takesSparse !== true) continue;
          const S = sparse(A.shape[0]!, width, dtype as "float64" | "float32");
          const values = S.values.slice();
          values[values.length - 1] = bad;
          const error = await failure(name, entry, replaced(valuesOf(entry), k, { ...S, values }));
          faults.push(...fault(error, name, argument, `sparse ${bad}`, ["ERR_NON_FINITE"]));
        }
      }
      expect(faults).toEqual([]);
    },
  );
});
