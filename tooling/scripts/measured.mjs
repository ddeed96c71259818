// The measured tables of the READMEs: what result files of the benchmark become, as Markdown.

/** A table of rows { label, id, size, ours, over? }: our time on both runtimes, against the best rival (or `over`, one of our own), and machine code. */
export function comparisonTable(groups, results) {
  const titles = results.flatMap(({ environment }) => [`Node ${majorOf(environment)}`, "against"]);
  const lines = groups.flatMap(({ title, rows }) => {
    const known = rows.map((row) => comparisonRow(row, results)).filter(Boolean);
    return known.length === 0 ? [] : [[`**${title}**`, ...titles.map(() => ""), ""], ...known];
  });
  return lines.length === 0 ? "" : markdown(["", ...titles, "machine code"], lines);
}

/** A table of all contenders of one case, fastest first, and of single rows { label, id, size, name } of others. */
export function contenderTable({ id, size, labels = {}, more = [] }, results) {
  const names = [...new Set(results.flatMap((result) => caseOf(result, id, size)?.contenders ?? []).map(({ name }) => name))];
  const first = (name) => results.map((result) => rowOf(result, id, size, name)).find((row) => row?.median)?.median ?? Infinity;
  const rows = names.sort((a, b) => first(a) - first(b)).map((name) => ({ label: labels[name] ?? name, id, size, name }));
  const lines = [...rows, ...more].flatMap(({ label, name, ...at }) => {
    const found = results.map((result) => rowOf(result, at.id, at.size, name));
    return found.some(Boolean) ? [[label, ...found.map((row) => (row?.median ? time(row.median) : "–")), remark(found)]] : [];
  });
  return lines.length === 0
    ? ""
    : markdown(["method", ...results.map(({ environment }) => `Node ${majorOf(environment)}`), "error"], lines);
}

/** What rivals got wrong, failed at, took too long for or do not do, a line a rival. */
export function troubles(results, ids) {
  const byRival = new Map();
  for (const { cases, environment } of results) {
    for (const { id, size, contenders } of cases.filter((at) => ids.some((prefix) => at.id.startsWith(prefix)))) {
      for (const { name, role, status, reason = "", error } of contenders) {
        if (role !== "rival" || status === "ok") continue;
        const kinds = byRival.get(name) ?? new Map();
        const what = id.endsWith("-battery")
          ? `${error ?? "all"} of ${size.n} wrong`
          : ({ timeout: "timed out", unfit: "not run", absent: "not there" }[status] ?? status);
        const why = id.endsWith("-battery") ? "" : reason.replace(/^error (.*), allowed (.*)$/, "error $1");
        const key = `${what} at ${id.split("/")[1]}`;
        const places = kinds.get(key) ?? new Map();
        const place = [
          ...(id.endsWith("-battery") ? [`${size.matrices} matrices`] : [sizeText(size)]),
          ...(why && status !== "unfit" ? [why] : []),
        ].join(": ");
        places.set(place, [...(places.get(place) ?? []), majorOf(environment)]);
        kinds.set(key, places);
        byRival.set(name, kinds);
      }
    }
  }
  return [...byRival].map(([name, kinds]) => {
    const parts = [...kinds].map(([key, places]) => `${key} (${[...places].map(([place, on]) => place + (on.length < results.length ? `, Node ${on.join(", ")}` : "")).join("; ")})`); // prettier-ignore
    return `- ${name}: ${parts.join(", ")}`;
  });
}

/** The machine, and where the figures come from. */
export function provenance(results, links) {
  const [{ environment }] = results;
  const runtimes = results.map((result) => `Node ${result.environment.node} (${result.environment.backend})`).join(" and ");
  return `${environment.cores}-core ${environment.processor}, ${runtimes}, from ${links.join(" and ")}.`;
}

function comparisonRow({ label, id, size, ours, over }, results) {
  const found = results.map((result) => ({ at: caseOf(result, id, size), row: rowOf(result, id, size, ours) }));
  if (!found.some(({ row }) => row?.median)) return undefined;
  const cells = found.flatMap(({ at, row }) => {
    if (!row?.median) return ["–", "–"];
    const other = over ? at.contenders.find(({ name, times }) => name === over && times) : best(at, row, false);
    return [time(row.median), versus(other, row)];
  });
  return [label, ...cells, natives(found.map(({ at, row }) => ({ row, other: row?.median && best(at, row, true) })))];
}

/** The fastest right rival with as many threads: machine code, or what runs where we do. */
function best({ contenders }, { threads }, native) {
  const able = contenders.filter((row) => {
    return row.role === "rival" && row.status === "ok" && row.times && row.threads === threads && (row.engine === "native") === native;
  });
  return able.sort((a, b) => a.median - b.median)[0];
}

/** "1.3× numpy-ts"; in bold where we are slower. */
function versus(other, row) {
  if (!other) return "–";
  const text = ratioText(other, row);
  return `${ratio(other.times, row.times) < 1 ? `**${text}**` : text} ${other.name}`;
}

/** "0.29×, 0.42× NumPy"; each with its name where the runtimes differ. */
function natives(pairs) {
  if (!pairs.some(({ other }) => other)) return "";
  const same = new Set(pairs.map(({ other }) => other?.name)).size === 1;
  const texts = pairs.map(({ other, row }) => (other ? ratioText(other, row) + (same ? "" : ` ${other.name}`) : "–"));
  return texts.join(", ") + (same ? ` ${pairs[0].other.name}` : "");
}

function ratioText(other, row) {
  const value = ratio(other.times, row.times);
  return `${value.toFixed(value < 1 ? 2 : value < 10 ? 1 : 0)}×`;
}

/** The median over rounds of a / b, as the benchmark forms it; the quotient of medians where the rounds do not match. */
function ratio(a, b) {
  if (a.length !== b.length || a.length < 2) return median(a) / median(b);
  return median(a.map((value, round) => value / b[round]));
}

function median(xs) {
  const sorted = [...xs].sort((x, y) => x - y);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
}

/** The error of the answer, what it is worth, and why there is none. */
function remark(found) {
  const row = found.find(Boolean);
  if (row.status !== "ok" && row.error === undefined) return row.reason ?? row.status;
  const certified = row.claim && row.claim.certificate.kind !== "none" ? `, certified ${row.claim.method}` : "";
  return `${row.error === 0 ? "0" : row.error.toExponential(1)}${row.status === "ok" ? certified : ": too large"}`;
}

function caseOf({ cases }, id, size) {
  return cases.find((at) => at.id === id && sizeText(at.size) === sizeText(size));
}

function rowOf(result, id, size, name) {
  return caseOf(result, id, size)?.contenders.find((row) => row.name === name);
}

function sizeText(size) {
  return Object.keys(size)
    .sort()
    .map((key) => `${key} = ${size[key]}`)
    .join(", ");
}

/** Three digits of milliseconds, or of microseconds below 0.1 ms. */
function time(seconds) {
  return seconds < 1e-4 ? `${digits(1e6 * seconds)} µs` : `${digits(1e3 * seconds)} ms`;
}

function digits(value) {
  return value >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(value >= 1 && value < 10 ? 2 : 3)));
}

function majorOf({ node }) {
  return node.split(".")[0];
}

function markdown(head, lines) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...lines.map(line)].join("\n");
}
