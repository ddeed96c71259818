/**
 * Writes and reads result files. Reading validates against `schema.json`, with the few keywords of JSON Schema that it uses.
 */
import { FormatError } from "@subquad/linalg-core";
import schema from "../schema.json" with { type: "json" };
import type { Result } from "./result.js";

interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
  readonly items?: Schema;
  readonly $ref?: string;
}

const definitions = schema.$defs as Readonly<Record<string, Schema>>;

/** The text of a result file: six digits, keys sorted. A number that JSON cannot hold is written as null, which does not read back. */
export function writeResult(result: Result): string {
  return `${JSON.stringify(sorted(result), null, 1)}\n`;
}

/** The result in a file's text. Throws FormatError naming the first place that does not fit. */
export function readResult(text: string): Result {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FormatError("readResult", { format: "benchmark result", expected: "JSON", got: error instanceof Error ? error.message : "" });
  }
  const problem = misfit(schema, value, "result");
  if (problem) throw new FormatError("readResult", { format: "benchmark result", ...problem });
  return value as Result;
}

interface Problem {
  readonly expected: string;
  readonly got: string;
}

function misfit(rule: Schema, value: unknown, at: string): Problem | undefined {
  if (rule.$ref) return misfit(definitions[rule.$ref.replace("#/$defs/", "")]!, value, at);
  const problem = (expected: string): Problem => ({ expected: `${at}: ${expected}`, got: short(value) });
  if ("const" in rule && value !== rule.const) return problem(`the value ${short(rule.const)}`);
  if (rule.enum && !rule.enum.includes(value)) return problem(`one of ${rule.enum.map(short).join(", ")}`);
  if (rule.type && !isOf(rule.type, value)) return problem(`a value of type ${rule.type}`);
  if (rule.minimum !== undefined && typeof value === "number" && value < rule.minimum)
    return problem(`a number of at least ${rule.minimum}`);
  if (Array.isArray(value)) return first(value.map((item, i) => () => (rule.items ? misfit(rule.items, item, `${at}[${i}]`) : undefined)));
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  const missing = rule.required?.find((name) => !(name in fields));
  if (missing) return problem(`a field "${missing}"`);
  return first(
    Object.entries(fields).map(([name, field]) => () => {
      const own = rule.properties?.[name];
      if (own) return misfit(own, field, `${at}.${name}`);
      return rule.additionalProperties === false ? problem(`no field "${name}"`) : undefined;
    }),
  );
}

function first(checks: readonly (() => Problem | undefined)[]): Problem | undefined {
  for (const check of checks) {
    const problem = check();
    if (problem) return problem;
  }
  return undefined;
}

function isOf(type: string, value: unknown): boolean {
  if (type === "integer") return Number.isInteger(value);
  if (type === "array") return Array.isArray(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function short(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? "nothing" : text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function sorted(value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? value : Number(value.toPrecision(6));
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted((value as Readonly<Record<string, unknown>>)[name])]));
}
