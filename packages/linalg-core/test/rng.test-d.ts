import { expectTypeOf, test } from "vitest";
import { normalizeSeed, rngFor, type Rng, type Seed } from "../src/rng.js";

test("seeds and draws", () => {
  expectTypeOf<Seed>().toEqualTypeOf<string | number>();
  expectTypeOf(rngFor("0", "x")).toEqualTypeOf<Rng>();
  expectTypeOf(rngFor(0, "x").sign()).toEqualTypeOf<1 | -1>();
  expectTypeOf(normalizeSeed(1)).toBeString();
  // @ts-expect-error a bigint is no seed
  rngFor(1n, "x");
});
