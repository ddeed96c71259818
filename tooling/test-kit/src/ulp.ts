/**
 * Distance between floating-point numbers, counted in representable numbers.
 */
import { pack, type Strided } from "./arrays.js";

export type Precision = "float32" | "float64";

const words = new DataView(new ArrayBuffer(8));

/**
 * How many steps of the number grid lie between a and b.
 * @param a first number; rounded to float32 first when `precision` says so.
 * @param b second number, likewise.
 * @param precision the grid (default "float64").
 * @returns 0 when equal (also -0 and 0, and two NaN); Infinity when just one is NaN.
 */
export function ulpDistance(a: number, b: number, precision: Precision = "float64"): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b) ? 0 : Infinity;
  const distance = rank(a, precision) - rank(b, precision);
  return Number(distance < 0n ? -distance : distance);
}

/**
 * The largest distance between entries.
 * @param A any shape.
 * @param B the same shape.
 * @param precision the grid (default "float64").
 * @returns the maximum of `ulpDistance` over the entries.
 */
export function maxUlpDistance(A: Strided, B: Strided, precision: Precision = "float64"): number {
  if (A.shape.join() !== B.shape.join())
    throw new Error(`maxUlpDistance(B): expected shape [${A.shape.join(", ")}], got [${B.shape.join(", ")}]`);
  const a = pack(A);
  const b = pack(B);
  let worst = 0;
  for (let p = 0; p < a.length; p++) worst = Math.max(worst, ulpDistance(a[p]!, b[p]!, precision));
  return worst;
}

/** Position of x on the grid: neighbours differ by one, both zeros are 0. */
function rank(x: number, precision: Precision): bigint {
  if (precision === "float32") {
    words.setFloat32(0, x);
    return signed(BigInt(words.getUint32(0)), 31n);
  }
  words.setFloat64(0, x);
  return signed(words.getBigUint64(0), 63n);
}

function signed(bits: bigint, signBit: bigint): bigint {
  const magnitude = bits & ((1n << signBit) - 1n);
  return bits >> signBit ? -magnitude : magnitude;
}
