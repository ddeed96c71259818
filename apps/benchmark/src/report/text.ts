/** The run in a terminal: a table a row group, one line a row group for logs, and the bars at the end. */
import type { BarResult, CaseResult, ContenderResult, Result } from "../result.js";
import { ownFailures } from "../result.js";
import { sizeText } from "../select.js";
import { errorText, methodText, number, ratioText, timeText, verdictOf, type Tone } from "../verdict.js";

/** Paints text, or leaves it alone where colours are not wanted. */
export type Paint = (style: Tone | "heading" | "faint", text: string) => string;

const CODES = { good: 32, bad: 31, plain: 39, heading: 1, faint: 2 } as const;

/** A painter for a terminal, or one that does nothing. */
export function painter(colours: boolean): Paint {
  return (style, text) => (colours && style !== "plain" ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text);
}

/** The table of one row group. */
export function tableText(result: CaseResult, paint: Paint): string {
  const head = ["method", "error (certified)", "time [spread]", "vs exact", "vs best rival", "verdict"];
  const rows = result.contenders.map((row) => [nameText(row), ...figures(row), verdictOf(row).text]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((cells) => cells[column]!.length)));
  const line = (cells: readonly string[], last: (text: string) => string): string =>
    `  ${cells.map((cell, column) => (column === 5 ? last(cell) : cell.padEnd(widths[column]!))).join("  ")}`.trimEnd();
  return [
    `${paint("heading", result.id)}  ${sizeText(result.size)}${result.threads > 1 ? `  ${result.threads} threads` : ""}`,
    paint(
      "faint",
      line(head, (text) => text),
    ),
    ...rows.map((cells, r) => line(cells, (text) => paint(verdictOf(result.contenders[r]!).tone, text))),
  ].join("\n");
}

/** One plain line of a row group: our rows in short. */
export function lineText(result: CaseResult): string {
  const ours = result.contenders.filter(({ role, status }) => role.startsWith("ours") && status !== "unfit");
  const rows = ours.map((row) => {
    const versus = row.versusExact ? `, ${ratioText(row.versusExact)} exact` : "";
    const rival = row.versusRival && !row.versusExact ? `, ${ratioText(row.versusRival)} ${row.versusRival.rival}` : "";
    return `${nameText(row)} ${timeText(row)}${versus}${rival}, error ${errorText(row)}${row.status === "ok" ? "" : `, ${verdictOf(row).text}`}`;
  });
  const threads = result.threads > 1 ? ` threads=${result.threads}` : "";
  return `${result.id} ${sizeText(result.size)}${threads}: ${rows.join("; ")}`;
}

/** What stands first when something of ours is wrong; empty otherwise. */
export function failuresText(result: Result, paint: Paint): string {
  const failures = ownFailures(result.cases);
  if (failures.length === 0) return "";
  const lines = failures.map(({ at, row }) => `  ${at.id} ${sizeText(at.size)}: ${row.name}: ${row.reason ?? verdictOf(row).text}`);
  return [paint("bad", "WRONG ANSWERS OF OUR OWN"), ...lines.map((line) => paint("bad", line))].join("\n");
}

/** The bars that were measured, and how many were not: the page says why. */
export function barsText(bars: readonly BarResult[], paint: Paint): string {
  const measured = bars.filter(({ value }) => value !== undefined);
  const width = Math.max(0, ...measured.map(({ claim }) => claim.length));
  const lines = measured.map(({ claim, wanted, verdict, value }) => {
    const tone: Tone = verdict === "met" ? "good" : "bad";
    return `  ${paint(tone, verdict.padEnd(6))}  ${claim.padEnd(width)}  ${number(value!)}, wanted ${wanted}`;
  });
  const count = (verdict: string): number => bars.filter((bar) => bar.verdict === verdict).length;
  const sum = `${count("met")} met, ${count("missed")} missed, ${count("not measured")} not measured in this run (the report says why)`;
  return [paint("heading", `Bars: ${sum}`), ...lines].join("\n");
}

function nameText(row: ContenderResult): string {
  const method = methodText(row);
  return row.name + (method && method !== row.name ? ` (${method})` : "");
}

function figures(row: ContenderResult): readonly string[] {
  return [errorText(row), timeText(row), ratioText(row.versusExact), ratioText(row.versusRival)];
}
