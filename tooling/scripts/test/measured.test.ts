import { describe, expect, test } from "vitest";
import { comparisonTable, contenderTable, provenance, troubles } from "../measured.mjs";

const row = (name: string, role: string, engine: string, seconds: number, more: object = {}) => ({ name, role, engine, status: "ok", error: 1e-7, times: [seconds, seconds, seconds], median: seconds, ...more }); // prettier-ignore
const result = (node: string, ours: number) => ({
  environment: { node, backend: "wasm-simd", cores: 2, processor: "Some processor" },
  cases: [
    {
      id: "linalg/svd",
      size: { n: 500 },
      contenders: [
        row("subquad", "ours", "wasm", ours),
        row("ml-matrix", "rival", "js", 4),
        row("numpy-ts", "rival", "wasm", 1, { status: "wrong", reason: "error 0.2, allowed 0.1" }),
        row("two threads", "rival", "wasm", 0.1, { threads: 2 }),
        row("NumPy", "rival", "native", 0.2),
        { name: "numeric", role: "rival", status: "timeout", reason: "> 120 s" },
      ],
    },
    { id: "linalg/svd-battery", size: { matrices: "hard", n: 11 }, contenders: [row("numeric", "rival", "js", 1, { status: "wrong", error: 4 })] },
  ],
}); // prettier-ignore
const results = [result("20.1.0", 0.8), result("24.1.0", 5)];
const svd = { label: "singular values", id: "linalg/svd", size: { n: 500 }, ours: "subquad" };

describe("oracle", () => {
  test("our time on both runtimes against the fastest right rival on as many threads, losses in bold, machine code apart", () => {
    expect(comparisonTable([{ title: "Factorizations", rows: [svd] }], results).split("\n")).toEqual([
      "|  | Node 20 | against | Node 24 | against | machine code |",
      "| --- | --- | --- | --- | --- | --- |",
      "| **Factorizations** |  |  |  |  |  |",
      "| singular values | 800 ms | 5.0× ml-matrix | 5000 ms | **0.80×** ml-matrix | 0.25×, 0.04× NumPy |",
    ]);
  });

  test("against a named row", () => {
    expect(comparisonTable([{ title: "x", rows: [{ ...svd, over: "NumPy" }] }], results)).toContain("| **0.25×** NumPy |");
  });

  test("all contenders of a case, fastest first; those without a time say why", () => {
    const lines = contenderTable({ id: "linalg/svd", size: { n: 500 }, labels: { subquad: "ours" } }, results).split("\n");
    expect(lines.slice(2).map((line) => line.split(" | ")[0])).toEqual(["| two threads", "| NumPy", "| ours", "| numpy-ts", "| ml-matrix", "| numeric"]); // prettier-ignore
    expect(lines.at(-1)).toBe("| numeric | – | – | > 120 s |");
    expect(lines.find((line) => line.startsWith("| numpy-ts"))).toContain("too large");
  });

  test("what rivals could not do, a line a rival", () => {
    expect(troubles(results, ["linalg/"])).toEqual([
      "- numpy-ts: wrong at svd (n = 500: error 0.2)",
      "- numeric: timed out at svd (n = 500: > 120 s), 4 of 11 wrong at svd-battery (hard matrices)",
    ]);
    expect(troubles([result("20.1.0", 1), { ...result("24.1.0", 1), cases: [] }], ["linalg/"])[0]).toContain("error 0.2, Node 20");
  });

  test("where the figures come from", () => {
    expect(provenance(results, ["a", "b"])).toBe(
      "2-core Some processor, Node 20.1.0 (wasm-simd) and Node 24.1.0 (wasm-simd), from a and b.",
    );
  });
});

describe("degenerate", () => {
  test("no row that was measured, no table", () => {
    expect(comparisonTable([{ title: "x", rows: [{ ...svd, id: "linalg/none" }] }], results)).toBe("");
    expect(contenderTable({ id: "linalg/none", size: {} }, results)).toBe("");
  });
});
