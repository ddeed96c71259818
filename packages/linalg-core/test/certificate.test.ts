import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { weakest, type Certificate } from "../src/certificate.js";
import { OptionError } from "../src/errors.js";

const ORDER = ["exact", "deterministic", "conditional", "statistical", "none"] as const;
const exact: Certificate = { kind: "exact", bound: 1e-15 };
const sure: Certificate = { kind: "deterministic", bound: 1e-3, norm: "max" };
const likely: Certificate = { kind: "statistical", bound: 1e-4, norm: "max", fraction: 0.02, confidence: 0.99 };

const bound = fc.double({ min: 0, max: 1e9, noNaN: true });
const certificate: fc.Arbitrary<Certificate> = fc.oneof(
  fc.record({ kind: fc.constant("exact" as const), bound }),
  fc.record({ kind: fc.constant("deterministic" as const), bound, norm: fc.constant("max") }),
  fc.record({ kind: fc.constant("conditional" as const), bound, norm: fc.constant("max"), condition: fc.constantFrom("K ≥ 0", "A = Aᵀ") }),
  fc.record({
    kind: fc.constant("statistical" as const),
    bound,
    norm: fc.constant("max"),
    fraction: fc.constantFrom(0, 0.02),
    confidence: fc.constantFrom(0.9, 0.99),
  }),
  fc.record({ kind: fc.constant("none" as const), reason: fc.constantFrom("asked for", "not measured") }),
);

describe("laws", () => {
  test("the weakest kind and the largest bound, in any order", () => {
    fc.assert(
      fc.property(fc.array(certificate, { maxLength: 6 }), (list) => {
        const joint = weakest(list);
        expect(ORDER.indexOf(joint.kind)).toBe(Math.max(0, ...list.map(({ kind }) => ORDER.indexOf(kind))));
        if (joint.kind === "none") return;
        expect(joint.bound).toBe(Math.max(0, ...list.map((one) => (one.kind === "none" ? 0 : one.bound))));
        expect(weakest([...list].reverse()).kind).toBe(joint.kind);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  test("one certificate is its own joint", () => {
    fc.assert(
      fc.property(certificate, (one) => {
        expect(weakest([one])).toEqual(one);
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  test("several statistical statements hold together less often than each", () => {
    const joint = weakest([likely, { ...likely, fraction: 0.1, confidence: 0.9 }, exact]);
    expect(joint).toMatchObject({ kind: "statistical", bound: 1e-4, fraction: 0.1 });
    if (joint.kind === "statistical") expect(joint.confidence).toBeCloseTo(0.89, 12); // 1 − .01 − .1
    expect(weakest(Array.from({ length: 200 }, () => likely))).toMatchObject({ confidence: 0 });
  });

  test("no condition is lost", () => {
    const given: Certificate = { kind: "conditional", bound: 1, norm: "max", condition: "K ≥ 0" };
    expect(weakest([given, sure, { ...given, condition: "A = Aᵀ" }])).toMatchObject({ kind: "conditional", condition: "K ≥ 0 and A = Aᵀ" });
    expect(weakest([given, likely])).toMatchObject({ kind: "statistical", norm: "max, provided that K ≥ 0", bound: 1 });
  });
});

describe("errors", () => {
  test("bounds in two norms have no maximum", () => {
    expect(() => weakest([sure, { ...likely, norm: "Frobenius" }])).toThrow(OptionError);
  });
});

describe("degenerate", () => {
  test("nothing to certify is exact", () => {
    expect(weakest([])).toEqual({ kind: "exact", bound: 0 });
  });

  test("a NaN bound is not hidden by a number", () => {
    expect(weakest([{ ...exact, bound: NaN }, sure])).toMatchObject({ kind: "deterministic", bound: NaN });
  });
});
