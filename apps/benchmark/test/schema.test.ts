import { FormatError } from "@subquad/linalg-core";
import { describe, expect, test } from "vitest";
import { readResult, writeResult } from "../src/schema.js";
import { sampleResult } from "./sample-result.js";

describe("laws", () => {
  test("what is written reads back, and writes the same bytes", () => {
    const text = writeResult(sampleResult());
    const result = readResult(text);
    expect(writeResult(result)).toBe(text);
    expect(result.cases).toHaveLength(sampleResult().cases.length);
  });

  test("numbers carry six digits and keys are sorted", () => {
    const text = writeResult({ ...sampleResult(), seconds: 1.23456789 });
    expect(text).toContain('"seconds": 1.23457');
    const keys = Object.keys(JSON.parse(text) as object);
    expect(keys).toEqual([...keys].sort());
  });
});

describe("errors", () => {
  const broken = (change: (result: Record<string, unknown>) => void): string => {
    const result = JSON.parse(writeResult(sampleResult())) as Record<string, unknown>;
    change(result);
    return JSON.stringify(result);
  };
  test.each<[string, string, RegExp]>([
    ["no JSON", "{", /expected JSON/],
    ["another version", broken((r) => (r.schemaVersion = 2)), /result\.schemaVersion: the value 1, got 2/],
    ["a missing field", broken((r) => delete r.seed), /result: a field "seed"/],
    ["an unknown field", broken((r) => (r.host = "x")), /result: no field "host"/],
    ["a wrong type", broken((r) => (r.complete = "yes")), /result\.complete: a value of type boolean, got "yes"/],
    ["a deep one", broken((r) => ((r.cases as { contenders: { status: string }[] }[])[3]!.contenders[1]!.status = "fine")), /result\.cases\[3\]\.contenders\[1\]\.status: one of/], // prettier-ignore
    ["a negative time", broken((r) => (r.seconds = -1)), /result\.seconds: a number of at least 0, got -1/],
    [
      "a number that JSON cannot hold",
      writeResult({ ...sampleResult(), seconds: NaN }),
      /result\.seconds: a value of type number, got null/,
    ],
  ])("%s", (_, text, message) => {
    expect(() => readResult(text)).toThrow(FormatError);
    expect(() => readResult(text)).toThrow(message);
  });
});
