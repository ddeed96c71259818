/** Which cases, sizes and rivals a run takes part in, from the words on the command line. */
import type { Case, Contender, Size } from "./case.js";

export interface Selection {
  readonly profile: "quick" | "full";
  /** Globs over case ids, or package names; empty: all. */
  readonly filter: readonly string[];
  /** Values of n; empty: those of the profile. */
  readonly n: readonly number[];
  /** Names of rivals, or "all". */
  readonly rivals: readonly string[] | "all";
}

/** A case with the sizes that will run. */
export interface Selected {
  readonly benchCase: Case;
  readonly sizes: readonly Size[];
}

/** A bad argument: exit status 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The cases and sizes that match. Throws UsageError naming the nearest ids when nothing does. */
export function selectCases(cases: readonly Case[], { profile, filter, n }: Selection): readonly Selected[] {
  for (const pattern of filter) {
    if (cases.some(({ id }) => matches(pattern, id))) continue;
    const near = nearest(pattern, [...new Set(cases.flatMap(({ id }) => [id, packageOf(id)]))]);
    throw new UsageError(`--filter: expected a package or a case, got "${pattern}". Nearest: ${near.join(", ")}`);
  }
  const selected = cases
    .filter(({ id }) => filter.length === 0 || filter.some((pattern) => matches(pattern, id)))
    .map((benchCase) => ({ benchCase, sizes: sizesOf(benchCase, profile, n) }))
    .filter(({ sizes }) => sizes.length > 0);
  if (selected.length > 0) return selected;
  const known = [...new Set(cases.flatMap(({ sizes }) => [...sizes.quick, ...sizes.full].map((size) => Number(size.n))))].sort(
    (a, b) => a - b,
  );
  throw new UsageError(`--size: expected some of ${known.join(", ")}, got ${n.join(", ")}`);
}

/** The contenders of a case that are listed at a size. */
export function selectContenders(
  benchCase: Case,
  size: Size,
  { rivals, profile }: Pick<Selection, "rivals" | "profile">,
): readonly Contender<unknown, unknown>[] {
  return benchCase.contenders.filter(({ name, role, fullOnly, hidden }) => {
    if (hidden?.(size)) return false;
    if (rivals !== "all" && role === "rival") return rivals.includes(name);
    return profile === "full" || !fullOnly;
  });
}

/** Checks the names given to `--rivals`. */
export function checkRivals(cases: readonly Case[], names: Selection["rivals"]): void {
  if (names === "all") return;
  const known = [...new Set(cases.flatMap(({ contenders }) => contenders.filter(({ role }) => role === "rival").map(({ name }) => name)))];
  for (const name of names) {
    if (!known.includes(name)) throw new UsageError(`--rivals: expected "all", "none" or some of ${known.join(", ")}, got "${name}"`);
  }
}

/** The selection in words: "everything", or the arguments that cut it down. */
export function selectionText({ filter, n, rivals }: Selection): string {
  const parts = [
    filter.length > 0 ? `--filter ${filter.join(" ")}` : "",
    n.length > 0 ? `--size ${n.join(",")}` : "",
    rivals === "all" ? "" : `--rivals ${rivals.join(",") || "none"}`,
  ];
  return parts.filter(Boolean).join(" ") || "everything";
}

/** "attention/exact" -> "attention". */
function packageOf(id: string): string {
  return id.split("/")[0]!;
}

/** `head=0.0 n=8192`. */
export function sizeText(size: Size): string {
  return Object.entries(size)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ");
}

function sizesOf({ sizes }: Case, profile: Selection["profile"], n: readonly number[]): readonly Size[] {
  if (n.length === 0) return sizes[profile];
  const all = [...sizes[profile], ...sizes.full];
  const unique = all.filter((size, i) => all.findIndex((other) => sizeText(other) === sizeText(size)) === i);
  return unique.filter((size) => n.includes(Number(size.n))).sort((a, b) => Number(a.n) - Number(b.n));
}

function matches(pattern: string, id: string): boolean {
  if (pattern === packageOf(id)) return true;
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${escaped}$`).test(id);
}

function nearest(word: string, candidates: readonly string[]): readonly string[] {
  const distance = new Map(candidates.map((candidate) => [candidate, editDistance(word, candidate)]));
  return [...candidates].sort((a, b) => distance.get(a)! - distance.get(b)!).slice(0, 3);
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length]!;
}
