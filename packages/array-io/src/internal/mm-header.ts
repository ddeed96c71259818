/**
 * The first lines of a Matrix Market file: what follows, and how much of it.
 *
 *   %%MatrixMarket matrix coordinate|array real|integer|pattern general|symmetric|skew-symmetric
 *   % comments, blank lines
 *   rows columns [entries]
 *
 * Source: the format description of NIST, restated in NOTES.md.
 */

/** Raises the FormatError of this format; lines count from 1. */
export type RefuseLine = (expected: string, got: unknown, line: number) => never;

export interface MarketBanner {
  readonly layout: "coordinate" | "array";
  readonly field: "real" | "integer" | "pattern";
  readonly symmetry: "general" | "symmetric" | "skew-symmetric";
}

export interface MarketSize {
  readonly rows: number;
  readonly columns: number;
  /** Lines of values that follow. */
  readonly entries: number;
}

/** Words of the banner; SciPy writes the third kind of integers. */
const LAYOUTS = ["coordinate", "array"] as const;
const FIELDS = ["real", "integer", "pattern", "unsigned-integer"] as const;
const SYMMETRIES = ["general", "symmetric", "skew-symmetric"] as const;
const MAX_INDEX = 2 ** 31 - 1; // row pointers and columns are 32-bit integers

export function parseBanner(line: string, refuse: RefuseLine): MarketBanner {
  const words = wordsOf(line).map((word) => word.toLowerCase());
  if (words[0] !== "%%matrixmarket") return refuse("a first line that begins with %%MatrixMarket", JSON.stringify(line.slice(0, 40)), 1);
  if (words[1] !== "matrix") return refuse("a matrix", quoted(words[1]), 1);
  const layout = oneOf(words[2], LAYOUTS, refuse);
  const field = oneOf(words[3], FIELDS, refuse);
  const symmetry = oneOf(words[4], SYMMETRIES, refuse);
  if (words.length > 5) refuse("five words in the first line", words.length, 1);
  if (field === "pattern" && layout === "array") refuse("values in an array", "pattern", 1);
  if (field === "pattern" && symmetry === "skew-symmetric") refuse("values in a skew-symmetric matrix", "pattern", 1);
  return { layout, field: field === "unsigned-integer" ? "integer" : field, symmetry };
}

/** The line of sizes; `bytes` of the file bound what may follow. */
export function parseSize(
  { layout, field, symmetry }: MarketBanner,
  line: string,
  number: number,
  bytes: number,
  refuse: RefuseLine,
): MarketSize {
  const words = wordsOf(line);
  const wanted = layout === "coordinate" ? 3 : 2;
  if (words.length !== wanted)
    refuse(`${wanted} counts: rows, columns${wanted === 3 ? " and entries" : ""}`, `${words.length} words`, number);
  const [rows, columns, listed] = words.map((word) => countOf(word, number, refuse)) as [number, number, number];
  if (Math.max(rows, columns) > MAX_INDEX) refuse("fewer than 2^31 rows and columns", Math.max(rows, columns), number);
  if (symmetry !== "general" && rows !== columns)
    refuse(`as many rows as columns, as the matrix is ${symmetry}`, `${rows} × ${columns}`, number);
  const entries = layout === "coordinate" ? listed : arrayLength(rows, columns, symmetry);
  const shortest = layout === "array" ? 2 : field === "pattern" ? 4 : 6; // "1" and "1 1", "1 1 1" with the end of the line
  if (entries * shortest > bytes + 1) refuse(`at most ${Math.floor((bytes + 1) / shortest)} entries in ${bytes} bytes`, entries, number);
  return { rows, columns, entries };
}

/** What stands between blanks. */
export function wordsOf(line: string): readonly string[] {
  return line.match(/[^ \t\r\f\v]+/g) ?? [];
}

function arrayLength(rows: number, columns: number, symmetry: MarketBanner["symmetry"]): number {
  if (symmetry === "general") return rows * columns;
  return symmetry === "symmetric" ? (rows * (rows + 1)) / 2 : Math.max(0, (rows * (rows - 1)) / 2);
}

function oneOf<T extends string>(word: string | undefined, allowed: readonly T[], refuse: RefuseLine): T {
  const found = allowed.find((known) => known === word);
  return found ?? refuse(`one of ${allowed.join(", ")}`, quoted(word), 1);
}

function quoted(word: string | undefined): string {
  return word === undefined ? "the end of the line" : JSON.stringify(word);
}

function countOf(word: string, line: number, refuse: RefuseLine): number {
  const value = /^\d+$/.test(word) ? Number(word) : NaN;
  return Number.isSafeInteger(value) ? value : refuse("a count: an integer in [0, 2^53)", JSON.stringify(word), line);
}
