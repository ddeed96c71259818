/**
 * Accumulators as bytes, little-endian.
 *
 *   "SQAC" · u32 version · u32 h · h bytes of JSON: distribution, seed, width · rowSampling: n f64 probabilities
 *   u32 count of nodes, each u32 level · u32 index · m d f64      u32 count of blocks, each u32 block · u32 k · k u32 places · k d f64
 *   u32 CRC-32 of all that
 *
 * Nodes, blocks and places ascend, so that equal states have equal bytes. Any change of up to 32 consecutive bits changes the CRC, and a reader
 * takes nothing that a writer would not have written.  Source: Subquad's own convention; CRC-32 of ISO 3309.
 */
import { FormatError, isNumericsError, normalizeSeed, OptionError } from "@subquad/linalg-core";
import { powerOfTwo } from "@subquad/linalg-core/kernels";
import { emptyState, unionOf, type AccumulatorState } from "./accumulator-state.js";
import { checksum } from "./checksum.js";
import { assertDistribution } from "./distribution-check.js";
import type { Range, Sample } from "./sample.js";

const MAGIC = 0x43415153;
const VERSION = 1;
const FORMAT = "subquad-accumulator";
const FIELDS = ["family", "rows", "columns", "scale", "nonzeros", "blocked", "replacement", "seed", "width"];

/** Bytes that only equal distributions and seeds share. */
export function sampleBytes(sample: Sample, width = 0): Uint8Array<ArrayBuffer> {
  const { distribution, seed } = sample;
  const { family, rows, columns, scale, nonzeros, blocked, replacement, probabilities = new Float64Array(0) } = distribution;
  const text = JSON.stringify({ family, rows, columns, scale, nonzeros, blocked, replacement, seed, width });
  const header = new TextEncoder().encode(text);
  const bytes = new Uint8Array(4 + header.length + 8 * probabilities.length);
  const to = writer(bytes);
  to.word(header.length);
  to.bytes(header);
  to.numbers(probabilities);
  return bytes;
}

/** The state as bytes. */
export function encodeState({ sample, width, nodes, blocks }: AccumulatorState): Uint8Array<ArrayBuffer> {
  const head = sampleBytes(sample, width);
  const m = sample.distribution.rows;
  const allNodes = nodes.flatMap((level, l) => [...level].sort(([i], [j]) => i - j).map(([j, node]) => ({ l, j, node })));
  const allBlocks = [...blocks].sort(([i], [j]) => i - j);
  const rows = allBlocks.reduce((sum, [, block]) => sum + block.size, 0);
  const length = 8 + head.length + 8 + allNodes.length * (8 + 8 * m * width) + allBlocks.length * 8 + rows * (4 + 8 * width) + 4;
  const bytes = new Uint8Array(length);
  const to = writer(bytes);
  to.word(MAGIC);
  to.word(VERSION);
  to.bytes(head);
  to.word(allNodes.length);
  for (const { l, j, node } of allNodes) {
    to.word(l);
    to.word(j);
    to.numbers(node);
  }
  to.word(allBlocks.length);
  for (const [k, block] of allBlocks) {
    const places = [...block.keys()].sort((i, j) => i - j);
    to.word(k);
    to.word(places.length);
    for (const place of places) to.word(place);
    for (const place of places) to.numbers(block.get(place)!);
  }
  to.word(checksum(bytes.subarray(0, length - 4)));
  return bytes;
}

/** The state that was encoded; FormatError for anything else. */
export function decodeState(where: string, bytes: Uint8Array): AccumulatorState {
  if (!(bytes instanceof Uint8Array)) throw new OptionError(where, "bytes", "a Uint8Array", bytes);
  const from = reader(where, bytes);
  from.expect("the bytes of an accumulator", MAGIC);
  from.expect("a known version", VERSION);
  if (bytes.length < 16) from.refuse("a checksum", "the end");
  const sum = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4, true);
  if (checksum(bytes.subarray(0, bytes.length - 4)) !== sum) from.refuse("bytes that have the checksum at their end", "others");
  const { sample, width } = readSample(from);
  const state = emptyState(sample, width);
  const { rows: m, columns: n } = sample.distribution;
  const ranges: Range[] = [];
  for (let left = from.word(); left > 0; left--) {
    const [l, j] = [from.word(), from.word()];
    const size = l < 31 ? state.base * powerOfTwo(l) : Infinity;
    if (!((j + 1) * size <= n)) from.refuse(`a node of rows below ${n}`, `node ${j} of level ${l}`);
    while (state.nodes.length <= l) state.nodes.push(new Map());
    if (state.nodes[l]!.has(j ^ 1)) from.refuse("the parent of two nodes", `node ${j} of level ${l}`);
    state.nodes[l]!.set(j, from.numbers(m * width));
    ranges.push([j * size, (j + 1) * size]);
  }
  for (let left = from.word(); left > 0; left--) {
    const [k, count] = [from.word(), from.word()];
    if (!(count > 0 && count < state.base)) from.refuse(`1 to ${state.base - 1} rows of a block`, `${count}`);
    const places = from.words(count);
    const block = new Map<number, Float64Array>();
    places.forEach((place, i) => {
      if (!(place < state.base && k * state.base + place < n && (i === 0 || place > places[i - 1]!))) {
        from.refuse(`ascending rows of block ${k} below ${n}`, `place ${place}`);
      }
      const row = from.numbers(width);
      if (!row.every((x) => Number.isFinite(x))) from.refuse("finite rows", "others");
      block.set(place, row);
      ranges.push([k * state.base + place, k * state.base + place + 1]);
    });
    state.blocks.set(k, block);
  }
  if (from.left() !== 4) from.refuse("the end", `${from.left() - 4} more bytes`);
  ranges.sort((x, y) => x[0] - y[0]);
  if (ranges.some(([first], i) => i > 0 && first < ranges[i - 1]![1])) from.refuse("each row once", "one twice");
  state.ranges = unionOf([], ranges);
  return state;
}

function readSample(from: Reader): { readonly sample: Sample; readonly width: number } {
  const text = from.bytes(from.word());
  try {
    const header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text)) as Record<string, unknown>;
    const unknown = Object.keys(header).find((name) => !FIELDS.includes(name));
    if (unknown !== undefined) from.refuse(`the fields ${FIELDS.join(", ")}`, unknown);
    const { seed, width, ...plain } = header as Partial<Record<"seed" | "width" | "family" | "columns", unknown>>;
    if (typeof seed !== "string" || normalizeSeed(seed) !== seed) return from.refuse("a seed", String(seed));
    if (typeof width !== "number" || !(Number.isSafeInteger(width) && width >= 0)) return from.refuse("a width", String(width));
    const { family, columns: n } = plain;
    const isSampling = family === "rowSampling" && typeof n === "number" && Number.isSafeInteger(n) && n >= 0;
    const distribution: unknown = isSampling ? { ...plain, probabilities: from.numbers(n) } : plain;
    assertDistribution("decodeAccumulator", distribution);
    return { sample: { distribution, seed }, width };
  } catch (error) {
    if (error instanceof FormatError) throw error;
    return from.refuse("a distribution, a seed and a width", isNumericsError(error) ? error.message : "no JSON");
  }
}

function writer(to: Uint8Array<ArrayBuffer>): { word(x: number): void; numbers(x: Float64Array): void; bytes(x: Uint8Array): void } {
  const view = new DataView(to.buffer);
  let at = 0;
  return {
    word: (x) => {
      view.setUint32(at, x, true);
      at += 4;
    },
    numbers: (x) => {
      for (let i = 0; i < x.length; i++, at += 8) view.setFloat64(at, x[i]!, true);
    },
    bytes: (x) => {
      to.set(x, at);
      at += x.length;
    },
  };
}

interface Reader {
  word(): number;
  words(count: number): Uint32Array;
  numbers(count: number): Float64Array;
  bytes(count: number): Uint8Array;
  /** Bytes that are not yet read. */
  left(): number;
  expect(rule: string, word: number): void;
  refuse(expected: string, got: string): never;
}

function reader(where: string, given: Uint8Array): Reader {
  const view = new DataView(given.buffer, given.byteOffset, given.byteLength);
  let at = 0;
  const refuse = (expected: string, got: string): never => {
    throw new FormatError(where, { format: FORMAT, offset: at, expected, got });
  };
  /** Moves on, and returns where the bytes begin. */
  const take = (count: number): number => {
    if (!(at + count <= given.length)) refuse(`${at + count - given.length} more bytes`, "the end");
    at += count;
    return at - count;
  };
  const word = (): number => view.getUint32(take(4), true);
  return {
    word,
    words: (count) => {
      const start = take(4 * count);
      return Uint32Array.from({ length: count }, (_, i) => view.getUint32(start + 4 * i, true));
    },
    numbers: (count) => {
      const start = take(8 * count);
      return Float64Array.from({ length: count }, (_, i) => view.getFloat64(start + 8 * i, true));
    },
    bytes: (count) => given.subarray(take(count), at),
    left: () => given.length - at,
    expect: (rule, expected) => {
      const got = word();
      if (got !== expected) refuse(`${rule} (${expected})`, `${got}`);
    },
    refuse,
  };
}
