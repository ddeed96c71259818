/**
 * What one head came to, by each method, out of compute memory.
 */
import type { Certificate, NdArray } from "@subquad/linalg-core";
import { view } from "@subquad/linalg-core";
import { log } from "@subquad/linalg-core/math";
import { bytesOf, openScope, reals, type Scope } from "@subquad/linalg-core/kernels";
import { streamingAttentionSteps, type Steps } from "@subquad/linalg-core/steps";
import type { Approximated, Member } from "./approximate.js";
import type { Call } from "./check.js";
import { stageValues, type Head, type StagedValues } from "./head.js";
import type { HeadPlan, HeadReport, Refusal } from "./types.js";
import { exactRows, inUnits, type Verdict } from "./verify.js";

export interface HeadOutcome {
  readonly index: number;
  /** [n][e]. */
  readonly output: Float32Array | Float64Array;
  /** [n], where the call asks for it. */
  readonly logSumExp: Float64Array | undefined;
  readonly report: HeadReport;
  /** Of an exact head; approximated heads share one. */
  readonly certificate: Certificate | undefined;
  /** [e] each. */
  readonly unit: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly emptyRows: number;
}

/** Constant scores: one exact row is every row. */
export function* meanOutcome(scope: Scope, head: Head, index: number, plan: HeadPlan): Steps<HeadOutcome> {
  const { dtype, shape } = head;
  const { n, e } = shape;
  const { rows, roundOff, denominators, maxima } = yield* exactRows(scope, head, Int32Array.of(0));
  const first = reals(dtype).slice(rows / bytesOf(dtype), rows / bytesOf(dtype) + e);
  const output = dtype === "float32" ? new Float32Array(n * e) : new Float64Array(n * e);
  for (let i = 0; i < n; i++) output.set(first, i * e);
  const sum = log(reals("float64")[denominators / 8] ?? 0) + (reals("float64")[maxima / 8] ?? 0) * Math.LN2;
  const logSumExp = head.keyBox.constant ? equalKeyLogSums(head) : new Float64Array(n).fill(sum);
  const report = {
    method: "mean" as const,
    relativeBound: inUnits(roundOff, head.unit),
    fallbackRows: 0,
    pairs: plan.pairs,
    refused: plan.rejected,
  };
  const outcome = {
    index,
    output,
    logSumExp,
    report,
    certificate: { kind: "exact" as const, bound: Math.max(0, ...roundOff) },
  };
  const channels = channelValues(head, head.dtype, e);
  scope.release();
  return { ...outcome, ...channels, emptyRows: 0 };
}

/** Of m equal keys: log(m e^s), with the score s of each row. */
function equalKeyLogSums({ dtype, depth, shape, queries, keys }: Head): Float64Array {
  const values = reals(dtype);
  const [q, k] = [queries / bytesOf(dtype), keys / bytesOf(dtype)];
  return Float64Array.from({ length: shape.n }, (_, i) => {
    let score = 0;
    for (let c = 0; c < depth; c++) score += (values[q + i * depth + c] ?? 0) * (values[k + c] ?? 0);
    return score * Math.LN2 + log(shape.m);
  });
}

/** Exact streaming attention. */
export function* exactOutcome(call: Call, index: number, refused: readonly Refusal[], extraPairs: number): Steps<HeadOutcome> {
  const { where, options, shape, dtype } = call;
  const input = call.heads[index]!;
  const { scale, special, keptKeys } = options;
  const { output, logSumExp, certificate, channelBounds, diagnostics } = yield* streamingAttentionSteps(where, input.q, input.k, input.v, {
    scale,
    ...special,
  });
  const scope = openScope();
  try {
    const staged = stageValues(scope, where, keptKeys === undefined ? input.v : takeRows(input.v, keptKeys), dtype, options.toleranceUnit);
    const report = {
      method: "exact" as const,
      relativeBound: inUnits(channelBounds.data, staged.unit),
      fallbackRows: 0,
      pairs: shape.n * shape.m + extraPairs,
      refused,
    };
    const channels = channelValues(staged, dtype, shape.e);
    const data = output.data as Float32Array | Float64Array;
    return {
      index,
      output: data,
      logSumExp: logSumExp.data as Float64Array,
      report,
      certificate,
      ...channels,
      emptyRows: diagnostics.emptyRows,
    };
  } finally {
    scope.release();
  }
}

/** An approximated head whose exact rows are written in. */
export function approximatedOutcome(call: Call, approximated: Approximated, verdict: Verdict): HeadOutcome {
  const { member, rank, rows, fallbackRows, pairs } = approximated;
  const { head, index, plan } = member;
  const { n, e } = head.shape;
  const size = bytesOf(head.dtype);
  const output = reals(head.dtype).slice(rows / size, rows / size + n * e);
  const report = { method: "nystrom" as const, rank, relativeBound: verdict.bound, fallbackRows, pairs, refused: plan.rejected };
  const logSumExp = call.options.returnLogSumExp ? approximateLogSums(member, approximated) : undefined;
  return { index, output, logSumExp, report, certificate: undefined, ...channelValues(head, head.dtype, e), emptyRows: 0 };
}

/** log Σ_j e^(s_ij) = ln 2 (log2 W̃ + |x|²/2 + max − …): undoes the factors that centring and weighting took out of row i. */
function approximateLogSums({ head, prepared }: Member, { denominators, replaced }: Approximated): Float64Array {
  const { dtype, depth, shape } = head;
  const { xHalf, kappaShift, keyMean } = prepared.centered;
  const size = bytesOf(dtype);
  const values = reals(dtype);
  const W = reals("float64");
  const sums = new Float64Array(shape.n);
  for (let i = 0; i < shape.n; i++) {
    let common = -(values[xHalf / size + i] ?? 0) - kappaShift; // and scale ⟨q_i, c⟩, which the softmax does not see
    for (let c = 0; c < depth; c++) common += (values[head.queries / size + i * depth + c] ?? 0) * (keyMean[c] ?? 0);
    const w = W[denominators / 8 + i] ?? 0;
    sums[i] = (w > 0 ? log(w) : 0) + common * Math.LN2; // a row with W̃ <= 0 is among the replaced ones
  }
  for (const { indices, exact } of replaced) {
    indices.forEach((row, i) => {
      sums[row] = log(W[exact.denominators / 8 + i] ?? 0) + (W[exact.maxima / 8 + i] ?? 0) * Math.LN2;
    });
  }
  return sums;
}

function channelValues(
  { unit, low, high }: Pick<StagedValues, "unit" | "low" | "high">,
  dtype: Head["dtype"],
  e: number,
): Pick<HeadOutcome, "unit" | "low" | "high"> {
  const size = bytesOf(dtype);
  const read = (address: number): Float64Array => Float64Array.from(reals(dtype).subarray(address / size, address / size + e));
  return { unit, low: read(low), high: read(high) };
}

function takeRows(A: NdArray, rows: Int32Array): NdArray {
  const e = A.shape[1] ?? 0;
  const data = new Float64Array(rows.length * e);
  rows.forEach((row, i) => {
    for (let c = 0; c < e; c++) data[i * e + c] = A.data[A.offset + row * (A.stride[0] ?? 0) + c * (A.stride[1] ?? 0)] ?? 0;
  });
  return view(data, [rows.length, e]);
}
