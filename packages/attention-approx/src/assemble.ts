/**
 * The result of a call, from what its heads came to.
 */
import { view, weakest, type Certificate, type DType, type NdArray } from "@subquad/linalg-core";
import type { Call } from "./check.js";
import type { HeadOutcome } from "./outcome.js";
import type { AttentionDiagnostics, AttentionResult } from "./types.js";
import type { Verdict } from "./verify.js";

/** What one statement proves, and the largest s_c of its heads. */
export interface GroupVerdict {
  readonly verdict: Verdict;
  readonly confidence: number;
  readonly scale: number;
}

type Run = Pick<AttentionDiagnostics, "levels" | "sampledRows" | "milliseconds">;

export function assemble(call: Call, unsorted: readonly HeadOutcome[], verdicts: readonly GroupVerdict[], run: Run): AttentionResult {
  const { options, shape, leading } = call;
  const outcomes = [...unsorted].sort((a, b) => a.index - b.index);
  const methods = new Set(outcomes.map(({ report }) => report.method));
  const [first = "exact"] = methods;
  const relativeBound = Math.max(0, ...outcomes.map(({ report }) => report.relativeBound));
  const stack = (pick: (outcome: HeadOutcome) => Float64Array): NdArray =>
    view(concatenate(outcomes.map(pick)), [outcomes.length, shape.e]);
  const [estimate] = verdicts.map(({ verdict }) => verdict.estimate);
  return {
    output: view(
      concatenate(
        outcomes.map(({ output }) => output),
        call.dtype,
      ),
      [...leading, shape.n, shape.e],
    ),
    ...(options.returnLogSumExp
      ? { logSumExp: view(concatenate(outcomes.map(({ logSumExp }) => logSumExp ?? new Float64Array(0))), [...leading, shape.n]) }
      : {}),
    method: methods.size > 1 ? "mixed" : first,
    toleranceMet: relativeBound <= options.tolerance,
    certificate: joint(call, outcomes, verdicts),
    bounds: {
      relativeBound,
      meanBound: Math.max(0, ...verdicts.map(({ verdict }) => verdict.meanBound)),
      channelScale: stack(({ unit }) => unit),
      clip: [stack(({ low }) => low), stack(({ high }) => high)],
    },
    heads: outcomes.map(({ report }) => report),
    diagnostics: {
      seed: options.seed,
      ...run,
      ...(estimate === undefined ? {} : { estimate }),
      emptyRows: outcomes.reduce((sum, { emptyRows }) => sum + emptyRows, 0),
    },
  };
}

/** The weakest of the heads' certificates; approximated heads share one a group. */
function joint({ options }: Call, outcomes: readonly HeadOutcome[], verdicts: readonly GroupVerdict[]): Certificate {
  const exact = outcomes.flatMap(({ certificate }) => (certificate === undefined ? [] : [certificate]));
  const statistical = verdicts.map(({ verdict, confidence, scale }): Certificate => {
    return { kind: "statistical", bound: verdict.bound * scale, norm: "largest |error| in a row", fraction: options.fraction, confidence };
  });
  return weakest([...exact, ...statistical]);
}

function concatenate<A extends Float32Array | Float64Array>(
  parts: readonly A[],
  dtype: DType = "float64",
): A extends Float64Array ? Float64Array<ArrayBuffer> : Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  if (parts.length === 1 && parts[0] !== undefined) return parts[0] as unknown as ReturnType<typeof concatenate<A>>;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const out = dtype === "float32" ? new Float32Array(length) : new Float64Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out as ReturnType<typeof concatenate<A>>;
}
