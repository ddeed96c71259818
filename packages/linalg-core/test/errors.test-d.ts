import { expectTypeOf, test } from "vitest";
import { weakest, type Certificate } from "../src/certificate.js";
import {
  AssumptionError,
  FormatError,
  NonFiniteError,
  NotConvergedError,
  OptionError,
  RankDeficientError,
  ShapeError,
  assert,
  isNumericsError,
  type NumericsError,
  type NumericsErrorCode,
} from "../src/errors.js";
import type { Plan } from "../src/plan.js";

test("narrowing", () => {
  const value: unknown = undefined;
  if (isNumericsError(value)) expectTypeOf(value).toEqualTypeOf<NumericsError>();
  expectTypeOf<NumericsError["code"]>().toEqualTypeOf<NumericsErrorCode>();
  const found = [1][0];
  assert(found !== undefined, "m");
  expectTypeOf(found).toEqualTypeOf<number>();
  expectTypeOf(new NotConvergedError("f", { x: 1 }).result).toEqualTypeOf<{ x: number }>();
});

test("a certificate's kind tells its fields", () => {
  const certificate = weakest([]);
  expectTypeOf(certificate).toEqualTypeOf<Certificate>();
  if (certificate.kind === "statistical") expectTypeOf(certificate.confidence).toBeNumber();
  // @ts-expect-error an exact certificate has no norm
  const wrong: Certificate = { kind: "exact", bound: 0, norm: "max" };
  expectTypeOf(wrong).toEqualTypeOf<Certificate>();
});

test("a plan may leave the error out", () => {
  expectTypeOf<{ method: string; predicted: { seconds: number; bytes: number }; rejected: [] }>().toExtend<Plan>();
  expectTypeOf<{ method: string; predicted: { seconds: number }; rejected: [] }>().not.toExtend<Plan>();
});

test("what each class says beside its code", () => {
  expectTypeOf(new ShapeError("f", "A", "rule", [1]).code).toEqualTypeOf<NumericsErrorCode>();
  expectTypeOf(new OptionError("f", "option", "rule", 1).got).toBeUnknown();
  expectTypeOf(new NonFiniteError("f", "A", NaN, [0]).index).toEqualTypeOf<readonly number[]>();
  expectTypeOf(new RankDeficientError("f", { column: 0, pivot: 0, remedy: "none" }).column).toBeNumber();
  expectTypeOf(new AssumptionError("f", { assumption: "a", allowed: 0, measured: 1 }).measured).toBeUnknown();
  expectTypeOf(new FormatError("f", { format: "npy", expected: "a", got: 1 }).offset).toEqualTypeOf<number | undefined>();
  expectTypeOf<ShapeError>().toExtend<NumericsError>();
  // @ts-expect-error a code that is none
  expectTypeOf<NumericsErrorCode>().toEqualTypeOf<"ERR_OTHER">();
});
