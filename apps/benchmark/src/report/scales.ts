/** Logarithmic axes: domains, ticks at powers of ten, and labels that do not cover each other. */
import { number } from "../verdict.js";

/** The powers of ten around some positive values. */
export function decadesAround(values: readonly number[]): readonly [number, number] {
  const logs = values.map(Math.log10);
  const low = Math.floor(Math.min(...logs) - 0.1);
  const high = Math.max(low + 1, Math.ceil(Math.max(...logs) + 0.1));
  return [10 ** low, 10 ** high];
}

/** The powers of ten in a domain; every second or third when there are more than `most`. */
export function decadeTicks([low, high]: readonly [number, number], most = 8): readonly number[] {
  const from = Math.ceil(Math.log10(low) - 1e-9);
  const to = Math.floor(Math.log10(high) + 1e-9);
  const step = Math.max(1, Math.ceil((to - from + 1) / most));
  const ticks: number[] = [];
  for (let e = from; e <= to; e += step) ticks.push(10 ** e);
  return ticks;
}

/** Where a value lies between 0 (low) and 1 (high). */
export function position(value: number, [low, high]: readonly [number, number]): number {
  return Math.log(value / low) / Math.log(high / low);
}

/** "10 ms" for 0.01. */
export function clockText(seconds: number): string {
  if (seconds >= 0.9995) return `${number(seconds)} s`;
  return seconds >= 0.9995e-3 ? `${number(seconds * 1e3)} ms` : `${number(seconds * 1e6)} µs`;
}

/** A power of ten: "0.01", "1e-6". */
export function decadeText(value: number): string {
  return value >= 0.9e-3 && value < 1e5 ? String(Number(value.toPrecision(3))) : `1e${Math.round(Math.log10(value))}`;
}

/** A label beside a point, both in pixels. */
export interface Anchor {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

const LINE = 14;
const CHARACTER = 6.6; // of the 12 px font, on the wide side
const OFFSETS = [-8, 9, -22, 23, -36, 37, -50, 51];

/** For each anchor the vertical offset at which its text, 10 px to the right, covers no point and no earlier text. */
export function labelOffsets(anchors: readonly Anchor[]): readonly number[] {
  const taken = anchors.map(({ x, y }) => ({ left: x - 7, right: x + 7, top: y - 7, bottom: y + 7 }));
  return anchors.map(({ x, y, text }, i) => {
    const box = (dy: number): { left: number; right: number; top: number; bottom: number } => {
      return { left: x + 10, right: x + 10 + CHARACTER * text.length, top: y + dy - LINE / 2, bottom: y + dy + LINE / 2 };
    };
    const free = OFFSETS.find((dy) => {
      const { left, right, top, bottom } = box(dy);
      return taken.every((other, j) => j === i || left >= other.right || right <= other.left || top >= other.bottom || bottom <= other.top);
    });
    const dy = free ?? OFFSETS[0]!;
    taken.push(box(dy));
    return dy;
  });
}
