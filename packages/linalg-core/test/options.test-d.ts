import { expectTypeOf, test } from "vitest";
import { assertBoolean, assertInRange, assertInteger, assertKnownOptions, assertOneOf, splitSite } from "../src/index.js";

test("checks take values of any type and return nothing", () => {
  const value: unknown = 1;
  expectTypeOf(assertInRange("f", { value }, 0, 1, { openLow: true })).toBeVoid();
  expectTypeOf(assertInteger("f", { value }, 0, 1)).toBeVoid();
  expectTypeOf(assertOneOf("f", { value }, [1, "x"])).toBeVoid();
  expectTypeOf(assertBoolean("f", { value: true as unknown })).toBeVoid();
  expectTypeOf(assertKnownOptions("f", value, ["value"])).toBeVoid();
  expectTypeOf(splitSite("f(x)")).toEqualTypeOf<{ readonly where: string; readonly argument: string }>();
  // @ts-expect-error the name of an option goes with its value
  assertInRange("f", 1, 0, 1);
});
