/**
 * Seeded random numbers of the kit's own (sfc32 and Box-Muller), so that tests of `rngFor` do not lean on `rngFor`.
 * Not portable to the last bit: `Math.log` and `Math.cos` may differ between engines.
 */
import { count, plain, type FloatStore, type PlainArray } from "./arrays.js";

export interface TestRandom {
  /** In (0, 1), never an end. */
  uniform(): number;
  normal(): number;
  /** Integer in 0 … bound - 1. */
  below(bound: number): number;
}

export interface GaussianOptions {
  readonly seed?: string | number;
  readonly deviation?: number;
  readonly mean?: number;
  readonly dtype?: "float32" | "float64";
}

/**
 * A stream of random numbers named by a seed.
 * @param seed any text or number.
 * @returns the stream.
 */
export function testRandom(seed: string | number): TestRandom {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, 0xb7e15162, 1];
  for (const letter of String(seed)) a = Math.imul(a ^ letter.codePointAt(0)!, 0x01000193) | 0; // FNV-1a
  const bits = (): number => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t >>> 0;
  };
  for (let round = 0; round < 16; round++) bits();
  const uniform = (): number => (bits() + 0.5) / 2 ** 32;
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
    below: (bound) => Math.floor(uniform() * bound),
  };
}

/**
 * Array of independent normal numbers.
 * @param shape any.
 * @param options defaults: seed "0", deviation 1, mean 0, float64.
 * @returns row-major array.
 */
export function gaussianArray(shape: readonly number[], options?: GaussianOptions & { readonly dtype?: "float64" }): PlainArray;
export function gaussianArray(shape: readonly number[], options: GaussianOptions): PlainArray<FloatStore>;
export function gaussianArray(shape: readonly number[], options: GaussianOptions = {}): PlainArray<FloatStore> {
  const { seed = "0", deviation = 1, mean = 0, dtype = "float64" } = options;
  const { normal } = testRandom(seed);
  const data = dtype === "float32" ? new Float32Array(count(shape)) : new Float64Array(count(shape));
  for (let p = 0; p < data.length; p++) data[p] = mean + deviation * normal();
  return plain(data, shape);
}
