/** The border: inputs and options of a call, checked before any work. */
import {
  asArray,
  denseCopy,
  assertBoolean,
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
import { LARGEST_WIDTH, type AttentionShape } from "@subquad/linalg-core/kernels";
import type { AttentionOptions, AttentionPlan, HeadsInput } from "./types.js";

export const OPTION_NAMES = [
  "method",
  "tolerance",
  "toleranceUnit",
  "fraction",
  "confidence",
  "onMiss",
  "certifyPerHead",
  "scale",
  "causal",
  "keyMask",
  "keyBias",
  "mask",
  "rank",
  "plan",
  "returnLogSumExp",
  "maxBytes",
  "seed",
] as const;
export const CONTROL_NAMES = ["signal", "onProgress", "threads"] as const;

/** A checked call. */
export interface Call {
  readonly where: string;
  /** Heads in order; [n, d], [m, d], [m, e] each. */
  readonly heads: readonly { readonly q: NdArray; readonly k: NdArray; readonly v: NdArray }[];
  readonly shape: AttentionShape;
  /** Leading lengths of the output: [] or [h]. */
  readonly leading: readonly number[];
  readonly dtype: DType;
  readonly options: ResolvedOptions;
  /** Why every head of this call runs exactly, if it does. */
  readonly special: string | undefined;
  /** Keys that keyMask keeps; undefined without one. */
  readonly keptKeys: Int32Array | undefined;
}

export interface ResolvedOptions extends Required<Pick<AttentionOptions, Plain>>, Pick<AttentionOptions, "rank" | "plan"> {
  readonly seed: string;
  /** Options that only the exact method takes. */
  readonly special: Pick<AttentionOptions, Special>;
}
type Plain =
  | "method"
  | "tolerance"
  | "toleranceUnit"
  | "fraction"
  | "confidence"
  | "onMiss"
  | "certifyPerHead"
  | "scale"
  | "returnLogSumExp"
  | "maxBytes";
type Special = "causal" | "keyMask" | "keyBias" | "mask";
const SPECIAL = ["causal", "keyMask", "keyBias", "mask"] as const;

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
  const [h = 1, n = 0, d = 0] = Q.shape;
  const [, m = 0] = K.shape;
  const e = V.shape[2] ?? 0;
  if (K.shape[0] !== h || V.shape[0] !== h)
    throw new ShapeError(where, K.shape[0] !== h ? "k" : "v", `${h} heads as q has`, K.shape[0] !== h ? K.shape : V.shape);
  if (K.shape[2] !== d) throw new ShapeError(where, "k", `last length ${d} as q has`, K.shape);
  if (V.shape[1] !== m) throw new ShapeError(where, "v", `${m} rows as k has`, V.shape);
  const shape = { n, m, d, e };
  const resolved = checkShapeOptions(where, shape, h, options);
  const inputs = Array.from({ length: h }, (_, t) => ({ q: head(Q, t), k: head(K, t), v: head(V, t) }));
  const leading = rank(q) === 2 ? [] : [h];
  return {
    where,
    heads: inputs,
    shape,
    leading,
    dtype: promote(Q, K, V),
    options: resolved,
    special: specialReason(where, options),
    keptKeys: keptKeys(where, options.keyMask, m),
  };
}

function keptKeys(where: string, keyMask: AttentionOptions["keyMask"], m: number): Int32Array | undefined {
  if (keyMask === undefined) return undefined;
  const A = asArray(keyMask, `${where}(keyMask)`);
  if (A.shape.length !== 1 || A.shape[0] !== m) throw new ShapeError(where, "keyMask", `shape [${m}]`, A.shape);
  return Int32Array.from(denseCopy(A, "float64").keys()).filter((j) => A.data[A.offset + j * (A.stride[0] ?? 0)] !== 0);
}

/** Options with their defaults, every range checked. */
export function checkShapeOptions(where: string, shape: AttentionShape, h: number, options: AttentionOptions): ResolvedOptions {
  const {
    method = "auto",
    tolerance = 1e-2,
    toleranceUnit = "spread",
    fraction = 0.02,
    confidence = 0.99,
    certifyPerHead = false,
    returnLogSumExp = false,
    scale = 1 / Math.sqrt(Math.max(1, shape.d)),
    maxBytes = 2 ** 31,
    seed = "0",
    onMiss = method === "nystrom" ? "return" : "exact",
  } = options;
  const { rank: r, plan } = options;
  assertOneOf(where, { method }, ["auto", "exact", "nystrom"]);
  assertOneOf(where, { toleranceUnit }, ["spread", "range", "absolute"]);
  assertOneOf(where, { onMiss }, ["exact", "return", "throw"]);
  assertInRange(where, { tolerance }, 0, Infinity, { openLow: true, openHigh: true });
  assertInRange(where, { fraction, confidence }, 0, 1, { openLow: true, openHigh: true });
  assertInRange(where, { scale }, -Number.MAX_VALUE, Number.MAX_VALUE);
  if (scale === 0) throw new OptionError(where, "scale", "a number other than 0", scale);
  assertInRange(where, { maxBytes }, 0, Infinity, { openLow: true });
  assertBoolean(where, { certifyPerHead, returnLogSumExp });
  if (r !== undefined) {
    if (method !== "nystrom") throw new OptionError(where, "rank", `method "nystrom" to go with it`, method);
    assertInteger(where, { rank: r }, 1, shape.n + shape.m);
  }
  if (plan !== undefined) checkPlan(where, plan, shape, h, method);
  if (method === "exact") refuseApproximateOptions(where, options);
  const special = Object.fromEntries(SPECIAL.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]));
  const sizes = { ...(r === undefined ? {} : { rank: r }), ...(plan === undefined ? {} : { plan }) };
  return {
    method,
    tolerance,
    toleranceUnit,
    fraction,
    confidence,
    onMiss,
    certifyPerHead,
    scale,
    returnLogSumExp,
    maxBytes,
    seed: normalizeSeed(seed),
    special,
    ...sizes,
  };
}

/** What a caller wrote must never silently not matter. */
function refuseApproximateOptions(where: string, options: AttentionOptions): void {
  for (const name of ["fraction", "confidence", "onMiss", "certifyPerHead"] as const) {
    if (options[name] !== undefined) throw new OptionError(where, name, `no ${name} beside method "exact"`, options[name]);
  }
}

function checkPlan(where: string, plan: AttentionPlan, shape: AttentionShape, h: number, method: string): void {
  if (method !== "auto") throw new OptionError(where, "plan", `method "auto" to go with it`, method);
  const { queries, keys, keyDim, valueDim, heads: planned } = plan.shape;
  const same =
    queries === shape.n && keys === shape.m && keyDim === shape.d && valueDim === shape.e && planned === h && plan.heads.length === h;
  if (!same)
    throw new OptionError(where, "plan", `a plan for ${h} heads of q [${shape.n}, ${shape.d}] and v [${shape.m}, ${shape.e}]`, plan.shape);
}

/** Calls that only the exact method can answer. */
function specialReason(where: string, options: AttentionOptions): string | undefined {
  const names = SPECIAL.filter((name) => options[name] !== undefined && options[name] !== false);
  const [first] = names;
  if (first === undefined) return undefined;
  if (options.method === "nystrom") throw new OptionError(where, first, `no ${first} beside method "nystrom": use "exact"`, options[first]);
  return `${names.join(", ")}: only exact attention takes it`;
}

/** [h, rows, columns] view of a matrix or a stack of matrices. */
function heads(where: string, name: string, input: HeadsInput): NdArray {
  const A = asArray(input, `${where}(${name})`);
  const [first = 0, ...rest] = A.shape;
  if (A.shape.length !== 2 && A.shape.length !== 3)
    throw new ShapeError(where, name, "shape [rows, columns] or [heads, rows, columns]", A.shape);
  if ((A.shape.at(-1) ?? 0) > LARGEST_WIDTH) throw new ShapeError(where, name, `last length at most ${LARGEST_WIDTH}`, A.shape);
  return A.shape.length === 3 ? A : view(A.data, [1, first, ...rest], [0, ...A.stride], A.offset);
}

function rank(input: HeadsInput): number {
  return "shape" in input && Array.isArray(input.shape) ? input.shape.length : 2;
}

function head(A: NdArray, t: number): NdArray {
  const [, rows = 0, columns = 0] = A.shape;
  const [step = 0, rowStride = 0, columnStride = 0] = A.stride;
  return view(A.data, [rows, columns], [rowStride, columnStride], rows * columns === 0 ? 0 : A.offset + t * step);
}
