/**
 * The figures this project holds itself to, as data in `bars.json`, checked against a run.
 *
 * A bar whose cases did not run, or whose backend is another one, is "not measured": never silently met.
 */
import bars from "../bars.json" with { type: "json" };
import type { Engine } from "./case.js";
import type { BarResult, CaseResult, ContenderResult, Result } from "./result.js";
import { sizeText } from "./select.js";
import { median, ratioOfTimes } from "./statistics.js";

/** "error ratio": error of one over error of the other, right or not · "slope": of log time over log n, a least-squares line through the sizes. */
type Measure =
  | "speedup"
  | "slowdown"
  | "error"
  | "error ratio"
  | "slope"
  | "answers by exact"
  | "broken certificates"
  | "seconds"
  | "seconds to first row";

interface Bar {
  readonly id: string;
  readonly claim: string;
  /** A case id, or "*". */
  readonly case: string;
  readonly where?: {
    readonly n?: readonly number[] | "largest";
    readonly [field: string]: readonly (string | number)[] | string | undefined;
  };
  readonly profile?: string;
  readonly backend?: string;
  readonly measure: Measure;
  readonly of?: string;
  /** A contender's name, or "best <engine> [or <engine>] rival". */
  readonly over?: string;
  readonly fold?: "least" | "most" | "median";
  readonly atLeast?: number;
  readonly atMost?: number;
}

interface Found {
  readonly values: readonly number[];
  readonly detail: string;
}

/** Every bar with its verdict. */
export function checkBars(result: Result): readonly BarResult[] {
  return (bars.bars as readonly Bar[]).map((bar) => checkBar(bar, result));
}

function checkBar(bar: Bar, result: Result): BarResult {
  const wanted = bar.atLeast === undefined ? `at most ${bar.atMost}` : `at least ${bar.atLeast}`;
  const common = { id: bar.id, claim: bar.claim, wanted };
  const reason = notMeasured(bar, result);
  if (reason) return { ...common, verdict: "not measured", detail: reason };
  const { values, detail } = find(bar, result);
  if (values.length === 0) return { ...common, verdict: "not measured", detail };
  const value = folded(values, bar.fold ?? (bar.atLeast === undefined ? "most" : "least"));
  const met = bar.atLeast === undefined ? value <= bar.atMost! : value >= bar.atLeast;
  return { ...common, verdict: met ? "met" : "missed", value, detail };
}

function notMeasured({ profile, backend }: Bar, { profile: ran, environment, complete, selection }: Result): string | undefined {
  if (profile && profile !== ran) return `for the ${profile} profile`;
  if (profile && !(complete && selection === "everything")) return "the profile did not run as a whole";
  if (backend && backend !== environment.backend) return `for the backend ${backend}; this run used ${environment.backend}`;
  return undefined;
}

function find(bar: Bar, result: Result): Found {
  if (bar.measure === "seconds") return { values: [result.seconds], detail: "whole run" };
  if (bar.measure === "seconds to first row")
    return { values: result.cases.length > 0 ? [result.secondsToFirstRow] : [], detail: "no row" };
  const cases = matching(bar, result.cases);
  if (bar.measure === "broken certificates") {
    const claims = cases.flatMap(({ contenders }) => contenders.flatMap(({ claim }) => claim ?? []));
    return { values: claims.length > 0 ? [claims.filter(({ holds }) => !holds).length] : [], detail: `${claims.length} certificates` };
  }
  const pairs = cases.flatMap((at) => {
    const row = at.contenders.find(({ name }) => name === bar.of);
    const value = row && measured(bar, at, row);
    return value === undefined ? [] : [{ at, value }];
  });
  if (pairs.length === 0) return { values: [], detail: missing(bar, cases) };
  if (bar.measure === "slope") return slopeOf(pairs.map(({ at, value }) => [Math.log(Number(at.size.n)), Math.log(value)]));
  return { values: pairs.map(({ value }) => value), detail: pairs.map(({ at }) => sizeText(at.size)).join(" · ") };
}

function measured(bar: Bar, at: CaseResult, row: ContenderResult): number | undefined {
  if (bar.measure === "error") return row.error;
  if (bar.measure === "slope") return row.median;
  if (bar.measure === "error ratio") {
    const other = at.contenders.find(({ name }) => name === bar.over)?.error;
    return row.error === undefined || other === undefined ? undefined : row.error / other;
  }
  if (bar.measure === "answers by exact") return row.claim && (row.claim.method === "exact" ? 1 : 0);
  const other = opponent(bar.over!, at);
  if (!other?.times || !row.times) return undefined;
  return bar.measure === "speedup" ? ratioOfTimes(other.times, row.times).value : ratioOfTimes(row.times, other.times).value;
}

/** Of the line through points (x, y) that leaves the least squares; nothing for fewer than three. */
function slopeOf(points: readonly (readonly [number, number])[]): Found {
  const detail = `${points.length} sizes`;
  if (points.length < 3) return { values: [], detail };
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / points.length;
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))];
  return { values: [mean(points.map(([at, value]) => (at - x) * (value - y))) / mean(points.map(([at]) => (at - x) ** 2))], detail };
}

/** The named contender if its answer is right, or the fastest right rival that runs on one of the named engines. */
function opponent(over: string, { contenders }: CaseResult): ContenderResult | undefined {
  const engines = /^best (.*) rival$/.exec(over)?.[1]?.split(" or ") as readonly Engine[] | undefined;
  if (!engines) return contenders.find(({ name, status }) => name === over && status === "ok");
  const able = contenders.filter(({ role, status, engine, median: time }) => {
    return role === "rival" && status === "ok" && engine !== undefined && engines.includes(engine) && time !== undefined;
  });
  return able.sort((a, b) => a.median! - b.median!)[0];
}

function matching({ case: id, where = {} }: Bar, cases: readonly CaseResult[]): readonly CaseResult[] {
  const here = cases.filter((at) => (id === "*" || at.id === id) && fits(where, at));
  if (where.n !== "largest") return here;
  const largest = Math.max(...here.map(({ size }) => Number(size.n)));
  return here.filter(({ size }) => size.n === largest);
}

function fits(where: NonNullable<Bar["where"]>, { size }: CaseResult): boolean {
  return Object.entries(where).every(([field, allowed]) => {
    if (!Array.isArray(allowed)) return true;
    const values = allowed as readonly (string | number)[];
    return field.endsWith("Not") ? !values.includes(size[field.slice(0, -3)]!) : values.includes(size[field]!);
  });
}

function missing({ over }: Bar, cases: readonly CaseResult[]): string {
  if (cases.length === 0) return "no such size in this run";
  return over?.startsWith("best ") ? "no such rival is installed: npm run rivals" : "not timed, or not right, in this run";
}

function folded(values: readonly number[], how: NonNullable<Bar["fold"]>): number {
  if (how === "median") return median(values);
  return how === "least" ? Math.min(...values) : Math.max(...values);
}
