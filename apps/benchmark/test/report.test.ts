import { parseHTML } from "linkedom";
import { describe, expect, test } from "vitest";
import { checkBars } from "../src/bars.js";
import { renderCharts } from "../src/report/charts.js";
import { renderHtml } from "../src/report/html.js";
import { decadesAround, decadeTicks, labelOffsets } from "../src/report/scales.js";
import { palettes } from "../src/report/theme.js";
import { barsText, failuresText, lineText, painter, tableText } from "../src/report/text.js";
import { brokenResult, sampleResult } from "./sample-result.js";

const result = { ...sampleResult(), bars: checkBars(sampleResult()) };
const html = renderHtml(result);
const withoutScript = html.replaceAll(/<script>[\s\S]*?<\/script>/g, "");
const { document } = parseHTML(html);
const VOID = new Set(["meta", "input", "br", "hr", "img", "link"]);

/** Tags that are opened and not closed in order; scripts and styles aside. */
function unbalanced(text: string): readonly string[] {
  const open: string[] = [];
  const problems: string[] = [];
  const body = text.replaceAll(/<(script|style)>[\s\S]*?<\/\1>/g, "");
  for (const [, closing, name, self] of body.matchAll(/<(\/?)([a-zA-Z][\w-]*)[^>]*?(\/?)>/g)) {
    if (self || VOID.has(name!.toLowerCase())) continue;
    if (!closing) open.push(name!);
    else if (open.pop() !== name) problems.push(name!);
  }
  return [...problems, ...open];
}

describe("the page", () => {
  test("is well formed, small, and asks no server for anything", () => {
    expect(unbalanced(html)).toEqual([]);
    expect(html.length).toBeLessThan(1.5e6);
    expect(/https?:|src=|@import|url\(/.exec(html.replaceAll(/xmlns(:\w+)?="[^"]*"/g, ""))).toBeNull();
  });

  test("has the four kinds of charts, each with a name, a sentence and its numbers", () => {
    const charts = renderCharts(result);
    expect([...new Set(charts.map(({ id }) => id))].sort()).toEqual(["certificate", "error", "heads", "time"]);
    const figures = [...document.querySelectorAll("figure")];
    expect(figures).toHaveLength(charts.length);
    for (const figure of figures) {
      expect(figure.querySelector("figcaption")!.textContent.length).toBeGreaterThan(30);
      expect(figure.querySelectorAll("details table tbody tr").length).toBeGreaterThan(0);
      const drawings = [...figure.querySelectorAll('svg[role="img"]')];
      expect(drawings).toHaveLength(2);
      for (const drawing of drawings) expect(drawing.getAttribute("aria-label")!.length).toBeGreaterThan(30);
    }
  });

  test("shows no NaN and no undefined", () => {
    expect(/NaN|undefined|Infinity/.exec(withoutScript)).toBeNull();
  });

  test("every row of the result stands in the table, ours marked, headers sortable by keyboard", () => {
    const rows = document.querySelectorAll("table.sortable tbody tr");
    expect(rows).toHaveLength(result.cases.flatMap(({ contenders }) => contenders).length);
    expect(document.querySelectorAll("table.sortable th button")).toHaveLength(document.querySelectorAll("table.sortable th").length);
    for (const header of document.querySelectorAll("table.sortable th")) expect(header.getAttribute("aria-sort")).toBe("none");
    expect(document.querySelectorAll("tr.ours").length).toBeGreaterThan(0);
    expect(document.querySelectorAll("tr.wrong td.time").length).toBeGreaterThan(0);
  });

  test("names our losses before the charts", () => {
    expect(html.indexOf("Where we lose")).toBeGreaterThan(0);
    expect(html.indexOf("Where we lose")).toBeLessThan(html.indexOf("<figure"));
  });

  test("a broken certificate heads the page and is a red cross on the chart", () => {
    const broken = renderHtml(brokenResult());
    expect(broken.indexOf('role="alert"')).toBeLessThan(broken.indexOf("<figure"));
    expect(broken.includes("broken certificate: true error 0.02, certified 0.009")).toBe(true);
    const chart = renderCharts(brokenResult()).find(({ id }) => id === "certificate")!;
    expect(chart.wide.includes('stroke="var(--bad)"')).toBe(true);
    expect(chart.legend!.map(({ name }) => name)).toContain("broken");
    expect(html.includes('role="alert"')).toBe(false);
  });

  test("says when it is incomplete, and survives a result without rows", () => {
    const empty = renderHtml({ ...result, complete: false, cases: [], bars: [] });
    expect(empty.includes("Incomplete")).toBe(true);
    expect(unbalanced(empty)).toEqual([]);
  });

  test("texts of a result cannot become markup", () => {
    const cases = result.cases.slice(0, 1).map((at) => ({ ...at, question: "<img src=x onerror=alert(1)>" }));
    expect(renderHtml({ ...result, cases }).includes("<img")).toBe(false);
  });
});

describe("colours", () => {
  /** WCAG 2: (L1 + 0.05) / (L2 + 0.05) of relative luminances. */
  function contrast(a: string, b: string): number {
    const luminance = (colour: string): number => {
      const [r, g, blue] = [1, 3, 5].map((at) => {
        const s = parseInt(colour.slice(at, at + 2), 16) / 255;
        return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
      }) as [number, number, number];
      return 0.2126 * r + 0.7152 * g + 0.0722 * blue;
    };
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
    return (high + 0.05) / (low + 0.05);
  }

  test.each(["light", "dark"] as const)("text and marks stand out, %s", (scheme) => {
    const { ground, panel } = palettes[scheme];
    const inks = Object.entries(palettes[scheme]).filter(([name]) => !["ground", "panel", "line"].includes(name));
    for (const [name, ink] of inks) {
      expect(contrast(ink, ground), name).toBeGreaterThan(4.5); // chart colours carry labels too
      if (["ink", "soft", "accent"].includes(name)) expect(contrast(ink, panel), name).toBeGreaterThan(4.5);
    }
  });
});

describe("the terminal", () => {
  test("a table has the columns that the manual names, and no control characters without colours", () => {
    const table = tableText(result.cases.at(-1)!, painter(false));
    expect(table).toMatch(/method +error \(certified\) +time \[spread\] +vs exact +vs best rival +verdict/);
    expect(table).toContain("auto 0.01 (nystrom, rank 160)");
    expect(table).toMatch(/faster than exact/);
    // eslint-disable-next-line no-control-regex -- that there are none is the point
    expect(table).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(tableText(result.cases.at(-1)!, painter(true))).toContain("\u001b[32m");
  });

  test("one line a row group", () => {
    const line = lineText(result.cases.at(-1)!);
    expect(line).not.toContain("\n");
    expect(line).toMatch(/^attention\/real-heads head=1\.7 n=8192: exact .* auto 0\.01 \(nystrom, rank 160\) .*x exact, error 0\.0041/);
  });

  test("failures are said in full, bars with what was wanted", () => {
    expect(failuresText(result, painter(false))).toBe("");
    expect(failuresText(brokenResult(), painter(false))).toContain("auto 0.01: broken certificate");
    const bars = barsText(result.bars, painter(false));
    expect(bars).toMatch(/^Bars: \d+ met, \d+ missed, \d+ not measured/);
    expect(bars).toMatch(/^ {2}met .*one head, n = 8192.*, wanted at least 6$/m);
  });
});

describe("scales", () => {
  test("decades around values, and ticks on them", () => {
    const domain = decadesAround([3e-3, 40]);
    expect(domain[0]).toBeCloseTo(1e-3, 12);
    expect(domain[1]).toBeCloseTo(100, 9);
    expect(decadeTicks(domain)).toHaveLength(6);
    expect(decadeTicks([1e-9, 1], 5)).toHaveLength(5);
  });

  test("labels of near points do not cover each other", () => {
    const offsets = labelOffsets([0, 3, 6].map((x) => ({ x, y: x, text: "a long name" })));
    expect(new Set(offsets).size).toBe(3);
  });
});
