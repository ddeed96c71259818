/** The report: one HTML file that opens from disk, shows everything without scripts, and asks nothing of any server. */
import { rivals } from "../../rivals/index.js";
import { ownFailures, type Result } from "../result.js";
import { sizeText } from "../select.js";
import { median } from "../statistics.js";
import { errorText, methodText, number, ratioText, timeText, verdictOf } from "../verdict.js";
import { renderCharts, type Chart } from "./charts.js";
import { escape, table, type Cell } from "./markup.js";
import { pageScript } from "./script.js";
import { styleSheet } from "./theme.js";

/** The whole page of a result. */
export function renderHtml(result: Result): string {
  const { environment, profile, startedAt, commit } = result;
  const subtitle = `${profile} profile, ${startedAt.slice(0, 10)}, commit ${commit}, ${environment.processor}, Node ${environment.node}, ${environment.backend}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Subquad benchmark</title>
<style>${styleSheet()}</style>
</head>
<body>
<header>
<h1>Subquad benchmark</h1>
<button type="button" id="scheme" hidden>Dark or light</button>
<p class="soft">${escape(subtitle)}</p>
</header>
<main>
${banners(result)}
<p>Attention to a stated tolerance: <code>auto</code> answers with an error bound that holds, by the method that pays, and by the exact one where none does. Every answer
below was judged against float64 before it was timed.</p>
${tiles(result)}
${losses(result)}
${figures(renderCharts(result))}
${barsSection(result)}
${casesSection(result)}
${environmentSection(result)}
${methodSection()}
</main>
<footer>Times are medians of interleaved rounds on one machine; ratios are formed inside a round. Errors and certificates do not depend on the machine.</footer>
<script>${pageScript}</script>
</body>
</html>
`;
}

function banners(result: Result): string {
  const failures = ownFailures(result.cases).map(
    ({ at, row }) => `<li>${escape(`${at.id} ${sizeText(at.size)}, ${row.name}: ${row.reason ?? ""}`)}</li>`,
  );
  const { loadBefore, loadAfter, cores } = result.environment;
  const busy = loadBefore > cores / 2 + 0.5;
  return [
    failures.length > 0 ? `<div class="banner" role="alert"><h2>Wrong answers of our own</h2><ul>${failures.join("")}</ul></div>` : "",
    result.complete ? "" : `<div class="banner mild"><b>Incomplete.</b> This run was interrupted; cases are missing.</div>`,
    busy
      ? `<div class="banner mild"><b>The machine was busy</b> (load ${loadBefore} before, ${loadAfter} after, ${cores} cores): read times with care. Ratios suffer less.</div>`
      : "",
  ].join("\n");
}

function tiles(result: Result): string {
  const rows = result.cases.flatMap(({ contenders }) => contenders);
  const claims = rows.flatMap(({ claim }) => claim ?? []);
  const heads = result.cases.filter(({ id, size }) => id === "attention/real-heads" && /^\d\.\d$/.test(String(size.head)));
  const n = Math.max(0, ...heads.map(({ size }) => Number(size.n)));
  const auto = heads
    .filter(({ size }) => size.n === n)
    .flatMap(({ contenders }) => contenders.find(({ name }) => name === "auto 0.01") ?? []);
  const approximate = auto.filter(({ claim }) => claim && claim.method !== "exact");
  const versus = rows.filter(({ role }) => role.startsWith("ours")).flatMap(({ versusRival }) => versusRival ?? []);
  const count = (verdict: string): number => result.bars.filter((bar) => bar.verdict === verdict).length;
  const list: (readonly [string, string])[] = [];
  if (claims.length > 0)
    list.push([`${claims.filter(({ holds }) => holds).length} / ${claims.length}`, "certificates hold against float64"]);
  if (approximate.length > 0) {
    const speed = median(approximate.flatMap(({ versusExact }) => versusExact?.value ?? []));
    list.push([
      `${number(speed)}x`,
      `the speed of our exact attention: auto within 1 % of V's spread, n = ${n}, median of ${approximate.length} heads`,
    ]);
    list.push([`${approximate.length} / ${auto.length}`, `heads approximated; the rest came back exact, n = ${n}`]);
  }
  if (versus.length > 0)
    list.push([`${versus.filter(({ value }) => value > 1).length} / ${versus.length}`, "comparisons won against the fastest right rival"]);
  list.push([`${count("met")} / ${count("met") + count("missed")}`, `bars met; ${count("not measured")} not measured in this run`]);
  return `<ul class="tiles">${list.map(([figure, text]) => `<li><b>${escape(figure)}</b><span>${escape(text)}</span></li>`).join("")}</ul>`;
}

/** Our losses, on the first page. */
function losses({ cases }: Result): string {
  const lost = cases.flatMap((at) =>
    at.contenders.flatMap((row) => {
      const ratio = row.versusRival;
      if (!row.role.startsWith("ours") || !ratio || (ratio.interval?.high ?? ratio.value) >= 1) return [];
      return [`${at.id} ${sizeText(at.size)}: ${row.name} takes ${number(1 / ratio.value)} times as long as ${ratio.rival}`];
    }),
  );
  if (lost.length === 0) return "";
  const items = lost.map((text) => `<li>${escape(text)}</li>`).join("");
  return `<details><summary>Where we lose: ${lost.length} of our rows are slower than the fastest right rival</summary><ul>${items}</ul></details>`;
}

function figures(charts: readonly Chart[]): string {
  const whole = charts.filter(({ half }) => !half).map(figure);
  const halves = charts.filter(({ half }) => half).map(figure);
  const pairs = halves.length > 0 ? `<h2>Other sizes and cases</h2><div class="grid">${halves.join("\n")}</div>` : "";
  return `<h2>What happened</h2>\n${whole.join("\n")}\n${pairs}`;
}

function figure({ title, summary, wide, narrow, legend = [], legendIn = "both", data }: Chart): string {
  const items = legend.map(({ name, sample }) => `<li>${sample}${escape(name)}</li>`).join("");
  const legendList = items ? `<ul class="legend${legendIn === "narrow" ? " in-wide" : ""}">${items}</ul>` : "";
  return `<figure>
<h3>${escape(title)}</h3>
<figcaption>${escape(summary)}</figcaption>
<div class="wide">${wide}</div><div class="narrow">${narrow}</div>
${legendList}
<details><summary>The numbers</summary>${table(data, { label: `${title}, numbers` })}</details>
</figure>`;
}

function barsSection({ bars }: Result): string {
  if (bars.length === 0) return "";
  const rows = bars.map(({ claim, wanted, verdict, value, detail }): readonly (Cell | string)[] => {
    const mark = { met: "✔ met", missed: "✖ missed", "not measured": "not measured" }[verdict];
    const tone = verdict === "met" ? "good" : verdict === "missed" ? "bad" : "soft";
    const measured = value === undefined ? { text: "-" } : { text: number(value), sort: value };
    return [claim, wanted, measured, { text: mark, class: tone }, value === undefined ? detail : ""];
  });
  const columns = ["claim", "wanted", "measured", "verdict", "why not"];
  return `<h2>What we hold ourselves to</h2>\n${table({ columns, rows }, { label: "Bars" })}`;
}

function casesSection({ cases }: Result): string {
  const all = cases.flatMap((at) => at.contenders.map((row) => ({ at, row })));
  const rows = all.map(({ at, row }): readonly (Cell | string)[] => {
    const verdict = verdictOf(row);
    return [
      at.id,
      sizeText(at.size) + (at.threads > 1 ? ` threads=${at.threads}` : ""),
      row.name,
      methodText(row),
      { text: errorText(row), ...(row.error === undefined ? {} : { sort: row.error }) },
      { text: timeText(row), class: "time", ...(row.median === undefined ? {} : { sort: row.median }) },
      { text: ratioText(row.versusExact), ...(row.versusExact ? { sort: row.versusExact.value } : {}) },
      { text: ratioText(row.versusRival), ...(row.versusRival ? { sort: row.versusRival.value } : {}) },
      { text: verdict.text, class: verdict.tone === "plain" ? "" : verdict.tone },
    ];
  });
  const columns = ["case", "size", "contender", "method", "error (certified)", "time [quartiles]", "vs exact", "vs best rival", "verdict"];
  const questions = [
    ...new Map(
      cases.map(({ id, question, errorUnit }) => [id, `<dt>${escape(id)}</dt><dd>${escape(question)} Error: ${escape(errorUnit)}.</dd>`]),
    ).values(),
  ];
  const rowClass = (r: number): string => `${all[r]!.row.role.startsWith("ours") ? "ours" : ""} ${all[r]!.row.status}`.trim();
  return `<h2>All rows</h2>
<dl>${questions.join("")}</dl>
<label for="find">Filter rows <input type="search" id="find" placeholder="real-heads n=8192 auto"></label>
${table({ columns, rows }, { label: "All rows", sortable: true, rowClass })}`;
}

function environmentSection({ environment, seed, startedAt, seconds, commit, cases, selection }: Result): string {
  const versions = new Map(
    cases.flatMap(({ contenders }) => contenders.filter(({ version }) => version).map(({ name, version }) => [name, version!])),
  );
  const licenceOf = (name: string): string => rivals.find((rival) => name.startsWith(rival.name))?.licence ?? "ours";
  const rivalList = [...versions].map(([name, version]) => `${name} ${version} (${licenceOf(name)})`).join(", ");
  const facts: readonly (readonly [string, string])[] = [
    ["processor", `${environment.processor}, ${environment.cores} cores, ${environment.memoryGB} GB`],
    ["system", environment.system],
    ["runtime", `Node ${environment.node}, V8 ${environment.v8}`],
    ["backend", environment.backend + (environment.deterministic ? ", deterministic" : "")],
    ["load", `${environment.loadBefore} before, ${environment.loadAfter} after`],
    ["run", `${startedAt}, ${number(seconds)} s, ${selection}, seed "${seed}", commit ${commit}`],
    ["rivals", rivalList || "none"],
  ];
  return `<h2>Environment</h2>\n<dl>${facts.map(([name, value]) => `<dt>${name}</dt><dd>${escape(value)}</dd>`).join("")}</dl>`;
}

function methodSection(): string {
  return `<h2>How it was measured</h2>
<p>Every contender gets the same input in its own native type; converting is not timed. Its first answer is judged against a float64 reference computed from the definition, row
by row; a wrong answer is disqualified and its time struck through. A certificate is held against the same errors: a statistical one may be exceeded by the share of rows it names.</p>
<p>A round times all contenders in a shuffled order and again in reverse, so that a machine that slows down slows all of them alike. Ratios are formed inside a round; the interval
beside a median comes from the sign test. "Faster" is said only when that interval excludes 1. One thread everywhere unless a row says otherwise.</p>`;
}
