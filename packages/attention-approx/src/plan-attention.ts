/**
 * What a call would do and cost, before it runs.
 */
import { assertInteger, assertKnownOptions, OptionError, ShapeError, type DType } from "@subquad/linalg-core";
import { LARGEST_WIDTH, openScope, type AttentionShape, type Scope } from "@subquad/linalg-core/kernels";
import { runSync, type Steps } from "@subquad/linalg-core/steps";
import { secondsPerPair } from "./calibrate.js";
import { assertFiniteInputs, checkCall, checkOptions, OPTION_NAMES, type Call } from "./check.js";
import { callBytes, nystromPairs } from "./cost.js";
import { exactPlan } from "./plan.js";
import { planHead, sampledRows } from "./plan-head.js";
import type { AttentionOptions, AttentionPlan, HeadPlan, HeadsInput, ShapeInput } from "./types.js";

const LENGTHS = ["queries", "keys", "keyDim", "valueDim", "heads"] as const satisfies readonly (keyof ShapeInput)[];
/** A plan lists every head. */
const MOST_HEADS = 2 ** 16;

/**
 * The plan of a call: each head's method, rank, predicted error, pairs, and why the other method lost.
 *
 * `attention(q, k, v, { …options, plan })` then runs it without planning again. From a shape alone no rank is known, since it is measured on
 * the data: such a plan is exact, or, with method "nystrom" and a rank, the cost of that.
 * @param input q, k, v as for `attention`, or the lengths of a call.
 * @param options as for `attention`, `plan` apart.
 * @returns AttentionPlan; `predicted.seconds` scales counted pairs by a measurement of a few milliseconds, nothing else reads a clock.
 * @throws what `attention` throws before it starts work.
 * @complexity planning: about 200 (n + m)/2 pairs a head; O(1) from a shape.
 * @source ours.
 * @example const { method, heads, predicted } = planAttention({ q, k, v }, { tolerance: 1e-2 });
 */
export function planAttention(
  input: { readonly q: HeadsInput; readonly k: HeadsInput; readonly v: HeadsInput } | ShapeInput,
  options: AttentionOptions = {},
): AttentionPlan {
  const where = "planAttention";
  const known = OPTION_NAMES.filter((name) => name !== "plan");
  const given: unknown = input;
  if (typeof given !== "object" || given === null) throw new ShapeError(where, "input", "{ q, k, v }, or the lengths of a call", given);
  if ("q" in input) return planData(checkCall(where, input.q, input.k, input.v, options, known));
  assertKnownOptions(where, input, LENGTHS);
  assertKnownOptions(where, options, known);
  const { queries, keys, keyDim, valueDim, heads = 1 } = input;
  assertInteger(where, { queries, keys }, 0, 2 ** 31 - 1);
  assertInteger(where, { keyDim, valueDim }, 0, LARGEST_WIDTH);
  assertInteger(where, { heads }, 0, MOST_HEADS);
  const shape = { n: queries, m: keys, d: keyDim, e: valueDim };
  const resolved = checkOptions(where, shape, "float32", heads, options);
  const { rank } = resolved;
  if (resolved.method === "nystrom" && rank === undefined)
    throw new OptionError(where, "rank", `a rank beside method "nystrom" and a shape: it is measured on the data`, rank);
  const rejected = [{ method: "nystrom", reason: "its rank is measured on the data: pass q, k, v" }];
  const plan: HeadPlan =
    rank === undefined
      ? exactPlan(queries, keys, resolved.method === "exact" ? [] : rejected)
      : { method: "nystrom", rank, pairs: nystromPairs(queries, keys, rank, sampledRows(heads, queries, resolved)), rejected: [] };
  return summary(shape, "float32", Array<HeadPlan>(heads).fill(plan));
}

function planData(call: Call): AttentionPlan {
  assertFiniteInputs(call); // here, since a plan of exact attention reads no data
  const plans = call.heads.map((_, index) => {
    const scopes: Scope[] = [];
    const open = (): Scope => {
      const scope = openScope();
      scopes.push(scope);
      return scope;
    };
    try {
      return runSync(onlyPlan(call, index, open));
    } finally {
      for (const scope of scopes) scope.release();
    }
  });
  return summary(call.shape, call.dtype, plans);
}

function* onlyPlan(call: Call, index: number, open: () => Scope): Steps<HeadPlan> {
  return (yield* planHead(call, index, open)).plan;
}

function summary(shape: AttentionShape, dtype: DType, heads: readonly HeadPlan[]): AttentionPlan {
  const { n, m, d, e } = shape;
  const pairs = heads.reduce((sum, head) => sum + head.pairs, 0);
  const methods = new Set(heads.map(({ method }) => method));
  const [first = "exact"] = methods;
  const approximated = heads.filter(({ method }) => method !== "exact").length;
  const errors = heads.flatMap(({ predictedError }) => (predictedError === undefined ? [] : [predictedError]));
  return {
    method: methods.size > 1 ? "mixed" : first,
    shape: { queries: n, keys: m, keyDim: d, valueDim: e, heads: heads.length },
    heads,
    predicted: {
      ...(errors.length === 0 ? {} : { error: Math.max(...errors) }),
      seconds: pairs * secondsPerPair(dtype, d, e),
      bytes: callBytes(shape, dtype, approximated, Math.max(...heads.map(({ rank = 0 }) => rank), 0)),
    },
    rejected: heads
      .flatMap(({ rejected }) => rejected)
      .filter(({ method, reason }, at, all) => all.findIndex((other) => other.method === method && other.reason === reason) === at),
  };
}
