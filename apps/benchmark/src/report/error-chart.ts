/** Error against time, both logarithmic: a point a method on one real head; nearer to the lower left is better. */
import * as Plot from "@observablehq/plot";
import type { CaseResult, ContenderResult, Result } from "../result.js";
import { sizeText } from "../select.js";
import { number, timeText } from "../verdict.js";
import type { Chart } from "./charts.js";
import { sample, svg, WIDTHS } from "./plot.js";
import { clockText, decadesAround, decadeText, decadeTicks, labelOffsets, position } from "./scales.js";
import { styleOf } from "./theme.js";

interface Point {
  readonly row: ContenderResult;
  readonly seconds: number;
  readonly error: number;
}

/** The row group with the most methods, at the largest n. */
export function errorChart({ cases }: Result): readonly Chart[] {
  const points = (at: CaseResult): readonly Point[] =>
    at.contenders.flatMap((row) => (row.median === undefined || !row.error ? [] : [{ row, seconds: row.median, error: row.error }]));
  const able = cases.filter((at) => at.id === "attention/real-heads" && points(at).length > 2);
  const chosen = able.sort((a, b) => Number(b.size.n) - Number(a.size.n) || points(b).length - points(a).length)[0];
  return chosen ? [draw(chosen, points(chosen))] : [];
}

function draw(at: CaseResult, points: readonly Point[]): Chart {
  const gates = at.contenders.flatMap(({ name }) => /^auto (.*)$/.exec(name)?.slice(1).map(Number) ?? []);
  const front = paretoFront(points);
  const summary = summaryOf(points, front);
  const label = `Error against time, ${at.id} ${sizeText(at.size)}. ${summary}`;
  return {
    id: "error",
    title: `Error against time: ${at.id} ${sizeText(at.size)}`,
    summary,
    wide: picture({ points, gates, front, errorUnit: at.errorUnit }, WIDTHS.wide, label),
    narrow: picture({ points, gates, front, errorUnit: at.errorUnit }, WIDTHS.narrow, label),
    legend: points.map(({ row }) => ({ name: row.name, sample: sample(styleOf(row.name)) })),
    legendIn: "narrow",
    data: {
      columns: ["method", "time", at.errorUnit, "on the front"],
      rows: points.map((point) => [
        point.row.name,
        { text: timeText(point.row), sort: point.seconds },
        { text: number(point.error), sort: point.error },
        front.includes(point) ? "yes" : "no",
      ]),
    },
  };
}

interface Drawing {
  readonly points: readonly Point[];
  readonly gates: readonly number[];
  readonly front: readonly Point[];
  readonly errorUnit: string;
}

function picture({ points, gates, front, errorUnit }: Drawing, width: number, label: string): string {
  const narrow = width < 400;
  const height = narrow ? 320 : 400;
  const margins = { marginLeft: 58, marginRight: narrow ? 20 : 90, marginBottom: 42, marginTop: 22 };
  const x = decadesAround(points.map(({ seconds }) => seconds));
  const y = decadesAround([...gates, ...points.map(({ error }) => error)]);
  const anchors = points.map(({ row, seconds, error }) => ({
    x: margins.marginLeft + position(seconds, x) * (width - margins.marginLeft - margins.marginRight),
    y: height - margins.marginBottom - position(error, y) * (height - margins.marginBottom - margins.marginTop),
    text: labelOf(row),
  }));
  const offsets = labelOffsets(anchors);
  const gateText = { dx: 4, dy: -7, frameAnchor: "left", textAnchor: "start", fill: "var(--soft)" } as const;
  return svg(
    {
      width,
      height,
      ...margins,
      x: { type: "log", domain: x, ticks: decadeTicks(x, narrow ? 4 : 9), tickFormat: clockText, label: "time of one call", labelAnchor: "center", labelArrow: "none" }, // prettier-ignore
      y: { type: "log", domain: y, ticks: decadeTicks(y), tickFormat: decadeText, grid: true, label: narrow ? "error of all but 2 % of rows" : errorUnit, labelArrow: "none" }, // prettier-ignore
      marks: [
        Plot.ruleY(gates, { stroke: "var(--soft)", strokeDasharray: "4 4" }),
        ...gates.map((gate) =>
          Plot.text([0], { y: [gate], text: [`tolerance ${gate}`], ...gateText, dy: gate === Math.max(...gates) ? -7 : 8 }),
        ),
        Plot.line(front, { x: "seconds", y: "error", stroke: "var(--soft)", strokeWidth: 1, curve: "step-after" }),
        ...points.flatMap((point, i) => marksOf(point, narrow ? undefined : offsets[i])),
      ],
    },
    label,
  );
}

function marksOf({ row, seconds, error }: Point, labelOffset: number | undefined): readonly Plot.Markish[] {
  const { colour, symbol, strong } = styleOf(row.name);
  const place = { x: [seconds], y: [error] };
  const title = [`${row.name}: ${timeText(row)}, error ${number(error)}${row.reason ? `, ${row.reason}` : ""}`];
  const fill = strong ? colour : "var(--ground)";
  const dot = Plot.dot([0], { ...place, symbol: symbol, stroke: colour, fill, r: strong ? 6 : 5, title });
  if (labelOffset === undefined) return [dot];
  const options = { textAnchor: "start", dx: 10, dy: labelOffset, fill: colour, fontWeight: strong ? 600 : 400 } as const;
  return [dot, Plot.text([0], { ...place, text: [labelOf(row)], ...options })];
}

function labelOf(row: ContenderResult): string {
  return row.role === "trivial" ? `${row.name} (the trivial answer)` : row.name;
}

/** Methods that no other beats in both time and error, fastest first. */
function paretoFront(points: readonly Point[]): readonly Point[] {
  return points
    .filter((p) => !points.some((q) => q !== p && q.seconds <= p.seconds && q.error <= p.error))
    .sort((a, b) => a.seconds - b.seconds);
}

function summaryOf(points: readonly Point[], front: readonly Point[]): string {
  const trivial = points.find(({ row }) => row.role === "trivial");
  const beaten = points.filter(({ row, error }) => trivial && row !== trivial.row && error >= trivial.error).map(({ row }) => row.name);
  const worse = beaten.length > 0 ? ` No better than the mean of V: ${beaten.join(", ")}.` : "";
  return `Nothing is both faster and more accurate than: ${front.map(({ row }) => row.name).join(", ")}.${worse}`;
}
