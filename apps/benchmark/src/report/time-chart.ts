/** Time against n, both logarithmic: a line a method, one chart for every series of sizes that differ in n only. */
import * as Plot from "@observablehq/plot";
import type { Size } from "../case.js";
import type { CaseResult, ContenderResult, Result } from "../result.js";
import { sizeText } from "../select.js";
import { fitExponent } from "../statistics.js";
import { number, timeText } from "../verdict.js";
import type { Chart } from "./charts.js";
import { sample, svg, WIDTHS } from "./plot.js";
import { clockText, decadeTicks, position } from "./scales.js";
import { styleOf } from "./theme.js";

interface Point {
  readonly n: number;
  readonly seconds: number;
  readonly row: ContenderResult;
}
interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

/** The attention charts first: they are what the project is about. */
export function timeCharts({ cases }: Result): readonly Chart[] {
  const groups = new Map<string, CaseResult[]>();
  for (const at of cases) {
    const key = [at.id, sizeText(withoutN(at.size)), at.threads > 1 ? `${at.threads} threads` : ""].filter(Boolean).join(" ");
    groups.set(key, [...(groups.get(key) ?? []), at]);
  }
  const drawn = [...groups].filter(([, group]) => new Set(group.map(({ size }) => size.n)).size > 1);
  const rank = ([key]: readonly [string, unknown]): number =>
    ["attention/real-heads head=0.0", "attention/"].findIndex((prefix) => key.startsWith(prefix));
  const order = (rankOf: number): number => (rankOf < 0 ? 9 : rankOf);
  return drawn.sort((a, b) => order(rank(a)) - order(rank(b))).map(([key, group], i) => timeChart(key, group, i > 0)); // prettier-ignore
}

function timeChart(title: string, group: readonly CaseResult[], half: boolean): Chart {
  const series = seriesOf(group);
  const ns = [...new Set(group.map(({ size }) => Number(size.n)))].sort((a, b) => a - b);
  const summary = summaryOf(group, series, ns);
  const draw = (width: number, labels: boolean): string => {
    const narrow = width < 400;
    const height = narrow ? 300 : half ? 340 : 430;
    const marginRight = labels ? 178 : 16;
    const times = series.flatMap(({ points }) => points.map(({ seconds }) => seconds));
    const domain = [Math.min(...times) / 1.5, Math.max(...times) * 1.5] as const;
    return svg(
      {
        width,
        height,
        marginLeft: 58,
        marginRight,
        marginBottom: 42,
        marginTop: 22,
        x: { type: "log", ticks: ns, tickFormat: String, label: "n, tokens or rows", labelArrow: "none", labelAnchor: "center" },
        y: {
          type: "log",
          domain,
          ticks: decadeTicks(domain),
          tickFormat: clockText,
          grid: true,
          label: "time of one call",
          labelArrow: "none",
        },
        marks: [...series.flatMap(marksOf), ...(labels ? labelsOf(series, domain, height - 64) : [])],
      },
      `${title}: time against n. ${summary}`,
    );
  };
  return {
    id: "time",
    title: `Time against n: ${title}`,
    summary,
    wide: draw(half ? WIDTHS.half : WIDTHS.wide, !half),
    narrow: draw(WIDTHS.narrow, false),
    legend: series.map(({ name }) => ({ name, sample: sample(styleOf(name)) })),
    legendIn: half ? "both" : "narrow",
    half,
    data: {
      columns: ["method", ...ns.map((n) => `n = ${n}`)],
      rows: series.map(({ name, points }) => [name, ...ns.map((n) => cellOf(points.find((point) => point.n === n)))]),
    },
  };
}

function cellOf(point: Point | undefined): { readonly text: string; readonly sort?: number } {
  return point ? { text: timeText(point.row) + (point.row.status === "wrong" ? ", wrong" : ""), sort: point.seconds } : { text: "-" };
}

function seriesOf(group: readonly CaseResult[]): readonly Series[] {
  const byName = new Map<string, Point[]>();
  for (const { size, contenders } of group) {
    for (const row of contenders) {
      if (row.median === undefined) continue;
      byName.set(row.name, [...(byName.get(row.name) ?? []), { n: Number(size.n), seconds: row.median, row }]);
    }
  }
  return [...byName].map(([name, points]) => ({ name, points: points.sort((a, b) => a.n - b.n) }));
}

function marksOf({ name, points }: Series): readonly Plot.Markish[] {
  const { colour, symbol, dash, strong } = styleOf(name);
  const title = ({ n, row }: Point): string => `${name}, n = ${n}: ${timeText(row)}${row.status === "wrong" ? `, ${row.reason}` : ""}`;
  return [
    Plot.line(points, {
      x: "n",
      y: "seconds",
      stroke: colour,
      strokeWidth: strong ? 2.5 : 1.5,
      ...(dash ? { strokeDasharray: dash } : {}),
    }),
    Plot.dot(points, {
      x: "n",
      y: "seconds",
      symbol: symbol,
      stroke: colour,
      fill: strong ? colour : "var(--ground)",
      r: strong ? 5 : 4,
      title,
    }),
  ];
}

/** Names at the ends of the lines, pushed apart until they do not overlap. */
function labelsOf(series: readonly Series[], [low, high]: readonly [number, number], height: number): readonly Plot.Markish[] {
  const pixel = (seconds: number): number => height * (1 - position(seconds, [low, high]));
  const ends = series
    .map(({ name, points }) => ({ name, end: points.at(-1)!, at: pixel(points.at(-1)!.seconds) }))
    .sort((a, b) => a.at - b.at);
  for (let i = 1; i < ends.length; i++) ends[i]!.at = Math.max(ends[i]!.at, ends[i - 1]!.at + 15);
  for (let i = ends.length - 1, most = height; i >= 0; i--, most -= 15) ends[i]!.at = Math.min(ends[i]!.at, most);
  return ends.map(({ name, end, at }) => {
    const { colour, strong } = styleOf(name);
    const y = high * Math.exp((-at / height) * Math.log(high / low));
    return Plot.text([{ n: end.n, y }], {
      x: "n",
      y: "y",
      text: [name],
      textAnchor: "start",
      dx: 12,
      fill: colour,
      fontWeight: strong ? 600 : 400,
    });
  });
}

function summaryOf(group: readonly CaseResult[], series: readonly Series[], ns: readonly number[]): string {
  const largest = ns.at(-1)!;
  const at = group.find(({ size }) => size.n === largest)!;
  const ours = at.contenders.filter(({ role, median }) => role.startsWith("ours") && median !== undefined);
  const times = ours.map((row) => {
    const against = row.versusExact ? ` (${number(row.versusExact.value)} times as fast as exact)` : "";
    return `${row.name} ${timeText(row).split(" [")[0]}${against}`;
  });
  const rival = ours.find(({ versusRival }) => versusRival)?.versusRival?.rival;
  const best = at.contenders.find(({ name }) => name === rival);
  const growth = series
    .filter(({ name, points }) => points.length > 2 && ours.some((row) => row.name === name))
    .map(({ name, points }) => `${name} as n^${fitExponent(points.slice(-3)).exponent.toFixed(1).replace("-0.0", "0.0")}`);
  return [
    `At n = ${largest}: ${times.join(", ")}.`,
    best ? ` Fastest right rival: ${best.name}, ${timeText(best).split(" [")[0]}.` : "",
    growth.length > 0 ? ` Over the last three sizes time grows: ${growth.join(", ")}.` : "",
  ].join("");
}

function withoutN(size: Size): Size {
  return Object.fromEntries(Object.entries(size).filter(([name]) => name !== "n"));
}
