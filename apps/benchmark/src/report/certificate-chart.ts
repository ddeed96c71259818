/** What was promised against what was true, both logarithmic: every certificate of the run, with the diagonal. */
import * as Plot from "@observablehq/plot";
import type { ClaimResult, Result } from "../result.js";
import { sizeText } from "../select.js";
import { median } from "../statistics.js";
import { number } from "../verdict.js";
import type { Chart } from "./charts.js";
import { sample, svg, WIDTHS } from "./plot.js";
import { decadesAround, decadeText, decadeTicks } from "./scales.js";
import type { SeriesStyle } from "./theme.js";

interface Point extends ClaimResult {
  readonly where: string;
  readonly style: SeriesStyle;
}

const KEPT: Readonly<Record<string, SeriesStyle>> = {
  exact: { colour: "var(--blue)", symbol: "circle" },
  statistical: { colour: "var(--green)", symbol: "diamond" },
};
const OTHER: SeriesStyle = { colour: "var(--purple)", symbol: "triangle" };
const BROKEN: SeriesStyle = { colour: "var(--bad)", symbol: "times" };
const SMALLEST = 1e-9; // a true error of 0 is drawn here

/** One chart over all cases whose answers carry a certificate. */
export function certificateChart({ cases }: Result): readonly Chart[] {
  const points = cases.flatMap((at) =>
    at.contenders.flatMap(({ name, claim }) => {
      if (!claim) return [];
      const style = claim.holds ? (KEPT[claim.certificate.kind] ?? OTHER) : BROKEN;
      return [{ ...claim, where: `${at.id} ${sizeText(at.size)}, ${name}`, style }];
    }),
  );
  return points.length > 0 ? [draw(points)] : [];
}

function draw(points: readonly Point[]): Chart {
  const summary = summaryOf(points);
  const kinds = [...new Set(points.filter(({ holds }) => holds).map(({ certificate }) => certificate.kind))];
  const all = points.flatMap(({ relativeBound, trueError }) => [relativeBound, Math.max(trueError, SMALLEST)]);
  const domain = decadesAround(all);
  const broken = points.filter(({ holds }) => !holds);
  const picture = (width: number): string => {
    const narrow = width < 400;
    return svg(
      {
        width,
        height: narrow ? 320 : 420,
        marginLeft: 58,
        marginRight: 20,
        marginBottom: 42,
        marginTop: 22,
        x: {
          type: "log",
          domain,
          ticks: decadeTicks(domain, narrow ? 4 : 9),
          tickFormat: decadeText,
          label: "certified bound, in spreads of V",
          labelAnchor: "center",
          labelArrow: "none",
        },
        y: {
          type: "log",
          domain,
          ticks: decadeTicks(domain),
          tickFormat: decadeText,
          grid: true,
          label: "true error, recomputed in float64",
          labelArrow: "none",
        },
        marks: [
          Plot.areaY([domain[0], domain[1]], {
            x: (x: number) => x,
            y1: (x: number) => x,
            y2: () => domain[1],
            fill: "var(--bad)",
            fillOpacity: 0.07,
          }),
          Plot.line([domain[0], domain[1]], { x: (x: number) => x, y: (x: number) => x, stroke: "var(--soft)", strokeDasharray: "5 4" }),
          Plot.text(["a point up here is a broken promise"], { frameAnchor: "top-left", dx: 10, dy: 10, fill: "var(--bad)", text: String }),
          ...points.map(markOf),
          ...broken.map((point) =>
            Plot.text([point.where], { x: [point.relativeBound], y: [point.trueError], dy: -12, fill: "var(--bad)", text: String }),
          ),
        ],
      },
      `Certificate against true error. ${summary}`,
    );
  };
  const legend = kinds.map((kind) => ({ name: `${kind} certificate, kept`, sample: sample(KEPT[kind] ?? OTHER) }));
  return {
    id: "certificate",
    title: "Certificate against true error",
    summary,
    wide: picture(WIDTHS.wide),
    narrow: picture(WIDTHS.narrow),
    legend: broken.length > 0 ? [...legend, { name: "broken", sample: sample(BROKEN) }] : legend,
    legendIn: "both",
    data: {
      columns: ["case", "method", "certificate", "bound", "true error it speaks of", "rows above the bound", "kept"],
      rows: points.map(({ where, method, certificate, relativeBound, trueError, shareAbove, holds }) => [
        where,
        method,
        certificate.kind,
        { text: number(relativeBound), sort: relativeBound },
        { text: number(trueError), sort: trueError },
        { text: `${number(100 * shareAbove)} %`, sort: shareAbove },
        holds ? "yes" : "NO",
      ]),
    },
  };
}

function markOf({ where, relativeBound, trueError, style, holds }: Point): Plot.Markish {
  const title = [`${where}: bound ${number(relativeBound)}, true error ${number(trueError)}`];
  const place = { x: [relativeBound], y: [Math.max(trueError, SMALLEST)] };
  const size = holds ? { r: 4, strokeWidth: 1.5, fill: "none" } : { r: 8, strokeWidth: 3 };
  return Plot.dot([0], { ...place, ...size, symbol: style.symbol, stroke: style.colour, title });
}

function summaryOf(points: readonly Point[]): string {
  const kept = points.filter(({ holds }) => holds).length;
  const approximate = points.filter(({ certificate, trueError }) => certificate.kind !== "exact" && trueError > 0);
  const slack = median(approximate.map(({ relativeBound, trueError }) => relativeBound / trueError));
  const loose = approximate.length > 0 ? ` The bound of an approximate answer is ${number(slack)} times the true error in the median.` : "";
  return `${kept} of ${points.length} certificates kept.${loose}`;
}
