import { describe, expect, test } from "vitest";
import { OptionError } from "../src/errors.js";
import { assertBoolean, assertInRange, assertInteger, assertKnownOptions, assertOneOf } from "../src/options.js";

const NOT_NUMBERS = [NaN, null, undefined, "1", "", true, [], [1], {}, 1n, new Date(1)];

describe("laws", () => {
  test("assertInRange keeps or excludes each end as told", () => {
    assertInRange("f", { a: 1, b: 2 }, 1, 2);
    assertInRange("f", { a: Infinity }, 0, Infinity);
    expect(() => {
      assertInRange("f", { a: 1 }, 1, 2, { openLow: true });
    }).toThrow("f(a): expected a number in (1, 2], got 1");
    expect(() => {
      assertInRange("f", { a: 2 }, 1, 2, { openHigh: true });
    }).toThrow("f(a): expected a number in [1, 2), got 2");
    expect(() => {
      assertInRange("f", { a: Infinity }, 0, Infinity, { openHigh: true });
    }).toThrow("[0, Infinity), got Infinity");
    expect(() => {
      assertInRange("f", { a: 1, b: 3 }, 1, 2);
    }).toThrow("f(b)");
  });

  test("assertInteger", () => {
    assertInteger("f", { a: 0, b: -0, c: 7 }, 0, 7);
    assertInteger("f", { a: 2 ** 53 - 1 }, 0, Infinity);
    for (const a of [0.5, -1, 8, Infinity, -Infinity]) {
      expect(() => {
        assertInteger("f", { a }, 0, 7);
      }).toThrow(`f(a): expected an integer in [0, 7], got ${a}`);
    }
    expect(() => {
      assertInteger("f", { a: 2 ** 53 }, 0, Infinity);
    }).toThrow(OptionError);
  });

  test("assertOneOf and assertBoolean compare strictly", () => {
    assertOneOf("f", { a: "x" }, ["x", "y"]);
    assertBoolean("f", { a: true, b: false });
    expect(() => {
      assertOneOf("f", { a: "X" }, ["x", 1]);
    }).toThrow('f(a): expected one of "x", 1, got "X"');
    for (const a of [0, 1, "true", null, undefined]) {
      expect(() => {
        assertBoolean("f", { a });
      }).toThrow("f(a): expected true or false, got ");
    }
  });

  test("assertKnownOptions lets undefined pass and names the list otherwise", () => {
    assertKnownOptions("f", {}, []);
    assertKnownOptions("f", { seed: 1, threads: undefined }, ["seed"]);
    assertKnownOptions("f", Object.create(null), ["seed"]);
    expect(() => {
      assertKnownOptions("f", { sead: 1 }, ["seed", "rank"]);
    }).toThrow("f(sead): expected only the options seed, rank, got 1");
    expect(() => {
      assertKnownOptions("f", { a: 1 }, []);
    }).toThrow("f(a): expected no options, got 1");
  });
});

describe("errors", () => {
  test.each(NOT_NUMBERS.map((value) => [value]))("%o is no number", (value) => {
    expect(() => {
      assertInRange("f", { value }, -Infinity, Infinity);
    }).toThrow(OptionError);
    expect(() => {
      assertInteger("f", { value }, -Infinity, Infinity);
    }).toThrow(OptionError);
  });

  test.each([[null], [undefined], [1], ["x"], [[]], [new Float64Array(1)]])("options must be an object, not %o", (options) => {
    expect(() => {
      assertKnownOptions("f", options, ["a"]);
    }).toThrow("f(options): expected an object, got ");
  });

  test("the error carries option and value", () => {
    try {
      assertInRange("f", { tolerance: -1 }, 0, 1);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "ERR_OPTION", where: "f", argument: "tolerance", got: -1 });
    }
  });
});
