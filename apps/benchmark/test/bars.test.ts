import { describe, expect, test } from "vitest";
import file from "../bars.json" with { type: "json" };
import { cases } from "../cases/index.js";
import { checkBars } from "../src/bars.js";
import type { CaseResult, ContenderResult, Result } from "../src/result.js";
import { brokenResult, sampleResult } from "./sample-result.js";

const verdict = (result: Result, id: string) => checkBars(result).find((bar) => bar.id === id)!;

interface BarData {
  readonly id: string;
  readonly case: string;
  readonly where?: Readonly<Record<string, readonly (string | number)[] | string>>;
  readonly of?: string;
  readonly over?: string;
}

/** The sample with one contender of one case changed. */
function changed(id: string, name: string, change: (row: ContenderResult) => ContenderResult): Result {
  const result = sampleResult();
  const cases = result.cases.map((at) => (at.id === id ? { ...at, contenders: at.contenders.map((row) => (row.name === name ? change(row) : row)) } : at)); // prettier-ignore
  return { ...result, cases };
}

/** The sample with cases of this id, a size each, whose contenders have these medians or errors. */
function withCases(id: string, sizes: readonly { readonly size: CaseResult["size"]; readonly rows: readonly ContenderResult[] }[]): Result {
  const result = sampleResult();
  const [model] = result.cases;
  const added = sizes.map(({ size, rows }): CaseResult => ({ ...model!, id, size, contenders: rows }));
  return { ...result, cases: [...result.cases, ...added] };
}

describe("oracle", () => {
  test("met, with the value and what it was taken from", () => {
    const bar = verdict(sampleResult(), "auto-one-head");
    expect(bar.verdict).toBe("met");
    expect(bar.detail.split(" · ")).toHaveLength(15);
    expect(bar.detail).not.toContain("1.3");
    expect(bar.value).toBeGreaterThan(6);
  });

  test("missed when the ratio is too small", () => {
    const slow = changed("attention/real-heads", "auto 0.01", (row) => ({ ...row, times: row.times!.map((time) => 5 * time) }));
    expect(verdict(slow, "auto-one-head").verdict).toBe("missed");
    expect(verdict(slow, "unbounded-head-time").verdict).toBe("missed");
  });

  test("a broken certificate misses its bar", () => {
    expect(verdict(sampleResult(), "certificates")).toMatchObject({ verdict: "met", value: 0 });
    expect(verdict(brokenResult(), "certificates")).toMatchObject({ verdict: "missed", value: 1 });
  });

  test("the best WebAssembly rival is the fastest right one on that engine", () => {
    expect(verdict(sampleResult(), "gemm-f32-simd").value).toBeCloseTo(25 / 21, 6);
    const wrong = changed("linalg/gemm-f32", "numpy-ts", (row) => ({ ...row, status: "wrong" }));
    expect(verdict(wrong, "gemm-f32-simd").value).toBeCloseTo(25 / 19.6, 6);
  });

  test("a slope is that of the line through the logarithms, of three sizes at least", () => {
    const sweep = (ns: readonly number[], power: number): Result =>
      withCases("sketch/size-sweep", ns.map((n) => ({ size: { n }, rows: [{ name: "countSketch", role: "ours", status: "ok", median: 3e-9 * n ** power }] }))); // prettier-ignore
    const inProportion = sweep([4096, 16_384, 65_536, 262_144], 1);
    expect(verdict(inProportion, "sketch-count-slope-low")).toMatchObject({ verdict: "met", detail: "4 sizes" });
    expect(verdict(inProportion, "sketch-count-slope-high").value).toBeCloseTo(1, 12);
    expect(verdict(sweep([4096, 16_384, 65_536], 1.2), "sketch-count-slope-high")).toMatchObject({ verdict: "missed" });
    expect(verdict(sweep([4096, 16_384], 1), "sketch-count-slope-high")).toMatchObject({ verdict: "not measured", detail: "2 sizes" });
  });

  test("a ratio of errors speaks of wrong answers too, the worst size decides, and an error that is no number is not measured", () => {
    const heads = (errors: readonly (readonly [string, number, number | undefined])[]): Result =>
      withCases(
        "sketch/heads",
        errors.map(([head, ours, other]) => ({
          size: { head, n: 1024 },
          rows: [
            { name: "accelerated", role: "ours", status: "ok", error: ours },
            { name: "uniform Nyström", role: "trivial", status: "wrong", ...(other === undefined ? {} : { error: other }) },
          ],
        })),
      );
    expect(verdict(heads([["0.0", 2.5, 10], ["0.1", 3, 6], ["1.3", 3, 3]]), "heads-uniform")).toMatchObject({ verdict: "met", value: 0.5 }); // prettier-ignore
    expect(verdict(heads([["0.0", 2.5, 4]]), "heads-uniform")).toMatchObject({ verdict: "missed", value: 0.625 });
    expect(verdict(heads([["0.0", 2.5, undefined]]), "heads-uniform").verdict).toBe("not measured");
  });

  test("never silently met: another backend, another profile, a case or rival that is missing", () => {
    expect(verdict(sampleResult(), "gemm-f32-relaxed")).toMatchObject({ verdict: "not measured", detail: "for the backend wasm-relaxed; this run used wasm-simd" }); // prettier-ignore
    expect(verdict(sampleResult(), "full-profile").verdict).toBe("not measured");
    expect(verdict(sampleResult(), "auto-layer")).toMatchObject({ verdict: "not measured", detail: "no such size in this run" });
    const alone = changed("linalg/gemm-f32", "numpy-ts", (row) => ({ ...row, status: "absent" }));
    const none = {
      ...alone,
      cases: alone.cases.map((at) => ({ ...at, contenders: at.contenders.filter(({ name }) => name === "subquad") })),
    };
    expect(verdict(none, "gemm-f32-simd")).toMatchObject({ verdict: "not measured", detail: "no such rival is installed: npm run rivals" });
    expect(verdict({ ...sampleResult(), complete: false }, "quick-profile").verdict).toBe("not measured");
  });

  test.each((file.bars as readonly BarData[]).filter(({ case: id }) => id !== "*"))(
    "$id: its case has such sizes, and contenders of these names",
    ({ case: id, where, of, over }) => {
      const benchCase = cases.find((candidate) => candidate.id === id)!;
      const names = benchCase.contenders.map(({ name }) => name);
      if (of) expect(names).toContain(of);
      if (over && !/^best .* rival$/.test(over)) expect(names).toContain(over);
      const sizes = [...benchCase.sizes.quick, ...benchCase.sizes.full];
      for (const [field, values] of Object.entries(where ?? {})) {
        if (!Array.isArray(values)) continue;
        for (const value of values) expect(sizes.map((size) => size[field.replace(/Not$/, "")])).toContain(value);
      }
    },
  );

  test("every bar has one limit and a measure with what it needs", () => {
    for (const bar of checkBars(sampleResult())) expect(bar.wanted).toMatch(/^at (least|most) [\d.e-]+$/);
  });
});
