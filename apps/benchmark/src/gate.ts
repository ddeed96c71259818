/**
 * The correctness gate: may this answer be shown as right, and is what it claims about itself true?
 */
import type { Case, Contender, Prepared } from "./case.js";
import type { ClaimResult, Status } from "./result.js";

export interface Judgement {
  readonly status: Extract<Status, "ok" | "wrong">;
  readonly reason?: string;
  readonly error?: number;
  readonly claim?: ClaimResult;
}

/** Judges one answer on the very input that is timed afterwards. */
export function judge<I, O>(
  benchCase: Case<I, O>,
  contender: Contender<I, O>,
  prepared: Prepared<O>,
  answer: { readonly output: unknown; readonly values: O },
  truth: { readonly input: I; readonly reference: O },
): Judgement {
  const error = benchCase.error(answer.values, truth.reference, truth.input);
  const allowed = contender.allowedError ?? benchCase.allowedError;
  const claim = verifiedClaim(benchCase, prepared, answer, truth);
  const common = { ...(Number.isFinite(error) ? { error } : {}), ...(claim ? { claim } : {}) };
  if (claim && !claim.holds) {
    const excess = `true error ${short(claim.trueError)}, certified ${short(claim.relativeBound)}`;
    return { status: "wrong", reason: `broken certificate: ${excess}`, ...common };
  }
  if (!(error <= allowed)) return { status: "wrong", reason: `error ${short(error)}, allowed ${short(allowed)}`, ...common };
  return { status: "ok", ...common };
}

function verifiedClaim<I, O>(
  benchCase: Case<I, O>,
  prepared: Prepared<O>,
  answer: { readonly output: unknown; readonly values: O },
  truth: { readonly input: I; readonly reference: O },
): ClaimResult | undefined {
  const claim = prepared.claim?.(answer.output);
  if (!claim || claim.certificate.kind === "none" || !benchCase.verify) return undefined;
  const { method, certificate, relativeBound, toleranceMet, figures } = claim;
  return {
    method,
    certificate,
    relativeBound,
    ...(toleranceMet === undefined ? {} : { toleranceMet }),
    ...(figures ? { figures } : {}),
    ...benchCase.verify(claim, answer.values, truth.reference, truth.input),
  };
}

function short(value: number): string {
  return Number.isNaN(value) ? "not a number" : String(Number(value.toPrecision(3)));
}
