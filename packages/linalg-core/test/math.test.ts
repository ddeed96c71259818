import fc from "fast-check";
import { describe, expect, test } from "vitest";
import fixture from "../../../tooling/fixtures/portable-math/data.json" with { type: "json" };
import fourier from "../../../tooling/fixtures/fourier/data.json" with { type: "json" };
import { OptionError } from "../src/errors.js";
import { highWord, powerOfTwo, scaleByPowerOfTwo } from "../src/math/bits.js";
import { rootOfUnity } from "../src/math/sincospi.js";
import { erf, exp, expm1, hypot, log, log1p, logGamma, sincosPi, tanh } from "../src/math.js";

/** Distance from a float64 of this size to the next. */
function ulp(x: number): number {
  return Math.max(5e-324, powerOfTwo(Math.max(-1022, (highWord(Math.abs(x)) >>> 20 || 1) - 1023)) * 2 ** -52);
}

function worst(f: (x: number) => number, rows: number[][]): { error: number; x: number } {
  let found = { error: 0, x: 0 };
  for (const [x, hi, lo] of rows as [number, number, number][]) {
    const error = Math.abs(f(x) - hi - lo) / ulp(hi); // f(x) − hi is exact: the two are neighbours or far too far
    if (!(error <= found.error)) found = { error, x };
  }
  return found;
}

const functions = { exp, log, expm1, log1p, tanh, logGamma, erf };
// Allowed ulp, and beside it the worst of 30,000 random points an interval against 200-bit values.
const allowed = {
  exp: 1, //      0.79
  log: 1, //      0.80
  expm1: 3, //    2.04
  log1p: 2, //    1.42
  tanh: 4, //     2.87
  logGamma: 4, // 1.99
  erf: 1, //      0.89
};

describe("fixtures", () => {
  test.each(Object.keys(functions) as (keyof typeof functions)[])("%s is within its ulps of mpmath", (name) => {
    const { error, x } = worst(functions[name], fixture[name]);
    expect(error, `at x = ${x}`).toBeLessThanOrEqual(allowed[name]);
  });

  test("hypot is within 1.5 ulp of mpmath", () => {
    for (const [x, y, hi, lo] of fixture.hypot as [number, number, number, number][]) {
      expect(Math.abs(hypot(x, y) - hi - lo) / ulp(hi), `at ${x}, ${y}`).toBeLessThanOrEqual(1.5); // rounding of squares and sum 1, of the root ½
    }
  });

  test("sincosPi is within 1 ulp of mpmath", () => {
    for (const [x, cosHigh, cosLow, sinHigh, sinLow] of fourier.sincosPi as [number, number, number, number, number][]) {
      const { cos, sin } = sincosPi(x);
      expect(Math.abs(cos - cosHigh - cosLow) / ulp(cosHigh), `cos at ${x}`).toBeLessThanOrEqual(1);
      expect(Math.abs(sin - sinHigh - sinLow) / ulp(sinHigh), `sin at ${x}`).toBeLessThanOrEqual(1);
    }
  });

  test("the bits are these, on every engine", () => {
    // Each hash is over the exact bits of 4096 values; a change of any bit anywhere shows.
    const hashes = Object.fromEntries(
      Object.entries(functions).map(([name, f]) => {
        const bits = new DataView(new ArrayBuffer(8));
        let hash = 0x811c9dc5;
        for (let i = 1; i <= 4096; i++) {
          bits.setFloat64(
            0,
            f(name === "erf" ? i / 640 : name === "exp" || name === "expm1" || name === "tanh" ? (i - 2048) / 97 : i / 97),
          );
          for (const word of [bits.getUint32(0), bits.getUint32(4)]) hash = Math.imul(hash ^ word, 0x01000193) >>> 0; // FNV-1a by words
        }
        return [name, hash];
      }),
    );
    expect(hashes).toEqual({
      exp: 3113223507,
      log: 1363491196,
      expm1: 427573442,
      log1p: 242485039,
      tanh: 69266581,
      logGamma: 971418364,
      erf: 4249978726,
    });
  });
});

describe("oracle", () => {
  test("close to Math's own over the whole range", () => {
    const pairs: [(x: number) => number, (x: number) => number, number, number, number][] = [
      [exp, Math.exp, -708, 709, 2], // 2 ulp: one of ours, one of the engine's
      [log, Math.log, 1e-300, 1e300, 2],
      [expm1, Math.expm1, -40, 700, 4],
      [log1p, Math.log1p, -0.999, 1e10, 3],
      [tanh, Math.tanh, -25, 25, 5],
    ];
    for (const [ours, engine, low, high, ulps] of pairs) {
      fc.assert(
        fc.property(fc.double({ min: low, max: high, noNaN: true }), (x) => {
          const want = engine(x);
          expect(Math.abs(ours(x) - want)).toBeLessThanOrEqual(ulps * ulp(want));
        }),
        { seed: 21, numRuns: 2000 },
      );
    }
  });

  test("logGamma at integers is the log of the factorial", () => {
    let factorial = 1;
    for (let n = 1; n <= 22; n++) {
      // 21! is the last one below 2^66 with 53 significant bits; log amplifies nothing
      expect(Math.abs(logGamma(n) - log(factorial))).toBeLessThanOrEqual(4 * ulp(log(factorial)));
      factorial *= n;
    }
  });
});

describe("laws", () => {
  test("exp and log are monotone and undo each other", () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
        expect(exp(x + ulp(x))).toBeGreaterThanOrEqual(exp(x));
        const y = exp(x);
        expect(log(y + ulp(y))).toBeGreaterThanOrEqual(log(y));
        expect(Math.abs(log(y) - x)).toBeLessThanOrEqual(2 * ulp(x) + 2 ** -52); // e^x (1 + ulp) has the log x + ulp
      }),
      { seed: 22, numRuns: 3000 },
    );
  });

  test("exact where the answer is a float64, and E ln 2 at the powers of two", () => {
    for (let E = -1022; E <= 1023; E++) expect(Math.abs(log(powerOfTwo(E)) - E * Math.LN2)).toBeLessThanOrEqual(ulp(E * Math.LN2));
    expect(log(1)).toBe(0);
    expect(log(2)).toBe(Math.LN2);
    expect(exp(0)).toBe(1);
    expect(logGamma(1)).toBe(0);
    expect(logGamma(2)).toBe(0);
  });

  test("sincosPi and roots of unity: exact on the axes, symmetric to the bit, on the circle", () => {
    for (let n = 1; n <= 200; n++) {
      for (let j = 0; j <= n; j++) {
        const { cos, sin } = rootOfUnity(j, n);
        // two squares of numbers right to an ulp
        expect(Math.abs(cos * cos + sin * sin - 1)).toBeLessThanOrEqual(4 * 2 ** -53);
        expect(rootOfUnity(n - j, n)).toEqual({ cos, sin: 0 - sin });
        expect(rootOfUnity(j - 3 * n, n)).toEqual({ cos, sin });
        if (n % 4 === 0) expect(rootOfUnity(j + n / 4, n)).toEqual({ cos: 0 - sin, sin: cos });
      }
    }
    expect(sincosPi(0)).toEqual({ cos: 1, sin: 0 });
    expect(sincosPi(2.5)).toEqual({ cos: 0, sin: 1 });
    expect(sincosPi(-1)).toEqual({ cos: -1, sin: 0 });
    for (const x of [NaN, Infinity, -Infinity]) expect(sincosPi(x)).toEqual({ cos: NaN, sin: NaN });
  });

  test("tanh and expm1 are odd where they should be, and never leave their range", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1000, noNaN: true }), (x) => {
        expect(tanh(-x)).toBe(-tanh(x));
        expect(Math.abs(tanh(x))).toBeLessThanOrEqual(1);
        expect(expm1(-x)).toBeGreaterThanOrEqual(-1);
      }),
      { seed: 23, numRuns: 1000 },
    );
  });

  test("erf is odd, does not fall, and never leaves its range", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 7, noNaN: true }), (x) => {
        expect(erf(-x)).toBe(-erf(x));
        expect(Math.abs(erf(x))).toBeLessThanOrEqual(1);
        expect(erf(x + 4 * ulp(x + 1))).toBeGreaterThanOrEqual(erf(x) - ulp(erf(x))); // 1 ulp: what erf may be off
      }),
      { seed: 24, numRuns: 2000 },
    );
  });

  test("hypot: symmetric, blind to signs, exact on Pythagorean triples, scaled exactly by powers of two", () => {
    const triples = [[3, 4, 5], [5, 12, 13], [8, 15, 17], [20, 21, 29], [0, 7, 7]] as const; // prettier-ignore
    for (const [x, y, z] of triples) {
      for (const E of [-1060, -1000, -500, 0, 500, 1000, 1018]) {
        const scaled = [x, y, z].map((value) => scaleByPowerOfTwo(value, E));
        expect(hypot(scaled[0]!, scaled[1]!)).toBe(scaled[2]);
      }
    }
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (x, y) => {
        const h = hypot(x, y);
        expect(hypot(y, -x)).toBe(h);
        expect(h).toBeGreaterThanOrEqual(Math.max(Math.abs(x), Math.abs(y)));
      }),
      { seed: 25, numRuns: 2000 },
    );
  });

  test("scaleByPowerOfTwo rounds once, into the subnormals too", () => {
    expect(scaleByPowerOfTwo(1, -1074)).toBe(5e-324);
    expect(scaleByPowerOfTwo(1.5, -1074)).toBe(1e-323);
    expect(scaleByPowerOfTwo(1, 1023)).toBe(2 ** 1023);
    expect(scaleByPowerOfTwo(1, 1024)).toBe(Infinity);
    for (let k = -1022; k <= 1023; k += 31) expect(powerOfTwo(k) * powerOfTwo(-k)).toBe(1);
  });
});

describe("errors", () => {
  test("logGamma is for x ≥ 0", () => {
    expect(() => logGamma(-0.5)).toThrow(OptionError);
    expect(() => logGamma(-0.5)).toThrow("logGamma(x): expected a number at least 0, got -0.5");
    expect(() => logGamma(-Infinity)).toThrow(OptionError);
  });
});

describe("degenerate", () => {
  test("zeros, infinities and NaN, as in Math", () => {
    for (const x of [0, -0, Infinity, -Infinity, NaN, -1, -1.5, 5e-324, -5e-324]) {
      expect(exp(x)).toBe(Math.exp(x));
      expect(expm1(x)).toSatisfy((y: number) => Object.is(y, Math.expm1(x)) || Math.abs(y - Math.expm1(x)) < 1e-15);
      expect(Object.is(tanh(x), Math.tanh(x)) || Math.abs(tanh(x) - Math.tanh(x)) < 1e-15).toBe(true);
      expect(log1p(x)).toBe(Math.log1p(x));
      expect(log(x)).toBe(Math.log(x));
    }
    for (const [x, y] of [[0, -0], [-0, -0], [Infinity, NaN], [NaN, -Infinity], [NaN, 1], [0, NaN], [-3, 0], [5e-324, 0], [1e308, 1.7e308]] as const) {
      expect(hypot(x, y)).toBe(Math.hypot(x, y));
    } // prettier-ignore
    expect([erf(Infinity), erf(-Infinity), erf(6), erf(-40), erf(NaN)]).toEqual([1, -1, 1, -1, NaN]);
    expect(Object.is(erf(-0), -0)).toBe(true);
    expect(erf(5e-324)).toBe(5e-324);
    expect(exp(-745.2)).toBe(0);
    expect(exp(709.8)).toBe(Infinity);
    expect(Object.is(expm1(-0), -0)).toBe(true);
    expect(Object.is(log1p(-0), -0)).toBe(true);
    expect(Object.is(tanh(-0), -0)).toBe(true);
    expect(logGamma(0)).toBe(Infinity);
    expect(logGamma(-0)).toBe(Infinity);
    expect(logGamma(Infinity)).toBe(Infinity);
    expect(logGamma(NaN)).toBeNaN();
    expect(logGamma(1e308)).toBe(Infinity); // log Γ overflows past 2.5e305
    expect(logGamma(5e-324)).toBeCloseTo(744.4400719213812, 12);
  });
});
