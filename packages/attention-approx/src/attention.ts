/**
 * Softmax attention to a tolerance, with a certificate.
 *
 *   q [h, n, d]    k [h, m, d]    v [h, m, e]    o_i = Σ_j e^(s_ij) v_j / Σ_j e^(s_ij),  s_ij = scale ⟨q_i, k_j⟩ (+ bias, mask)
 *
 *   1 plan         each head: exact, mean, or nystrom of a rank
 *   2 approximate  the nystrom heads, level by level, until recomputed rows prove the tolerance; a row or head that fails is exact
 *   3 exact        all other heads
 *
 * Source: arXiv:2302.13214 (attention under bounded entries needs less than n m work); arXiv:2205.14135 (exact streaming).
 */
import { NonFiniteError, NotConvergedError, type RunControl } from "@subquad/linalg-core";
import { openScope, type Scope } from "@subquad/linalg-core/kernels";
import { pause, RUN_CONTROL, runAsync, runSync, type Steps } from "@subquad/linalg-core/steps";
import { approximateGroup, type Member } from "./approximate.js";
import { assemble, type GroupVerdict } from "./assemble.js";
import { assertFiniteInputs, checkCall, OPTION_NAMES, type Call } from "./check.js";
import { approximatedOutcome, exactOutcome, meanOutcome, type HeadOutcome } from "./outcome.js";
import { planHead } from "./plan-head.js";
import type { AttentionOptions, AttentionResult, HeadsInput, Refusal } from "./types.js";

/**
 * softmax(scale q kᵀ) v for every head, within a tolerance, or exactly where that is not to be had cheaper.
 *
 * For long inputs whose scores are bounded by some ten; heads that are not so are recognised and run exactly. Below about a thousand rows
 * exact attention is as fast. Causal, masked and biased calls run exactly. The inputs must not change until the promise settles.
 * @param q shape [n, d] or [h, n, d]; float32 or float64, any stride; d at most 2048.
 * @param k shape [m, d] or [h, m, d]; likewise.
 * @param v shape [m, e] or [h, m, e]; likewise, e at most 2048.
 * @param options see AttentionOptions.
 * @returns AttentionResult. Kind "exact": round-off only. Kind "statistical": all but `fraction` of the approximated rows are within `bound`,
 * with probability `confidence` over the seed, by rows recomputed exactly.
 * @throws ShapeError; OptionError; NonFiniteError naming the index; NotConvergedError carrying the result, with onMiss "throw".
 * @complexity exact: n m pairs a head. nystrom of rank r: (200 + 2 r)(n + m)/2 + (258 to 324) m pairs, the last term shared by the heads.
 * @source arXiv:2302.13214, attention of bounded entries by a low-rank factor; the Nyström form and the certificate are ours.
 * @example const { output, method, certificate } = await attention(q, k, v, { tolerance: 1e-2 });
 */
export function attention(
  q: HeadsInput,
  k: HeadsInput,
  v: HeadsInput,
  options: AttentionOptions & RunControl = {},
): Promise<AttentionResult> {
  return runAsync(attentionSteps("attention", q, k, v, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "attention");
}

/** `attention` on the calling thread: same arguments, same errors, same bits. */
export function attentionSync(q: HeadsInput, k: HeadsInput, v: HeadsInput, options: AttentionOptions = {}): AttentionResult {
  return runSync(attentionSteps("attentionSync", q, k, v, options));
}

/** The generator behind both; other algorithms reach it by `yield*`. */
export function* attentionSteps(
  where: string,
  q: HeadsInput,
  k: HeadsInput,
  v: HeadsInput,
  options: AttentionOptions,
  known: readonly string[] = OPTION_NAMES,
): Steps<AttentionResult> {
  const call = checkCall(where, q, k, v, options, known);
  const scopes: Scope[] = [];
  try {
    const result = yield* run(call, () => {
      const scope = openScope();
      scopes.push(scope);
      return scope;
    });
    if (!result.toleranceMet && call.options.onMiss === "throw") {
      const bound = result.bounds.relativeBound.toPrecision(3);
      throw new NotConvergedError(where, result, `expected a bound within the tolerance ${call.options.tolerance}, got ${bound}`);
    }
    return result;
  } catch (error) {
    if (error instanceof NonFiniteError) assertFiniteInputs(call);
    throw error;
  } finally {
    for (const scope of scopes) scope.release();
  }
}

/** A head that runs exactly, why, and the pairs that were spent on finding out. */
interface ExactHead {
  readonly index: number;
  readonly refused: readonly Refusal[];
  readonly extraPairs: number;
}

function* run(call: Call, open: () => Scope): Steps<AttentionResult> {
  const { options, heads } = call;
  const outcomes: HeadOutcome[] = [];
  const members: Member[] = [];
  const exact: ExactHead[] = [];
  const total = 3 * heads.length;
  let start = performance.now();
  for (let index = 0; index < heads.length; index++) {
    yield pause(index, total);
    const planned = yield* planHead(call, index, open);
    if (planned.kind === "exact") exact.push({ index, refused: planned.plan.rejected, extraPairs: planned.extraPairs });
    else if (planned.kind === "mean") outcomes.push(yield* meanOutcome(planned.scope, planned.head, index, planned.plan));
    else members.push(planned.member);
  }
  const clock = { plan: performance.now() - start, approximate: 0, certify: 0, exact: 0 };

  const failure = 1 - options.confidence;
  const groups = options.certifyPerHead ? members.map((member) => [member]) : members.length === 0 ? [] : [members];
  const verdicts: GroupVerdict[] = [];
  let levels = 0;
  let sampledRows = 0;
  for (const group of groups) {
    const result = yield* approximateGroup(call, group, failure / groups.length);
    levels = Math.max(levels, result.levels);
    sampledRows += result.sampledRows;
    clock.approximate += result.milliseconds.approximate;
    clock.certify += result.milliseconds.certify;
    for (const { member, reason } of result.refused) exact.push(refuse(member, reason, 0));
    const { verdict, accepted } = result;
    if (verdict === undefined) continue;
    if (verdict.bound <= options.tolerance || options.onMiss !== "exact") {
      verdicts.push({
        verdict,
        confidence: 1 - failure / groups.length,
        scale: Math.max(0, ...accepted.flatMap(({ member }) => [...member.head.unit])),
      });
      for (const entry of accepted) outcomes.push(approximatedOutcome(call, entry, verdict));
    } else {
      const reason = `bound ${verdict.bound.toPrecision(2)} at rank ${accepted.map(({ rank }) => rank).join(", ")} is above the tolerance`;
      for (const { member, pairs } of accepted) exact.push(refuse(member, reason, pairs));
    }
  }

  start = performance.now();
  for (const [at, { index, refused, extraPairs }] of exact.entries()) {
    yield pause(2 * heads.length + at, total);
    outcomes.push(yield* exactOutcome(call, index, refused, extraPairs));
  }
  clock.exact = performance.now() - start;
  return assemble(call, outcomes, verdicts, { levels, sampledRows, milliseconds: clock });
}

function refuse({ index, scope }: Member, reason: string, extraPairs: number): ExactHead {
  scope.release();
  return { index, refused: [{ method: "nystrom", reason }], extraPairs };
}
