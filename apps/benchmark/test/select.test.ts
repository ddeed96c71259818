import { describe, expect, test } from "vitest";
import type { Case } from "../src/case.js";
import { checkRivals, selectCases, selectContenders, sizeText, UsageError, type Selection } from "../src/select.js";

const prepare = (): Promise<never> => Promise.reject(new Error("not run"));
const fake = (id: string, quick: readonly number[], full: readonly number[]): Case => ({
  id,
  question: "?",
  sizes: { quick: quick.map((n) => ({ n })), full: full.map((n) => ({ n })) },
  errorUnit: "absolute",
  allowedError: 0,
  contenders: [
    { name: "ours", role: "ours", prepare },
    { name: "tfjs-wasm", role: "rival", prepare },
    { name: "large only", role: "rival", hidden: ({ n }) => Number(n) < 512, prepare },
  ],
  input: () => Promise.resolve(null),
  reference: () => Promise.resolve(null),
  error: () => 0,
});
const cases = [fake("linalg/gemm-f32", [256], [256, 512]), fake("attention/exact", [1024], [1024, 2048])];
const select = (selection: Partial<Selection>) =>
  selectCases(cases, { profile: "quick", filter: [], n: [], rivals: "all", ...selection }).map(
    ({ benchCase, sizes }) => `${benchCase.id} ${sizes.map(sizeText).join(",")}`,
  );

describe("oracle", () => {
  test("profiles, packages, globs and sizes", () => {
    expect(select({})).toEqual(["linalg/gemm-f32 n=256", "attention/exact n=1024"]);
    expect(select({ profile: "full" })).toEqual(["linalg/gemm-f32 n=256,n=512", "attention/exact n=1024,n=2048"]);
    expect(select({ filter: ["attention"] })).toEqual(["attention/exact n=1024"]);
    expect(select({ filter: ["*/gemm-?32"] })).toEqual(["linalg/gemm-f32 n=256"]);
    expect(select({ n: [512] })).toEqual(["linalg/gemm-f32 n=512"]); // a size of the full profile may be named in any
  });

  test("contenders of the full profile take part in the quick one when they are named", () => {
    const benchCase = { ...cases[0]!, contenders: cases[0]!.contenders.map((contender) => ({ ...contender, fullOnly: contender.name === "tfjs-wasm" })) }; // prettier-ignore
    const names = (profile: Selection["profile"], rivals: Selection["rivals"]) => selectContenders(benchCase, { n: 512 }, { profile, rivals }).map(({ name }) => name); // prettier-ignore
    expect(names("quick", "all")).toEqual(["ours", "large only"]);
    expect(names("full", "all")).toEqual(["ours", "tfjs-wasm", "large only"]);
    expect(names("quick", ["tfjs-wasm"])).toEqual(["ours", "tfjs-wasm"]);
  });

  test("rivals by name, and contenders that a size hides", () => {
    const names = (n: number, rivals: Selection["rivals"]) =>
      selectContenders(cases[0]!, { n }, { rivals, profile: "full" }).map(({ name }) => name);
    expect(names(512, "all")).toEqual(["ours", "tfjs-wasm", "large only"]);
    expect(names(256, "all")).toEqual(["ours", "tfjs-wasm"]);
    expect(names(512, [])).toEqual(["ours"]);
    expect(names(512, ["tfjs-wasm"])).toEqual(["ours", "tfjs-wasm"]);
  });
});

describe("errors", () => {
  test("a filter without a match names the nearest", () => {
    expect(() => select({ filter: ["attention/exat"] })).toThrow(
      new UsageError('--filter: expected a package or a case, got "attention/exat". Nearest: attention/exact, attention, linalg'),
    );
  });

  test("a size that no case has names those there are", () => {
    expect(() => select({ n: [7] })).toThrow("--size: expected some of 256, 512, 1024, 2048, got 7");
  });

  test("an unknown rival names the known ones", () => {
    expect(() => {
      checkRivals(cases, ["blas"]);
    }).toThrow('--rivals: expected "all", "none" or some of tfjs-wasm, large only, got "blas"');
  });
});
