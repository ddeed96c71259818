/**
 * Plans one head of a call, and leaves it staged in compute memory when it will not run exactly.
 */
import { OptionError } from "@subquad/linalg-core";
import { carriesScale, type Scope } from "@subquad/linalg-core/kernels";
import type { Steps } from "@subquad/linalg-core/steps";
import type { Member } from "./approximate.js";
import type { Call, ResolvedOptions } from "./check.js";
import { callBytes, LARGEST_RANK } from "./cost.js";
import { stageHead, type Head } from "./head.js";
import { exactAtOnce, exactPlan, outOfRange, prepareHead, probeHead, seedProbe } from "./plan.js";
import type { HeadPlan } from "./types.js";
import { leastBound, planSample } from "./verify.js";

export type PlannedHead =
  | { readonly kind: "exact"; readonly plan: HeadPlan; readonly extraPairs: number }
  | { readonly kind: "mean"; readonly plan: HeadPlan; readonly scope: Scope; readonly head: Head }
  | { readonly kind: "nystrom"; readonly plan: HeadPlan; readonly member: Member };

/** The plan of head `index`; `open` gives it a scope of its own. */
export function* planHead(call: Call, index: number, open: () => Scope): Steps<PlannedHead> {
  const { options, shape, dtype, where } = call;
  const { n, m } = shape;
  const exact = (reason: string | undefined): PlannedHead => {
    const rejected = reason === undefined ? [] : [{ method: "nystrom", reason }];
    return { kind: "exact", plan: exactPlan(n, m, rejected), extraPairs: 0 };
  };
  const given = options.plan?.heads[index];
  if (given?.method === "exact") return { kind: "exact", plan: given, extraPairs: 0 };
  const early = reasonForExact(call);
  if (early !== undefined) return exact(early.reason);
  if (!carriesScale(dtype, options.scale)) return exact(`scale ${options.scale} does not fit ${dtype}`);
  const scope = open();
  const head = stageHead(scope, where, call.heads[index]!, shape, dtype, options.scale, options.toleranceUnit);
  if (head.norms.queries < Infinity && (head.queryBox.constant || head.keyBox.constant)) {
    const rejected = [{ method: "nystrom", reason: "scores are constant: one exact row serves all" }];
    return { kind: "mean", scope, head, plan: { method: "mean", pairs: m, rejected } };
  }
  const tooLarge = outOfRange(head);
  if (tooLarge !== undefined) {
    scope.release();
    return exact(tooLarge);
  }
  const least = leastBound(head);
  if (options.method === "auto" && !(least <= options.tolerance)) {
    scope.release();
    return exact(`tolerance ${options.tolerance} is below the round-off of ${dtype}, ${least.toPrecision(2)}`);
  }
  const rank = options.rank ?? given?.rank;
  const prepared = yield* prepareHead(scope, head, index, options.seed, options.rank ?? 0);
  if (given?.rank !== undefined) seedProbe(head, prepared, index, options.seed);
  const asMember = (plan: HeadPlan): PlannedHead => ({ kind: "nystrom", plan, member: { index, scope, head, prepared, plan } });
  if (rank !== undefined) return asMember(given ?? { method: "nystrom", rank, pairs: rank * (n + m), rejected: [] });
  const pooled = call.heads.length > 1 && !options.certifyPerHead;
  const plan = yield* probeHead(scope, head, prepared, {
    tolerance: options.tolerance,
    pooled,
    rows: sampledRows(call.heads.length, n, options),
    seed: options.seed,
    index,
  });
  if (plan.method === "nystrom") return asMember(plan);
  if (options.method === "nystrom") return asMember({ ...plan, method: "nystrom", rank: Math.min(LARGEST_RANK, n + m) });
  scope.release();
  return { kind: "exact", plan, extraPairs: plan.pairs - n * m };
}

/** Rows a head that the first level of the certificate will recompute. */
export function sampledRows(
  heads: number,
  n: number,
  { certifyPerHead, fraction, confidence }: Pick<ResolvedOptions, "certifyPerHead" | "fraction" | "confidence">,
): number {
  const [sharing, failure] = certifyPerHead ? [1, (1 - confidence) / heads] : [heads, 1 - confidence];
  return planSample(sharing, n, fraction, failure).levels[0]?.rows ?? 0;
}

/** Why no head of this call is approximated; undefined when some may be. */
function reasonForExact(call: Call): { readonly reason: string | undefined } | undefined {
  const { options, shape, where } = call;
  if (options.method === "exact") return { reason: undefined };
  if (shape.n * shape.m * shape.e === 0) return { reason: "there is nothing to approximate" };
  const bytes = callBytes(shape, call.dtype, call.heads.length, options.rank);
  if (options.method === "nystrom") {
    if (bytes > options.maxBytes)
      throw new OptionError(where, "maxBytes", `at least ${bytes} for method "nystrom"; "exact" takes less`, options.maxBytes);
    return undefined;
  }
  const reason = exactAtOnce(shape.n, shape.m, sampledRows(call.heads.length, shape.n, options), options.exactReason);
  if (reason !== undefined) return { reason };
  return bytes > options.maxBytes ? { reason: `${bytes} bytes are more than maxBytes` } : undefined;
}
