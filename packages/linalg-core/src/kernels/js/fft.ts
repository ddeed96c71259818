/**
 * Fourier transform of planar complex numbers in float64, as in assembly/fft.ts: the same passes in the same order, one number at a time. Positions
 * count float64 values.
 */
import type { ComputeMemory } from "../abi.js";
import { readWords } from "./real.js";

const ROWS = ["n", "rows", "rowsPerTile", "kind", "re", "im", "outRe", "outIm", "factors", "halves"] as const;
const COLUMNS = ["n", "columns", "c", "strips", "real", "re", "im", "outRe", "outIm", "factors", "byStrip", "within"] as const;
const TRANSPOSED = ["rows", "n", "c", "strips", "re", "im", "outRe", "outIm", "factors"] as const;

/** A complex array: where its parts begin and the distance between two of its entries. */
interface Complex {
  readonly re: number;
  readonly im: number;
  readonly step: number;
}

const complex = (re: number, im: number, step = 1): Complex => ({ re: re / 8, im: im / 8, step });

export function fftRows(memory: ComputeMemory, args: number, tile: number, scratch: number): void {
  const { n, rows, rowsPerTile, kind, re, im, outRe, outIm, factors, halves } = readWords(memory, args, ROWS);
  const factor = memory.f64[args / 8]!;
  const bytes = 8 * n;
  const [a, b] = buffers(scratch, n);
  const c = scratch + 4 * bytes;
  for (let row = tile * rowsPerTile; row < Math.min(rows, (tile + 1) * rowsPerTile); row++) {
    const at = row * bytes;
    const half = row * (bytes + 8);
    const z = complex(c, c + bytes);
    if (kind === 0) passes(memory.f64, n, 1, factors / 8, complex(re + at, im + at), a, b, complex(outRe + at, outIm + at));
    else if (kind === 1) {
      passes(memory.f64, n, 1, factors / 8, complex(re + 2 * at, re + 2 * at + 8, 2), a, b, z);
      splitReal(memory, n, 0, n / 2, c, c + bytes, outRe + half, outIm + half, halves);
    } else {
      mergeReal(memory, n, 0, n / 2, re + half, im + half, c, c + bytes, halves);
      const swapped = complex(c + bytes, c);
      passes(memory.f64, n, 1, factors / 8, swapped, a, b, swapped);
      interleave(memory, n, factor, c, c + bytes, outRe + 2 * at);
    }
  }
}

export function fftColumns(memory: ComputeMemory, args: number, tile: number, scratch: number): void {
  const { n, columns, c, strips, real, re, im, outRe, outIm, factors, byStrip, within } = readWords(memory, args, COLUMNS);
  const { f64 } = memory;
  const [row, strip] = [Math.floor(tile / strips), tile % strips];
  const at = row * n * columns + strip * c;
  const [a, b] = buffers(scratch, n * c);
  const x = real ? complex(re, re + 8, 2) : complex(re, im);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < c; j++) {
      f64[a.re + i * c + j] = f64[x.re + (at + i * columns + j) * x.step]!;
      f64[a.im + i * c + j] = f64[x.im + (at + i * columns + j) * x.step]!;
    }
  }
  passes(f64, n, c, factors / 8, a, b, a, a);
  const [g, f] = [byStrip / 8 + 2 * n * strip, within / 8];
  const out = complex(outRe, outIm);
  for (let k = 0; k < n; k++) {
    const gr = f64[g + k]!;
    const gi = f64[g + n + k]!;
    for (let j = 0; j < c; j++) {
      const fr = f64[f + k * c + j]!;
      const fi = f64[f + n * c + k * c + j]!;
      const wr = gr * fr - gi * fi;
      const wi = gr * fi + gi * fr;
      const xr = f64[a.re + k * c + j]!;
      const xi = f64[a.im + k * c + j]!;
      const to = at + k * columns + j;
      f64[out.re + to] = wr * xr - wi * xi;
      f64[out.im + to] = wr * xi + wi * xr;
    }
  }
}

export function fftTransposed(memory: ComputeMemory, args: number, tile: number, scratch: number): void {
  const { rows, n, c, strips, re, im, outRe, outIm, factors } = readWords(memory, args, TRANSPOSED);
  const { f64 } = memory;
  const [row, strip] = [Math.floor(tile / strips), tile % strips];
  const base = row * n * rows;
  const [a, b] = buffers(scratch, n * c);
  for (let k = 0; k < c; k++) {
    for (let j = 0; j < n; j++) {
      const from = base + (strip * c + k) * n + j;
      f64[a.re + j * c + k] = f64[re / 8 + from]!;
      f64[a.im + j * c + k] = f64[im / 8 + from]!;
    }
  }
  passes(f64, n, c, factors / 8, a, b, a, a);
  for (let l = 0; l < n; l++) {
    const to = base + strip * c + l * rows;
    f64.copyWithin(outRe / 8 + to, a.re + l * c, a.re + (l + 1) * c);
    f64.copyWithin(outIm / 8 + to, a.im + l * c, a.im + (l + 1) * c);
  }
}

function buffers(scratch: number, size: number): [Complex, Complex] {
  const bytes = 8 * size;
  return [complex(scratch, scratch + bytes), complex(scratch + 2 * bytes, scratch + 3 * bytes)];
}

/** All passes from [n][s], x -> y, by way of a and b in turns. */
function passes(f64: Float64Array, n: number, s: number, factors: number, x: Complex, a: Complex, b: Complex, y: Complex): void {
  let [from, to, spare] = [x, a, b];
  for (; n > 4; n /= 4, s *= 4) {
    pass(f64, n, s, factors + (12 * n) / 8, from, to);
    [from, to, spare] = [to, spare, to];
  }
  if (n === 4) pass(f64, 4, s, -1, from, y);
  else lastTwo(f64, s, from, y);
}

/** One pass of radix 4; a negative `table` stands for factors of one. */
function pass(f64: Float64Array, n: number, s: number, table: number, x: Complex, y: Complex): void {
  const quarter = n / 4;
  const put = (to: number, re: number, im: number, w: number): void => {
    if (w < 0) {
      f64[y.re + to] = re;
      f64[y.im + to] = im;
      return;
    }
    const wr = f64[w]!;
    const wi = f64[w + 2]!;
    f64[y.re + to] = wr * re - wi * im;
    f64[y.im + to] = wr * im + wi * re;
  };
  for (let p = 0; p < quarter; p++) {
    const t = table < 0 ? -12 : table + (p >> 1) * 12 + (p & 1);
    for (let q = 0; q < s; q++) {
      const at = (k: number): number => (q + s * (p + k * quarter)) * x.step;
      const ar = f64[x.re + at(0)]!;
      const br = f64[x.re + at(1)]!;
      const cr = f64[x.re + at(2)]!;
      const dr = f64[x.re + at(3)]!;
      const ai = f64[x.im + at(0)]!;
      const bi = f64[x.im + at(1)]!;
      const ci = f64[x.im + at(2)]!;
      const di = f64[x.im + at(3)]!;
      const sr = ar + cr;
      const tr = ar - cr;
      const ur = br + dr;
      const vr = br - dr;
      const si = ai + ci;
      const ti = ai - ci;
      const ui = bi + di;
      const vi = bi - di;
      const to = q + 4 * s * p;
      put(to, sr + ur, si + ui, -1);
      put(to + s, tr + vi, ti - vr, t);
      put(to + 2 * s, sr - ur, si - ui, t + 4);
      put(to + 3 * s, tr - vi, ti + vr, t + 8);
    }
  }
}

function lastTwo(f64: Float64Array, s: number, x: Complex, y: Complex): void {
  for (const [from, to] of [
    [x.re, y.re],
    [x.im, y.im],
  ] as const) {
    for (let q = 0; q < s; q++) {
      const a = f64[from + q]!;
      const b = f64[from + q + s]!;
      f64[to + q] = a + b;
      f64[to + q + s] = a - b;
    }
  }
}

export function splitReal(
  { f64 }: ComputeMemory,
  n: number,
  from: number,
  to: number,
  zr: number,
  zi: number,
  xr: number,
  xi: number,
  halves: number,
): void {
  const [z, x, cosines] = [complex(zr, zi), complex(xr, xi), halves / 8];
  const sines = cosines + n / 2 + 2;
  if (from === 0) {
    const a = f64[z.re]!;
    const b = f64[z.im]!;
    f64[x.re] = a + b;
    f64[x.im] = 0;
    f64[x.re + n] = a - b;
    f64[x.im + n] = 0;
  }
  for (let k = from + 1; k <= to; k++) {
    const m = n - k;
    const ar = f64[z.re + k]!;
    const ai = f64[z.im + k]!;
    const br = f64[z.re + m]!;
    const bi = f64[z.im + m]!;
    const er = 0.5 * (ar + br);
    const ei = 0.5 * (ai - bi);
    const or = 0.5 * (ai + bi);
    const oi = 0.5 * (br - ar);
    const c = f64[cosines + k]!;
    const s = f64[sines + k]!;
    const tr = c * or + s * oi;
    const ti = c * oi - s * or;
    f64[x.re + k] = er + tr;
    f64[x.im + k] = ei + ti;
    f64[x.re + m] = er - tr;
    f64[x.im + m] = ti - ei;
  }
}

export function mergeReal(
  { f64 }: ComputeMemory,
  n: number,
  from: number,
  to: number,
  xr: number,
  xi: number,
  zr: number,
  zi: number,
  halves: number,
): void {
  const [z, x, cosines] = [complex(zr, zi), complex(xr, xi), halves / 8];
  const sines = cosines + n / 2 + 2;
  if (from === 0) {
    const a = f64[x.re]!;
    const b = f64[x.re + n]!;
    f64[z.re] = 0.5 * (a + b);
    f64[z.im] = 0.5 * (a - b);
  }
  for (let k = from + 1; k <= to; k++) {
    const m = n - k;
    const ar = f64[x.re + k]!;
    const ai = f64[x.im + k]!;
    const br = f64[x.re + m]!;
    const bi = f64[x.im + m]!;
    const er = 0.5 * (ar + br);
    const ei = 0.5 * (ai - bi);
    const dr = 0.5 * (ar - br);
    const di = 0.5 * (ai + bi);
    const c = f64[cosines + k]!;
    const s = f64[sines + k]!;
    const or = c * dr - s * di;
    const oi = c * di + s * dr;
    f64[z.re + k] = er - oi;
    f64[z.im + k] = ei + or;
    f64[z.re + m] = er + oi;
    f64[z.im + m] = or - ei;
  }
}

export function interleave({ f64 }: ComputeMemory, n: number, factor: number, re: number, im: number, out: number): void {
  for (let j = 0; j < n; j++) {
    f64[out / 8 + 2 * j] = factor * f64[re / 8 + j]!;
    f64[out / 8 + 2 * j + 1] = factor * f64[im / 8 + j]!;
  }
}
