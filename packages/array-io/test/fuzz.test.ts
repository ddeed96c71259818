/**
 * Damaged files: one byte changed, thousands of times, by a seed. Each reader gives an array that a second, plainer reading of the same
 * bytes gives too, or refuses with a FormatError; it never hangs and never fails in another way.
 *
 * ERR_OVERFLOW is the one other refusal: a changed type may turn floats into 64-bit integers beyond 2^53.
 */
import { expect, test } from "vitest";
import { isNumericsError } from "@subquad/linalg-core";
import { gaussianArray, pack, testRandom } from "@subquad/test-kit";
import { openNpy, openSafetensors, parseNpy, readMatrixMarket, readNpz, writeNpz, writeSafetensors } from "../src/index.js";
import { fromBase64 } from "./bytes.js";
import { denseOf, encoded, sample } from "./market-text.js";
import { readElements, secondReading } from "./npy-bytes.js";
import marketFixtures from "../../../tooling/fixtures/matrix-market/data.json" with { type: "json" };
import npyFixtures from "../../../tooling/fixtures/npy/data.json" with { type: "json" };
import npzFixtures from "../../../tooling/fixtures/npz/data.json" with { type: "json" };
import safetensorsFixtures from "../../../tooling/fixtures/safetensors/data.json" with { type: "json" };

const rounds = process.env.SUBQUAD_TEST_PROFILE === "full" ? 10_000 : 200; // of each file; nearly a million in the full profile take minutes

const LETTERS = " 0123456789.,-+eE%'()\n";

interface Tally {
  read: number;
  refused: number;
}

/**
 * Changes one byte of each file, `rounds` times, and hands the result to `check`, which throws what its reader throws.
 * Every second change is to one of these letters, so that numbers become other numbers.
 */
async function damage(
  name: string,
  files: readonly Uint8Array[],
  check: (bytes: Uint8Array<ArrayBuffer>, original: number) => unknown,
): Promise<Tally> {
  const { below } = testRandom(`damage of ${name}`);
  const tally = { read: 0, refused: 0 };
  for (let round = 0; round < rounds * files.length; round++) {
    const original = round % files.length;
    const bytes = new Uint8Array(files[original]!);
    const at = below(bytes.length);
    const before = bytes[at]!;
    bytes[at] = below(2) === 0 ? LETTERS.charCodeAt(below(LETTERS.length)) : (before + 1 + below(255)) % 256;
    try {
      await check(bytes, original);
      tally.read++;
    } catch (error) {
      const typed = isNumericsError(error) && (error.code === "ERR_FORMAT" || (error.code === "ERR_OVERFLOW" && name !== "npz"));
      if (!typed) throw new Error(`round ${round}: byte ${at} of file ${original} from ${before} to ${bytes[at]}`, { cause: error });
      tally.refused++;
    }
  }
  return tally;
}

function fixtureFiles(cases: readonly { readonly file: string }[]): Uint8Array[] {
  return cases.map(({ file }) => fromBase64(file));
}

function expectSame(A: readonly number[] | Float64Array, B: readonly number[] | Float64Array): void {
  const isSame = A.length === B.length && A.every((x, p) => Object.is(x, B[p]) || x === B[p]);
  if (!isSame) expect([...A]).toEqual([...B]);
}

test(`npy: ${rounds} changed bytes a file`, async () => {
  const files = fixtureFiles(npyFixtures.cases);
  const tally = await damage("npy", files, async (bytes) => {
    const A = parseNpy(bytes.slice());
    const expected = secondReading(bytes);
    expect(A.shape).toEqual(expected?.shape);
    expectSame(pack(A), expected!.values);
    const file = await openNpy(bytes);
    if (file.rows > 0 && file.shape.length > 0) expectSame(pack(await file.readRows(file.rows - 1, file.rows)), expected!.values.slice(-file.columns || Infinity)); // prettier-ignore
  });
  expect(Math.min(tally.read, tally.refused)).toBeGreaterThan(rounds / 10); // both happen
});

test(`npz: ${rounds} changed bytes a file: the same arrays or FormatError`, async () => {
  const files = [...Object.values(npzFixtures.files).map(fromBase64), writeNpz({ a: gaussianArray([3, 2]), b: [1, 2] })];
  const originals = await Promise.all(files.map(async (file) => Object.entries(await readNpz(file))));
  const tally = await damage("npz", files, async (bytes, original) => {
    const arrays = Object.entries(await readNpz(bytes));
    expect(arrays.map(([name, A]) => [name, A.shape])).toEqual(originals[original]!.map(([name, A]) => [name, A.shape]));
    for (const [i, [, A]] of arrays.entries()) expectSame(pack(A), pack(originals[original]![i]![1]));
  });
  expect(Math.min(tally.read, tally.refused)).toBeGreaterThan(rounds / 10);
});

test(`safetensors: ${rounds} changed bytes a file`, async () => {
  const files = [
    ...fixtureFiles(safetensorsFixtures),
    writeSafetensors({ U8: Uint8Array.of(6, 7, 8), m: gaussianArray([2, 3]) }, { made: "for damage" }),
  ];
  const tally = await damage("safetensors", files, async (bytes) => {
    const open = await openSafetensors(bytes);
    const words = new DataView(bytes.buffer);
    const begin = 8 + words.getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, begin))) as Record<
      string,
      { dtype: string; shape: number[]; data_offsets: [number, number] }
    >;
    const names = Object.keys(header).filter((name) => name !== "__metadata__");
    expect([...open.names].sort()).toEqual(names.sort());
    for (const name of names) {
      if (!open.info(name).readable) continue;
      const { dtype, shape, data_offsets: offsets } = header[name]!;
      const A = await open.read(name);
      expect(A.shape).toEqual(shape);
      const kind = dtype === "BOOL" ? "b1" : `${dtype.charAt(0).toLowerCase()}${Number(dtype.slice(1)) / 8}`;
      if (dtype !== "BF16") expectSame([...A.data], readElements(kind, words, begin + offsets[0], A.size, true));
    }
  });
  expect(Math.min(tally.read, tally.refused)).toBeGreaterThan(rounds / 10);
});

test(`matrix-market: ${rounds} changed bytes a file`, async () => {
  const texts = marketFixtures.cases.map(({ text }) => text);
  texts.push(sample(30, 30, 60, "real", "symmetric", "damage").text, sample(9, 9, 20, "pattern", "general", "damage").text);
  const tally = await damage("matrix-market", texts.map(encoded), async (bytes) => {
    const A = await readMatrixMarket(bytes);
    const expected = secondMarketReading(new TextDecoder("latin1").decode(bytes));
    expect(A.shape).toEqual(expected.shape);
    expectSame(denseOf(A), expected.values);
  });
  expect(Math.min(tally.read, tally.refused)).toBeGreaterThan(rounds / 10);
});

/** A text that the reader took, read again: all lines at once, into dense values. */
function secondMarketReading(text: string): { readonly shape: readonly [number, number]; readonly values: Float64Array } {
  const [banner, ...rest] = text.split("\n");
  const [, , layout, field, symmetry] = banner!.trim().toLowerCase().split(/\s+/);
  const lines = rest.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("%"));
  const numbers = lines.map((line) =>
    line.split(/\s+/).map((word) => Number(word.replace(/d/i, "e").replace(/^([+-]?)inf(inity)?$/i, "$1Infinity"))),
  );
  const [rows, columns] = numbers[0] as [number, number];
  const values = new Float64Array(rows * columns);
  const places = layout === "array" ? columnOrder(rows, columns, symmetry!) : numbers.slice(1).map(([i, j]) => [i! - 1, j! - 1] as const);
  for (const [q, [i, j]] of places.entries()) {
    const value = layout === "array" ? numbers[q + 1]![0]! : field === "pattern" ? 1 : numbers[q + 1]![2]!;
    values[i * columns + j]! += value;
    if (symmetry !== "general" && i !== j) values[j * columns + i]! += symmetry === "symmetric" ? value : -value;
  }
  return { shape: [rows, columns], values };
}

function columnOrder(rows: number, columns: number, symmetry: string): (readonly [number, number])[] {
  const places: (readonly [number, number])[] = [];
  for (let j = 0; j < columns; j++) {
    for (let i = symmetry === "general" ? 0 : symmetry === "symmetric" ? j : j + 1; i < rows; i++) places.push([i, j]);
  }
  return places;
}
