/** Observable Plot in Node: drawn into a linkedom document, returned as SVG text. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import type { SeriesStyle } from "./theme.js";

const { document } = parseHTML("<!doctype html><html><body></body></html>");

/** Widths of the two drawings of a chart: one for wide screens, one for phones. */
export const WIDTHS = { wide: 1036, half: 480, narrow: 330 } as const;

/**
 * Draws a plot.
 * @param options of Plot.plot, without legends.
 * @param label what the picture shows, for those who do not see it.
 * @returns one svg element as text.
 */
export function svg(options: Plot.PlotOptions, label: string): string {
  const element = Plot.plot({ ...options, document: document, style: { background: "none", fontSize: "12px" } });
  element.setAttribute("role", "img");
  element.setAttribute("aria-label", label);
  return element.outerHTML.replaceAll(/ font-family="[^"]*"/g, "");
}

/**
 * The sample of a series for a legend: its line and its mark.
 * @param style of the series.
 * @returns a small svg element that screen readers skip.
 */
export function sample({ colour, symbol, dash }: SeriesStyle): string {
  const line = Plot.line([[0, 0], [2, 0]] as [number, number][], { stroke: colour, strokeWidth: 2, ...(dash ? { strokeDasharray: dash } : {}) }); // prettier-ignore
  const mark = Plot.dot([[1, 0]] as [number, number][], { symbol: symbol, stroke: colour, fill: colour, r: 4 });
  const axes = { x: { axis: null, domain: [0, 2] }, y: { axis: null, domain: [-1, 1] } } as const;
  const drawn = Plot.plot({ width: 34, height: 16, margin: 0, ...axes, marks: [line, mark], document: document });
  return drawn.outerHTML.replace("<svg", '<svg aria-hidden="true"').replace(/<style>[\s\S]*?<\/style>/, "");
}
