/** The 16 heads as a map: which method `auto` chose on each, how much faster than exact it was, and what it certified. */
import * as Plot from "@observablehq/plot";
import type { CaseResult, ContenderResult, Result } from "../result.js";
import { median } from "../statistics.js";
import { methodText, number } from "../verdict.js";
import type { Chart } from "./charts.js";
import { svg, WIDTHS } from "./plot.js";

interface Cell {
  readonly layer: string;
  readonly head: string;
  readonly row: ContenderResult;
}

const METHOD_COLOURS: Readonly<Record<string, string>> = { nystrom: "var(--green)", exact: "var(--blue)" };

/** One map for each tolerance, at the largest n for which single heads were run. */
export function headMaps({ cases }: Result): readonly Chart[] {
  const single = cases.filter(({ id, size }) => id === "attention/real-heads" && /^\d\.\d$/.test(String(size.head)));
  const counts = new Map<number, number>();
  for (const { size } of single) counts.set(Number(size.n), (counts.get(Number(size.n)) ?? 0) + 1);
  const n = Math.max(...[...counts].filter(([, count]) => count > 1).map(([length]) => length));
  const here = single.filter(({ size }) => size.n === n);
  const names = [...new Set(here.flatMap(({ contenders }) => contenders.map(({ name }) => name)))].filter((name) =>
    name.startsWith("auto"),
  );
  return names.flatMap((name) => {
    const cells = here.flatMap((at) => cellOf(at, name));
    return cells.length > 0 ? [draw(name, n, cells)] : [];
  });
}

function cellOf({ size, contenders }: CaseResult, name: string): readonly Cell[] {
  const row = contenders.find((contender) => contender.name === name && contender.claim !== undefined && contender.median !== undefined);
  const [layer, head] = String(size.head).split(".") as [string, string];
  return row ? [{ layer: `layer ${layer}`, head, row }] : [];
}

function draw(name: string, n: number, cells: readonly Cell[]): Chart {
  const tolerance = name.replace("auto ", "");
  const summary = summaryOf(cells);
  const picture = (width: number): string => {
    const narrow = width < 400;
    const [across, down] = narrow ? (["layer", "head"] as const) : (["head", "layer"] as const);
    const text = (content: (cell: Cell) => string, options: Plot.TextOptions): Plot.Markish => {
      return Plot.text(cells, { x: across, y: down, text: content, fill: "var(--ink)", ...options });
    };
    return svg(
      {
        width,
        height: narrow ? 560 : 250,
        marginLeft: narrow ? 44 : 64,
        marginTop: 36,
        marginBottom: 6,
        marginRight: 0,
        padding: 0.06,
        x: { axis: "top", type: "band", label: narrow ? null : "head", tickSize: 0, labelArrow: "none" },
        y: { axis: "left", type: "band", label: narrow ? "head" : null, tickSize: 0, labelArrow: "none" },
        marks: [
          Plot.cell(cells, {
            x: across,
            y: down,
            fill: colourOf,
            fillOpacity: 0.16,
            stroke: colourOf,
            strokeWidth: 1.5,
            rx: 6,
            title: tooltip,
          }),
          text((cell) => shapeOf(cell) + (cell.row.claim?.method ?? ""), { dy: narrow ? -16 : -26, fill: colourOf, fontWeight: 600 }),
          text(({ row }) => `${number(row.versusExact?.value ?? 1)}x`, {
            dy: narrow ? 0 : -2,
            fontSize: narrow ? 14 : 19,
            fontWeight: 600,
          }),
          text(({ row }) => `≤ ${number(row.claim!.relativeBound)}`, { dy: narrow ? 16 : 22, fill: "var(--soft)" }),
        ],
      },
      `What auto chose on each head at tolerance ${tolerance}, n = ${n}. ${summary}`,
    );
  };
  return {
    id: "heads",
    title: `Method chosen per head: tolerance ${tolerance}, n = ${n}`,
    summary: `${summary} Each cell: the method, its speed against exact, the certified error.`,
    wide: picture(WIDTHS.wide),
    narrow: picture(WIDTHS.narrow),
    data: {
      columns: ["head", "method", "speed against exact", "certified error", "true error", "rows recomputed exactly"],
      rows: cells.map(({ layer, head, row }) => [
        `${layer}, head ${head}`,
        methodText(row),
        { text: `${number(row.versusExact?.value ?? 1)}x`, sort: row.versusExact?.value ?? 1 },
        { text: number(row.claim!.relativeBound), sort: row.claim!.relativeBound },
        { text: number(row.claim!.trueError), sort: row.claim!.trueError },
        { text: String(row.claim!.figures?.fallbackRows ?? 0), sort: row.claim!.figures?.fallbackRows ?? 0 },
      ]),
    },
  };
}

function colourOf({ row }: Cell): string {
  if (row.claim?.holds === false) return "var(--bad)";
  return METHOD_COLOURS[row.claim?.method ?? ""] ?? "var(--purple)";
}

/** A shape beside the method's name, so that the map reads without colours. */
function shapeOf({ row }: Cell): string {
  if (row.claim?.holds === false) return "✖ ";
  return row.claim?.method === "exact" ? "■ " : "◆ ";
}

function tooltip({ layer, head, row }: Cell): string {
  return `${layer}, head ${head}: ${methodText(row)}, ${number(row.versusExact?.value ?? 1)} times as fast as exact, certified ${number(row.claim!.relativeBound)}, true ${number(row.claim!.trueError)}`;
}

function summaryOf(cells: readonly Cell[]): string {
  const exact = cells.filter(({ row }) => row.claim?.method === "exact");
  const approximated = cells.filter((cell) => !exact.includes(cell));
  const speed = median(approximated.map(({ row }) => row.versusExact?.value ?? 1));
  const kept = exact.map(({ layer, head }) => `${layer} head ${head}`).join(", ");
  const rest = exact.length > 0 ? ` Exact, because no approximation pays or holds there: ${kept}.` : "";
  return `${approximated.length} of ${cells.length} heads approximated, ${number(speed)} times as fast as exact in the median.${rest}`;
}
