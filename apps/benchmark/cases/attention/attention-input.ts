/**
 * What every attention case shares: its input, the truth, the error of a row, and how a certificate is held against the truth.
 *
 *   q, k, v  [n, d] or [h, n, d]     s_c  spread (population standard deviation) of channel c of V
 *   err_i = max_c |õ_ic - o_ic| / s_c
 */
import type { NdArray } from "@subquad/linalg-core";
import { channelScale, checkCertificate, plain, rowErrors } from "@subquad/test-kit";
import type { CaseContext, Claim, Values, Verified } from "../../src/case.js";
import { exactAttention } from "../../src/reference.js";
import type { AttentionTask } from "../../rivals/rival.js";

export interface AttentionInput {
  readonly q: NdArray;
  readonly k: NdArray;
  readonly v: NdArray;
  /** The same data, head by head. */
  readonly tasks: readonly AttentionTask[];
  /** Names the data of each head, so that a head's truth is computed once a run. */
  readonly names: readonly string[];
}

/** Share of the rows that a statistical certificate may leave out, and that the error of a row group leaves out. */
const FRACTION = 0.02;

/** The float64 output of all heads, row-major. */
export async function trueAttention({ tasks, names }: AttentionInput, context: CaseContext): Promise<Float64Array> {
  const outputs: Float64Array[] = [];
  for (const [h, task] of tasks.entries()) {
    outputs.push(await context.once(`truth/${names[h]!}`, () => exactAttention(task)));
  }
  if (outputs.length === 1) return outputs[0]!;
  const all = new Float64Array(outputs.length * outputs[0]!.length);
  for (const [h, output] of outputs.entries()) all.set(output, h * output.length);
  return all;
}

const known = new WeakMap<Values, Float64Array>(); // an answer is judged twice: by its error and by its certificate

/** The error of every row in spreads of V. */
export function errorsOfRows(output: Values, truth: Values, input: AttentionInput): Float64Array {
  const errors = known.get(output) ?? measureRows(output, truth, input);
  known.set(output, errors);
  return errors;
}

function measureRows(output: Values, truth: Values, input: AttentionInput): Float64Array {
  const { n, d } = input.tasks[0]!;
  const shape = [input.tasks.length, n, d];
  if (output.length !== truth.length) return new Float64Array(input.tasks.length * n).fill(Infinity);
  return rowErrors(plain(owned(output), shape), plain(owned(truth), shape), spreads(input));
}

/** The error that `FRACTION` of the rows exceed: what the tolerance of a statistical certificate speaks of. */
export function errorOfMostRows(errors: Float64Array): number {
  const sorted = Float64Array.from(errors).sort();
  return sorted[errors.length - 1 - Math.floor(FRACTION * errors.length)] ?? 0;
}

/** Counts the rows above the certified bound, among the rows that the certificate speaks of. */
export function verifyClaim(claim: Claim, output: Values, truth: Values, input: AttentionInput): Verified {
  const all = errorsOfRows(output, truth, input);
  const errors = claim.rows ? Float64Array.from(claim.rows.flatMap(({ from, to }) => [...all.subarray(from, to)])) : all;
  const { holds, above, rows, allowed, worst } = checkCertificate(claim.certificate, errors, claim.relativeBound);
  const trueError =
    Float64Array.from(errors)
      .sort()
      .at(-1 - allowed) ?? 0;
  return { holds, trueError, shareAbove: rows === 0 ? 0 : above / rows, worst };
}

function spreads({ tasks }: AttentionInput): Float64Array {
  const { n, d } = tasks[0]!;
  const scale = new Float64Array(tasks.length * d);
  for (const [h, { V }] of tasks.entries()) scale.set(channelScale(plain(Float64Array.from(V), [n, d]), "spread"), h * d);
  return scale;
}

function owned(values: Values): Float64Array<ArrayBuffer> {
  return Float64Array.from(values);
}
