/**
 * The border of a call: inputs and options, checked before any work.
 *
 *   q [h, n, d]    k [h, m, d]    v [h, m, e]    without the leading h for one head
 *
 * Source: Subquad's own convention.
 */
import {
  asArray,
  assertBoolean,
  assertFinite,
  assertInRange,
  assertInteger,
  assertKnownOptions,
  assertOneOf,
  normalizeSeed,
  OptionError,
  promote,
  ShapeError,
  view,
  type DType,
  type NdArray,
} from "@subquad/linalg-core";
import { assertScale, causalOffset, LARGEST_WIDTH, readMask, vectorEntries, type AttentionShape } from "@subquad/linalg-core/kernels";
import { callBytes } from "./cost.js";
import type { AttentionOptions, AttentionPlan, HeadPlan, HeadsInput } from "./types.js";

/** Options that only the exact method takes. */
const SPECIAL = ["causal", "keyMask", "keyBias", "mask"] as const;
type Special = (typeof SPECIAL)[number];

export const OPTION_NAMES = [
  ...(["method", "tolerance", "toleranceUnit", "fraction", "confidence", "onMiss", "certifyPerHead", "scale"] as const),
  ...SPECIAL,
  ...(["rank", "plan", "returnLogSumExp", "maxBytes", "seed"] as const),
] as const satisfies readonly (keyof AttentionOptions)[];

/** Queries, keys and values, of one head or of all. */
export interface HeadInput {
  readonly q: NdArray;
  readonly k: NdArray;
  readonly v: NdArray;
}

/** A checked call. */
export interface Call {
  readonly where: string;
  /** As given. */
  readonly inputs: HeadInput;
  /** Heads in order; [n, d], [m, d], [m, e] each. */
  readonly heads: readonly HeadInput[];
  readonly shape: AttentionShape;
  /** Leading lengths of the output: [] or [h]. */
  readonly leading: readonly number[];
  readonly dtype: DType;
  readonly options: ResolvedOptions;
}

type Defaulted = Omit<AttentionOptions, Special | "rank" | "plan" | "seed">;

export interface ResolvedOptions extends Required<Defaulted>, Pick<AttentionOptions, "rank" | "plan"> {
  readonly seed: string;
  readonly special: Pick<AttentionOptions, Special>;
  /** Why every head of this call runs exactly, if it does. */
  readonly exactReason: string | undefined;
  /** Keys that keyMask keeps; undefined without one. */
  readonly keptKeys: Int32Array | undefined;
}

export function checkCall(
  where: string,
  q: HeadsInput,
  k: HeadsInput,
  v: HeadsInput,
  options: AttentionOptions,
  known: readonly string[],
): Call {
  assertKnownOptions(where, options, known);
  const Q = heads(where, "q", q);
  const K = heads(where, "k", k);
  const V = heads(where, "v", v);
  const leading = Q.shape.slice(0, -2);
  const [n = 0, d = 0] = Q.shape.slice(-2);
  const [m = 0, e = 0] = [K.shape.at(-2), V.shape.at(-1)];
  if (!isOfShape(K, [...leading, m, d])) throw disagreement(where, "k", [...leading, "m", d], "q", Q, K);
  if (!isOfShape(V, [...leading, m, e])) throw disagreement(where, "v", [...leading, m, "e"], "k", K, V);
  const [h = 1] = leading;
  const shape = { n, m, d, e };
  const dtype = promote(Q, K, V);
  const resolved = checkOptions(where, shape, dtype, h, options);
  const perHead = Array.from({ length: h }, (_, t) => ({ q: head(Q, t), k: head(K, t), v: head(V, t) }));
  return { where, inputs: { q: Q, k: K, v: V }, heads: perHead, shape, leading, dtype, options: resolved };
}

/** Names the first entry that is not finite as the caller has it: staging a head finds it sooner, by the head's own index. */
export function assertFiniteInputs({ where, inputs }: Call): void {
  for (const [name, A] of Object.entries(inputs) as [string, NdArray][]) assertFinite(A, `${where}(${name})`);
}

/** Options with their defaults, every range checked. */
export function checkOptions(where: string, shape: AttentionShape, dtype: DType, h: number, options: AttentionOptions): ResolvedOptions {
  const { method = "auto", tolerance = 1e-2, toleranceUnit = "spread", fraction = 0.02, confidence = 0.99 } = options;
  const { certifyPerHead = false, returnLogSumExp = false, maxBytes = 2 ** 31, seed = "0", rank, plan } = options;
  const { scale = 1 / Math.sqrt(Math.max(1, shape.d)), onMiss = method === "nystrom" ? "return" : "exact" } = options;
  assertOneOf(where, { method }, ["auto", "exact", "nystrom"]);
  assertOneOf(where, { toleranceUnit }, ["spread", "range", "absolute"]);
  assertOneOf(where, { onMiss }, ["exact", "return", "throw"]);
  assertInRange(where, { tolerance }, 0, Infinity, { openLow: true, openHigh: true });
  assertInRange(where, { fraction, confidence }, 0, 1, { openLow: true, openHigh: true });
  assertScale(where, scale);
  assertBoolean(where, { certifyPerHead, returnLogSumExp });
  assertInRange(where, { maxBytes }, 0, Infinity, { openLow: true });
  const bytes = callBytes(shape, dtype, 0);
  if (bytes > maxBytes) throw new OptionError(where, "maxBytes", `at least ${bytes}, which method "exact" takes`, maxBytes);
  if (rank !== undefined) {
    if (method !== "nystrom") throw new OptionError(where, "rank", `method "nystrom" to go with it`, method);
    assertInteger(where, { rank }, 1, shape.n + shape.m);
  }
  if (method === "exact") refuseApproximateOptions(where, options);
  const keptKeys = checkMasks(where, shape, options);
  const exactReason = specialReason(where, options);
  if (plan !== undefined) checkPlan(where, plan, shape, h, method, exactReason);
  return {
    ...{ method, tolerance, toleranceUnit, fraction, confidence, onMiss, certifyPerHead, scale, returnLogSumExp, maxBytes },
    ...(rank === undefined ? {} : { rank }),
    ...(plan === undefined ? {} : { plan }),
    seed: normalizeSeed(seed, where),
    special: Object.fromEntries(SPECIAL.filter((name) => options[name] !== undefined).map((name) => [name, options[name]])),
    exactReason,
    keptKeys,
  };
}

/** What a caller wrote must never silently not matter. */
function refuseApproximateOptions(where: string, options: AttentionOptions): void {
  for (const name of ["fraction", "confidence", "onMiss", "certifyPerHead", "seed"] as const) {
    if (options[name] !== undefined) throw new OptionError(where, name, `no ${name} beside method "exact"`, options[name]);
  }
}

/** Shapes of masks and biases, and the keys that are kept; the entries of `keyBias` and `mask` are checked where they are staged. */
function checkMasks(where: string, { n, m }: AttentionShape, options: AttentionOptions): Int32Array | undefined {
  const { causal, keyMask, keyBias, mask } = options;
  causalOffset(where, causal);
  if (keyBias !== undefined) vectorEntries(keyBias, m, `${where}(keyBias)`);
  if (mask !== undefined) readMask(where, mask, { n, m });
  if (keyMask === undefined) return undefined;
  const kept: number[] = [];
  for (const [j, flag] of vectorEntries(keyMask, m, `${where}(keyMask)`).entries()) {
    if (flag === 1) kept.push(j);
    else if (flag !== 0) throw new OptionError(where, "keyMask", `0 or 1 at every key, here at [${j}]`, flag);
  }
  return Int32Array.from(kept);
}

function checkPlan(where: string, plan: unknown, shape: AttentionShape, h: number, method: string, exactReason: string | undefined): void {
  if (method !== "auto") throw new OptionError(where, "plan", `method "auto" to go with it`, method);
  const { shape: planned, heads: plans } = (plan ?? {}) as { readonly shape?: Partial<AttentionPlan["shape"]>; readonly heads?: unknown };
  const { n, m, d, e } = shape;
  const isOfCall =
    planned?.queries === n &&
    planned.keys === m &&
    planned.keyDim === d &&
    planned.valueDim === e &&
    planned.heads === h &&
    Array.isArray(plans) &&
    plans.length === h;
  if (!isOfCall) {
    const expected = `a plan for ${h} heads of q [${n}, ${d}], k [${m}, ${d}] and v [${m}, ${e}]`;
    throw new OptionError(where, "plan", expected, planned ?? plan);
  }
  for (const head of plans as readonly unknown[]) checkHeadPlan(where, head, n + m);
  const methods = (plans as readonly HeadPlan[]).map((head) => head.method);
  if (exactReason !== undefined && methods.some((other) => other !== "exact")) {
    throw new OptionError(where, "plan", `a plan whose heads are exact (${exactReason})`, methods);
  }
}

/** A plan may have been stored and read again: a rank that is none would reach the kernels. */
function checkHeadPlan(where: string, head: unknown, most: number): void {
  const { method, rank, rejected } = (head ?? {}) as { readonly [K in keyof HeadPlan]?: unknown };
  assertOneOf(where, { "plan.heads.method": method }, ["exact", "nystrom", "mean"]);
  if (method === "nystrom") assertInteger(where, { "plan.heads.rank": rank }, 1, most);
  if (!Array.isArray(rejected)) throw new OptionError(where, "plan.heads.rejected", "an array", rejected);
}

/** Why only the exact method can answer a call, if so. */
function specialReason(where: string, options: AttentionOptions): string | undefined {
  const names = SPECIAL.filter((name) => options[name] !== undefined && options[name] !== false);
  const [first] = names;
  if (first === undefined) return undefined;
  if (options.method === "nystrom") throw new OptionError(where, first, `no ${first} beside method "nystrom": use "exact"`, options[first]);
  return `${names.join(", ")}: only exact attention takes it`;
}

/** A matrix, or a stack of matrices. */
function heads(where: string, name: string, input: HeadsInput): NdArray {
  const A = asArray(input, `${where}(${name})`);
  if (A.shape.length !== 2 && A.shape.length !== 3)
    throw new ShapeError(where, name, "shape [rows, columns] or [heads, rows, columns]", A.shape);
  if (A.shape.at(-1)! > LARGEST_WIDTH) throw new ShapeError(where, name, `last length at most ${LARGEST_WIDTH}`, A.shape);
  return A;
}

function isOfShape({ shape }: NdArray, wanted: readonly number[]): boolean {
  return shape.length === wanted.length && shape.every((length, axis) => length === wanted[axis]);
}

function disagreement(
  where: string,
  name: string,
  wanted: readonly (number | string)[],
  other: string,
  { shape }: NdArray,
  A: NdArray,
): ShapeError {
  return new ShapeError(where, name, `shape [${wanted.join(", ")}] to go with ${other} of shape [${shape.join(", ")}]`, A.shape);
}

/** Head t: a view of shape [rows, columns]. */
function head({ data, shape, stride, offset }: NdArray, t: number): NdArray {
  return view(data, shape.slice(-2), stride.slice(-2), offset + (shape.length === 3 ? t * stride[0]! : 0));
}
