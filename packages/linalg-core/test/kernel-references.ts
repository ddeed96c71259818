/** What the kernels compute, done plainly in double precision (or more). */

interface AttentionInput {
  readonly n: number;
  /** Real keys; those behind are padding. */
  readonly m: number;
  readonly depth: number;
  readonly channels: number;
  readonly Q: readonly number[];
  readonly K: readonly number[];
  readonly V: readonly number[];
  readonly keyBias: readonly number[];
  readonly queryBias: readonly number[];
  readonly visible: (i: number, j: number) => boolean;
  readonly added: (i: number, j: number) => number;
  readonly dtype: "float32" | "float64";
  /** Taken from the scores of a row before the exponential. Default: nothing. */
  readonly subtract?: readonly number[];
}

interface AttentionReference {
  /** Highest score a row sees; -Infinity if none. */
  readonly maxima: number[];
  /** Largest sum of magnitudes that a score of the row is made of. */
  readonly magnitudes: number[];
  /** Keys a row sees. */
  readonly visible: number[];
  /** [n][channels]: Σ_j 2^(s_ij − subtract_i) v_jc, and the same of |v|. */
  readonly sums: number[];
  readonly magnitudesOfSums: number[];
}

/** Weighted sums of values; scores are in units of log2. */
export function attentionReference(a: AttentionInput): AttentionReference {
  const hidden = a.dtype === "float32" ? -3.4028234663852886e38 : -Number.MAX_VALUE;
  const result: AttentionReference = { maxima: [], magnitudes: [], visible: [], sums: [], magnitudesOfSums: [] };
  for (let i = 0; i < a.n; i++) {
    const sums = new Float64Array(a.channels);
    const magnitudes = new Float64Array(a.channels);
    let [highest, largest, visible] = [-Infinity, 0, 0];
    for (let j = 0; j < a.m; j++) {
      const added = a.added(i, j);
      if (!a.visible(i, j) || added === -Infinity || a.keyBias[j] === hidden) continue;
      visible++;
      let score = a.keyBias[j]! + a.queryBias[i]! + added;
      let size = Math.abs(a.keyBias[j]!) + Math.abs(a.queryBias[i]!) + Math.abs(added);
      for (let c = 0; c < a.depth; c++) {
        const term = a.Q[i * a.depth + c]! * a.K[j * a.depth + c]!;
        score += term;
        size += Math.abs(term);
      }
      highest = Math.max(highest, score);
      largest = Math.max(largest, size);
      const weight = 2 ** (score - (a.subtract?.[i] ?? 0));
      for (let c = 0; c < a.channels; c++) {
        const value = a.V[j * a.channels + c]!;
        sums[c]! += weight * value;
        magnitudes[c]! += weight * Math.abs(value);
      }
    }
    result.maxima.push(highest);
    result.magnitudes.push(largest);
    result.visible.push(visible);
    result.sums.push(...sums);
    result.magnitudesOfSums.push(...magnitudes);
  }
  return result;
}

const BITS = 1300n; // after the binary point: enough for the smallest subnormal with 200 bits to spare
const ONE = 1n << BITS;

/** A number as a multiple of 2^-BITS; exact for float64. */
function fixed(x: number): bigint {
  const words = new DataView(new ArrayBuffer(8));
  words.setFloat64(0, x);
  const bits = words.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & ((1n << 52n) - 1n);
  const significand = exponent === 0n ? fraction : fraction | (1n << 52n);
  const shift = (exponent === 0n ? 1n : exponent) - 1075n + BITS;
  const magnitude = shift >= 0n ? significand << shift : significand >> -shift;
  return x < 0 ? -magnitude : magnitude;
}

/** e^x to some 200 bits beyond float64, and how far numbers lie from it. */
export function exactExp(x: number): { readonly ulps: (y: number) => number } {
  // e^x = (e^(x / 2^12))^(2^12), Taylor inside
  const halvings = 12n;
  const r = fixed(x) >> halvings;
  let term = ONE;
  let sum = ONE;
  for (let k = 1n; term !== 0n && k < 400n; k++) {
    term = (term * r) >> BITS;
    term /= k;
    sum += term;
    if (term === -1n) break; // >> rounds down, so a negative term never becomes 0
  }
  for (let k = 0n; k < halvings; k++) sum = (sum * sum) >> BITS;
  return {
    ulps: (y) => {
      if (!Number.isFinite(y)) return Infinity;
      const ulp = fixed(Math.max(2 ** -1074, 2 ** (Math.floor(Math.log2(Math.max(y, 2 ** -1022))) - 52)));
      const distance = fixed(y) - sum;
      return Number(((distance < 0n ? -distance : distance) * 1000n) / ulp) / 1000;
    },
  };
}
