/** Our own attention as contenders: exact, and `auto` at a tolerance. */
import { attention, attentionSync, type AttentionOptions, type AttentionResult } from "@subquad/attention-approx";
import type { CaseContext, Claim, Contender, Prepared, Values } from "../../src/case.js";
import type { AttentionInput } from "./attention-input.js";

const EXACT_ERROR = 1e-5; // float32 round-off of a few thousand terms, in spreads of V, with room

export const exact: Contender<AttentionInput, Values> = {
  name: "exact",
  role: "ours-exact",
  allowedError: EXACT_ERROR,
  prepare: (input, context) => Promise.resolve(prepared(input, { method: "exact" }, context)),
};

/** `auto` at a tolerance in spreads of V. */
export function auto(tolerance: number): Contender<AttentionInput, Values> {
  return {
    name: `auto ${tolerance}`,
    role: "ours",
    allowedError: tolerance,
    prepare: (input, context) => Promise.resolve(prepared(input, { method: "auto", tolerance, seed: context.seed }, context)),
  };
}

function prepared({ q, k, v, tasks }: AttentionInput, own: AttentionOptions, { threads }: CaseContext): Prepared<Values> {
  const options: AttentionOptions = tasks[0]!.causal ? { ...own, causal: true } : own;
  return {
    run: threads === 1 ? () => attentionSync(q, k, v, options) : () => attention(q, k, v, { ...options, threads }),
    read: (result) => (result as AttentionResult).output.data as Values,
    claim: (result) => claimOf(result as AttentionResult, tasks[0]!.n),
  };
}

function claimOf({ method, certificate, toleranceMet, bounds, heads }: AttentionResult, n: number): Claim {
  const spokenOf = heads.map((head, h) => ({ head, from: h * n, to: (h + 1) * n })).filter(({ head }) => head.method !== "exact");
  const ranks = heads.flatMap(({ rank }) => (rank === undefined ? [] : [rank]));
  return {
    method,
    certificate,
    toleranceMet,
    relativeBound: bounds.relativeBound,
    figures: {
      ...(ranks.length > 0 ? { rank: Math.max(...ranks) } : {}),
      fallbackRows: heads.reduce((sum, head) => sum + head.fallbackRows, 0),
    },
    ...(certificate.kind === "statistical" ? { rows: spokenOf.map(({ from, to }) => ({ from, to })) } : {}),
  };
}
