import { expectTypeOf, test } from "vitest";
import { assertBoolean, assertInRange, assertInteger, assertKnownOptions, assertOneOf, splitSite } from "../src/index.js";

test("checks take values of any type and return nothing", () => {
  const value: unknown = 1;
  for (const check of [assertInRange, assertInteger, assertOneOf, assertBoolean, assertKnownOptions])
    expectTypeOf(check).returns.toBeVoid();
  assertInRange("f", { value }, 0, 1, { openLow: true });
  assertInteger("f", { value }, 0, 1);
  assertOneOf("f", { value }, [1, "x"]);
  assertBoolean("f", { value });
  assertKnownOptions("f", value, ["value"]);
  expectTypeOf(splitSite("f(x)")).toEqualTypeOf<{ readonly where: string; readonly argument: string }>();
  // @ts-expect-error the name of an option goes with its value
  assertInRange("f", 1, 0, 1);
});
