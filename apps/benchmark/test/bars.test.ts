import { describe, expect, test } from "vitest";
import file from "../bars.json" with { type: "json" };
import { cases } from "../cases/index.js";
import { checkBars } from "../src/bars.js";
import type { ContenderResult, Result } from "../src/result.js";
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
