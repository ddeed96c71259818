import { expectTypeOf, test } from "vitest";
import { rowsNeeded, rowsNeededPooled, upperShare } from "../src/sample-size.js";

test("numbers in, a number out", () => {
  expectTypeOf(rowsNeeded).toEqualTypeOf<(population: number, fraction: number, failure: number, allowed: number) => number>();
  expectTypeOf(rowsNeededPooled).toEqualTypeOf<(fraction: number, failure: number, allowed: number) => number>();
  expectTypeOf(upperShare).toEqualTypeOf<(hits: number, sampled: number, confidence: number) => number>();
});
