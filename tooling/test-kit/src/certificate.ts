/**
 * Judges certificates: measures true row errors against a reference and counts the rows above a bound.
 *
 *   error_i = max_c |õ_ic - o_ic| / s_c        s_c  unit of channel c: spread or range of V over its keys, or 1
 */
import { count, matrixShape, pack, type Strided } from "./arrays.js";

export type ErrorUnit = "spread" | "range" | "absolute";

/** The fields of our Certificate union that can be checked. */
export interface CheckableCertificate {
  readonly kind: string;
  readonly bound?: number;
  readonly fraction?: number;
}

export interface RowVerdict {
  /** The statement of the certificate is true of these errors. */
  readonly holds: boolean;
  readonly rows: number;
  /** Rows whose error exceeds the bound, and how many the certificate allows. */
  readonly above: number;
  readonly allowed: number;
  readonly worst: number;
  readonly bound: number;
  /** bound / (the error it speaks of: the worst, or the least that `allowed` rows exceed); Infinity if that is 0. */
  readonly slack: number;
}

/**
 * Unit of each value channel.
 * @param V shape [.., m, dv].
 * @param unit "spread": population standard deviation over the keys · "range": maximum minus minimum · "absolute": 1.
 * @returns length (product of the leading axes) · dv.
 */
export function channelScale(V: Strided, unit: ErrorUnit = "spread"): Float64Array {
  const { lead, n: m, d: dv } = matrixShape(V);
  const values = pack(V);
  const scale = new Float64Array(count(lead) * dv).fill(1);
  if (unit === "absolute") return scale;
  for (let at = 0; at < scale.length; at++) {
    const first = Math.floor(at / dv) * m * dv + (at % dv);
    const channel = Float64Array.from({ length: m }, (_, j) => values[first + j * dv]!);
    scale[at] = unit === "spread" ? deviation(channel) : range(channel);
  }
  return scale;
}

/**
 * The error of every row.
 * @param output shape [.., n, dv].
 * @param reference the same shape.
 * @param scale one unit per head and channel, from `channelScale`; left out: absolute errors.
 * @returns length (product of the leading axes) · n. NaN in `output` counts as Infinity; so does any difference in a channel of unit 0.
 */
export function rowErrors(output: Strided, reference: Strided, scale?: Float64Array): Float64Array {
  if (output.shape.join() !== reference.shape.join()) {
    throw new Error(`rowErrors(output): expected shape [${reference.shape.join(", ")}], got [${output.shape.join(", ")}]`);
  }
  const { n, d: dv } = matrixShape(output);
  const got = pack(output);
  const want = pack(reference);
  const errors = new Float64Array(dv === 0 ? count(output.shape.slice(0, -1)) : got.length / dv);
  for (let p = 0; p < got.length; p++) {
    const row = Math.floor(p / dv);
    const unit = scale?.[Math.floor(row / n) * dv + (p % dv)] ?? 1;
    const difference = Math.abs(got[p]! - want[p]!);
    const error = difference === 0 ? 0 : difference / unit;
    errors[row] = Math.max(errors[row]!, Number.isNaN(error) ? Infinity : error);
  }
  return errors;
}

/**
 * Share of the rows above a bound.
 * @param errors one per row.
 * @param bound in their unit.
 * @returns in [0, 1]; 0 for no rows.
 */
export function shareAbove(errors: Float64Array, bound: number): number {
  return errors.length === 0 ? 0 : errors.filter((error) => !(error <= bound)).length / errors.length;
}

/**
 * Whether what a certificate says is true of these errors: none above the bound, or at most its fraction of them.
 * @param certificate any kind but "none", which says nothing and so never holds.
 * @param errors one per row, in the unit of the bound.
 * @param bound another bound to judge instead, such as a relative one with errors in spreads.
 * @returns see RowVerdict. A statistical certificate may be false at its stated confidence: count over seeds.
 */
export function checkCertificate(certificate: CheckableCertificate, errors: Float64Array, bound = certificate.bound ?? NaN): RowVerdict {
  const rows = errors.length;
  const allowed = certificate.kind === "statistical" ? Math.floor((certificate.fraction ?? 0) * rows) : 0;
  const above = Math.round(shareAbove(errors, bound) * rows);
  const sorted = Float64Array.from(errors).sort().reverse();
  const spoken = sorted[allowed] ?? 0;
  return {
    holds: certificate.kind !== "none" && above <= allowed,
    rows,
    above,
    allowed,
    worst: sorted[0] ?? 0,
    bound,
    slack: spoken === 0 ? Infinity : bound / spoken,
  };
}

function deviation(channel: Float64Array): number {
  const mean = channel.reduce((sum, v) => sum + v, 0) / channel.length;
  return Math.sqrt(channel.reduce((sum, v) => sum + (v - mean) ** 2, 0) / channel.length);
}

function range(channel: Float64Array): number {
  return channel.reduce((a, b) => Math.max(a, b), -Infinity) - channel.reduce((a, b) => Math.min(a, b), Infinity);
}
