/** The words that a row gets in the terminal and on the page. */
import type { ContenderResult } from "./result.js";
import type { Ratio } from "./statistics.js";

export type Tone = "good" | "bad" | "plain";

export interface Verdict {
  readonly text: string;
  readonly tone: Tone;
}

/** One short sentence about a row. */
export function verdictOf(row: ContenderResult): Verdict {
  const { status, reason = "", role, claim } = row;
  if (claim && !claim.holds) return { text: "BROKEN CERTIFICATE", tone: "bad" };
  if (status === "absent" || status === "unfit") return { text: reason, tone: "plain" };
  if (status === "timeout") return { text: reason, tone: role.startsWith("ours") ? "bad" : "plain" };
  if (status === "failed") return { text: `failed: ${reason}`, tone: role.startsWith("ours") ? "bad" : "plain" };
  if (status === "wrong") return { text: `disqualified: ${reason}`, tone: role.startsWith("ours") ? "bad" : "plain" };
  if (role === "rival" && row.engine === "native") return { text: "right: machine code, for reference", tone: "plain" };
  if (role === "trivial") return { text: "right: the trivial answer is enough here", tone: "plain" };
  const versus = row.versusExact ? comparison(row.versusExact, "exact") : undefined;
  if (role === "ours" && versus) return versus;
  if (role.startsWith("ours") && row.versusRival) return comparison(row.versusRival, row.versusRival.rival);
  return { text: "right", tone: "plain" };
}

/** "faster" is said only when the interval of the ratio excludes 1. */
function comparison({ value, interval }: Ratio, other: string): Verdict {
  const { low = value, high = value } = interval ?? {};
  if (low > 1) return { text: `faster than ${other}`, tone: "good" };
  if (high < 1) return { text: `slower than ${other}`, tone: "bad" };
  return { text: `as fast as ${other}`, tone: "plain" };
}

/** "0.0043 (≤ 0.0089, 98 % of rows)": the error, and in parentheses what was certified. */
export function errorText({ error, claim }: ContenderResult): string {
  if (error === undefined) return "-";
  if (!claim) return number(error);
  const { certificate } = claim;
  const scope = certificate.kind === "statistical" ? `, ${number(100 * (1 - certificate.fraction))} % of rows` : "";
  return `${number(error)} (≤ ${number(claim.relativeBound)}${scope})`;
}

/** The method and its size: "nystrom, rank 160". */
export function methodText({ claim }: ContenderResult): string {
  if (!claim) return "";
  const rank = claim.figures?.rank;
  return claim.method + (rank === undefined ? "" : `, rank ${rank}`);
}

/** "22.1 ms [21.9, 22.6]": median and quartiles. */
export function timeText({ median, quartiles, times }: ContenderResult): string {
  if (median === undefined) return "-";
  const { unit, factor } = unitFor(median);
  const spread = quartiles && times && times.length > 1 ? ` [${quartiles.map((time) => number(time * factor)).join(", ")}]` : " [once]";
  return `${number(median * factor)} ${unit}${spread}`;
}

/** "9.4x", or "-". */
export function ratioText(ratio: Ratio | undefined): string {
  return ratio ? `${number(ratio.value)}x` : "-";
}

/** Three digits, without an exponent between 1e-4 and 1e6. */
export function number(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e6) return value.toExponential(1);
  return String(Number(value.toPrecision(size >= 1000 ? 4 : 3)));
}

function unitFor(seconds: number): { readonly unit: string; readonly factor: number } {
  if (seconds >= 1) return { unit: "s", factor: 1 };
  return seconds >= 1e-3 ? { unit: "ms", factor: 1e3 } : { unit: "µs", factor: 1e6 };
}
