/**
 * Certificates: how wrong an answer can be, recomputed from the answer.
 *
 *   bound       the quantity that `norm` names is at most this; in units of the answer unless `norm` says "relative"
 *   fraction    the share of rows that may lie outside `bound`
 *   confidence  probability over the seed with which the statement holds
 *
 * A certificate that the true error exceeds is the worst bug this project can have: where two certificates are joined, each part of the
 * joint statement must follow from the two.  Source: Subquad's own convention; confidences add by the union bound.
 */
import { OptionError } from "./errors.js";
import { assertOneOf } from "./options.js";

export type Certificate =
  /** Round-off only. */
  | { readonly kind: "exact"; readonly bound: number }
  /** Holds on every input; the proof is in the doc of the function that gave it. */
  | { readonly kind: "deterministic"; readonly bound: number; readonly norm: string }
  /** Holds if the stated condition does. */
  | { readonly kind: "conditional"; readonly bound: number; readonly norm: string; readonly condition: string }
  /** Holds for all but `fraction` of the rows, with this confidence over the seed. */
  | { readonly kind: "statistical"; readonly bound: number; readonly norm: string; readonly fraction: number; readonly confidence: number }
  /** Best-effort mode only, asked for by name. */
  | { readonly kind: "none"; readonly reason: string };

const KINDS = ["exact", "deterministic", "conditional", "statistical", "none"] as const;

/**
 * The certificate of several answers taken together: the weakest kind among them, the largest bound.
 *
 * exact > deterministic > conditional > statistical > none. Fractions take their maximum, conditions are joined, and a condition that stands
 * beside a statistical part moves into `norm`. Confidences: 1 − Σ(1 − confidence), at least 0, since all statements must hold at once.
 * @param certificates any number; none at all is exact with bound 0.
 * @returns a Certificate that follows from the given ones.
 * @throws OptionError when two of them bound different norms: there is no joint bound then; or for something that is no certificate.
 * @complexity O(number of certificates).
 * @source Boole's inequality for the confidences; otherwise Subquad's own convention.
 * @example weakest([{ kind: "exact", bound: 1e-15 }, { kind: "deterministic", bound: 1e-3, norm: "max" }]) // -> the second
 */
export function weakest(certificates: readonly Certificate[]): Certificate {
  const norms = new Set<string>(),
    conditions = new Set<string>(),
    reasons = new Set<string>();
  let bound = 0,
    fraction = 0,
    doubt = 0,
    statistical = false;
  const given: unknown = certificates;
  if (!Array.isArray(given)) throw new OptionError("weakest", "certificates", "an array", given);
  for (const certificate of certificates) {
    assertOneOf("weakest", { "certificates.kind": (certificate as Certificate | undefined)?.kind }, KINDS);
    if (certificate.kind === "none") {
      reasons.add(certificate.reason);
      continue;
    }
    bound = Math.max(bound, certificate.bound); // a NaN stays: it must not look like a proof
    if (certificate.kind !== "exact") norms.add(certificate.norm);
    if (certificate.kind === "conditional") conditions.add(certificate.condition);
    if (certificate.kind === "statistical") {
      statistical = true;
      fraction = Math.max(fraction, certificate.fraction);
      doubt += 1 - certificate.confidence;
    }
  }
  if (reasons.size > 0) return { kind: "none", reason: [...reasons].join("; ") };
  if (norms.size > 1) throw new OptionError("weakest", "certificates", "bounds in one norm", [...norms]);
  const condition = [...conditions].join(" and ");
  for (const norm of norms) {
    if (statistical) {
      const stated = condition === "" ? norm : `${norm}, provided that ${condition}`;
      return { kind: "statistical", bound, norm: stated, fraction, confidence: Math.max(0, 1 - doubt) };
    }
    return condition === "" ? { kind: "deterministic", bound, norm } : { kind: "conditional", bound, norm, condition };
  }
  return { kind: "exact", bound };
}
