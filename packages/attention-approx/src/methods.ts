/**
 * The methods by name: `attention` with `method` fixed.
 */
import { assertKnownOptions, type RunControl } from "@subquad/linalg-core";
import { RUN_CONTROL, runAsync, runSync, type Steps } from "@subquad/linalg-core/steps";
import { attentionSteps } from "./attention.js";
import { OPTION_NAMES } from "./check.js";
import type { AttentionOptions, AttentionResult, HeadsInput } from "./types.js";

export type NamedAttentionOptions = Omit<AttentionOptions, "method" | "plan">;

const NAMES = OPTION_NAMES.filter((name) => name !== "method" && name !== "plan");

/**
 * Exact attention of every head, by streaming.
 * @param q as for `attention`.
 * @param k as for `attention`.
 * @param v as for `attention`.
 * @param options as for `attention`; nothing that concerns approximation.
 * @returns AttentionResult with a certificate of kind "exact".
 * @throws ShapeError; OptionError; NonFiniteError.
 * @complexity n m pairs a head.
 * @source arXiv:2205.14135, streaming softmax.
 * @example const { output } = await exactAttention(q, k, v, { causal: true });
 */
export function exactAttention(
  q: HeadsInput,
  k: HeadsInput,
  v: HeadsInput,
  options: NamedAttentionOptions & RunControl = {},
): Promise<AttentionResult> {
  return runAsync(namedSteps("exactAttention", "exact", q, k, v, options, [...NAMES, ...RUN_CONTROL]), options, "exactAttention");
}

/** `exactAttention` on the calling thread: same arguments, same errors, same bits. */
export function exactAttentionSync(q: HeadsInput, k: HeadsInput, v: HeadsInput, options: NamedAttentionOptions = {}): AttentionResult {
  return runSync(namedSteps("exactAttentionSync", "exact", q, k, v, options, NAMES));
}

/**
 * Nyström attention of every head, of the given or a planned rank, with its certificate; `toleranceMet` tells whether it suffices.
 * @param q as for `attention`.
 * @param k as for `attention`.
 * @param v as for `attention`.
 * @param options as for `attention`; `onMiss` is "return" by default.
 * @returns AttentionResult with a certificate of kind "statistical".
 * @throws ShapeError; OptionError, also for masks and biases; NonFiniteError; NotConvergedError with onMiss "throw".
 * @complexity (200 + 2 r)(n + m)/2 pairs and the rows of the certificate.
 * @source arXiv:2302.13214, attention of bounded entries by a low-rank factor; the Nyström form is ours.
 * @example const { output, bounds } = await nystromAttention(q, k, v, { rank: 128 });
 */
export function nystromAttention(
  q: HeadsInput,
  k: HeadsInput,
  v: HeadsInput,
  options: NamedAttentionOptions & RunControl = {},
): Promise<AttentionResult> {
  return runAsync(namedSteps("nystromAttention", "nystrom", q, k, v, options, [...NAMES, ...RUN_CONTROL]), options, "nystromAttention");
}

/** `nystromAttention` on the calling thread: same arguments, same errors, same bits. */
export function nystromAttentionSync(q: HeadsInput, k: HeadsInput, v: HeadsInput, options: NamedAttentionOptions = {}): AttentionResult {
  return runSync(namedSteps("nystromAttentionSync", "nystrom", q, k, v, options, NAMES));
}

/** The name fixes the method, so that an option which says it again is refused. */
function* namedSteps(
  where: string,
  method: "exact" | "nystrom",
  q: HeadsInput,
  k: HeadsInput,
  v: HeadsInput,
  options: NamedAttentionOptions,
  known: readonly string[],
): Steps<AttentionResult> {
  assertKnownOptions(where, options, known);
  return yield* attentionSteps(where, q, k, v, { ...options, method }, [...known, "method"]);
}
