/**
 * Exact softmax attention as a stream: no n × m matrix.
 *
 *   Q  n × d   queries      K  m × d   keys      V  m × e   values      u  unit round-off of the dtype
 *
 * s_ij = scale ⟨q_i, k_j⟩ + bias_j (+ mask_ij), o_i = Σ_j e^(s_ij) v_j / Σ_j e^(s_ij). Keys pass by in blocks of 192; a row keeps the
 * maximum of its scores so far, and its sums are rescaled when that rises. Inside a block sums are in the dtype, across blocks in float64:
 * plain float32 drifts with m (1e-7 at 2048, 1e-6 at 8192).  Source: arXiv:2205.14135.
 */
import { asArray } from "../array/convert.js";
import { promote } from "../array/cast.js";
import { writeInto } from "../array/out.js";
import type { DType, MatrixInput, NdArray, VectorInput } from "../array/types.js";
import { view } from "../array/view.js";
import type { Certificate } from "../certificate.js";
import { checkCombination } from "../dense/combine.js";
import { NumericsError } from "../errors.js";
import { log } from "../math/log.js";
import { assertKnownOptions } from "../options.js";
import { runtime } from "../runtime/runtime.js";
import { openScope } from "../runtime/scope.js";
import { runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import { take } from "../runtime/transfer.js";
import { attentionPass, KEY_BLOCK, passTiles } from "./pass.js";
import { bytesOf, reals } from "../runtime/dtype-kernels.js";
import { attentionRoundOff, channelBound } from "./round-off.js";
import { assertScale, carriesScale } from "./scale.js";
import { checkShapes, stageKeys, stageQueries, type AttentionShape } from "./stage.js";
import { causalOffset, stageMask } from "./stage-mask.js";

export interface StreamingAttentionOptions {
  /** Multiplies the scores. Of magnitude in [1e-300, 1e300]. Default 1/√d. */
  readonly scale?: number;
  /** Key j is visible to query i iff j <= i + offset; `true` is offset 0. Default false: all keys are. */
  readonly causal?: boolean | { readonly offset: number };
  /** [m] of 0 and 1: 1 keeps the key. Default: all kept. */
  readonly keyMask?: VectorInput;
  /** [m] added to the scores of a key. Default: none. */
  readonly keyBias?: VectorInput;
  /** [n, m]: bytes (Uint8Array) or booleans keep where 1 or true; numbers are added to the scores, −Infinity hiding a pair. Default: none. */
  readonly mask?: MatrixInput;
  /** Where the output goes: [n, e] of its dtype, no two indices on one element, not overlapping Q, K or V. Default: a new array. */
  readonly out?: NdArray;
}

export interface StreamingAttentionResult {
  /** [n, e], the dtype of the inputs; a row that sees no key is 0. */
  readonly output: NdArray;
  /** [n], float64: log Σ_j e^(s_ij); −Infinity for a row that sees no key. */
  readonly logSumExp: NdArray;
  readonly method: "exact";
  /** `bound` ≥ |output − exact| in every entry: round-off alone. */
  readonly certificate: Certificate;
  /** [e], float64: the same for each channel. */
  readonly channelBounds: NdArray;
  readonly diagnostics: { readonly emptyRows: number; readonly rescales: number; readonly arithmetic: DType };
}

/** Scores, and sums of values over a block of keys, must stay below. */
const LARGEST = { float32: 2 ** 120, float64: 2 ** 1020 } as const;
/** Keys must stay below, so that what underflows in a scaled query does not matter: see round-off.ts. */
const LARGEST_KEY = { float32: 2 ** 110, float64: 2 ** 1000 } as const;
const OPTION_NAMES = ["scale", "causal", "keyMask", "keyBias", "mask", "out"];

/**
 * softmax(scale Q Kᵀ + bias + mask) V, row by row.
 *
 * The exact answer at any length; memory does not grow with n m. For bounded scores and long inputs see `attention` of
 * @subquad/attention-approx, which is faster and says how wrong it can be.
 * @param Q shape [n, d]; float32 or float64, any stride. All inputs float32: float32 arithmetic (float64 where scores would overflow).
 * @param K shape [m, d]; likewise.
 * @param V shape [m, e]; likewise. d and e at most 2048.
 * @param options see StreamingAttentionOptions.
 * @returns StreamingAttentionResult; the certificate is of kind "exact": a bound on round-off that holds for every entry.
 * @throws ShapeError when lengths do not agree; OptionError; NonFiniteError naming the index; NumericsError ERR_OVERFLOW when scores leave float64.
 * @complexity n m (d + e) multiply-adds and n m exponentials; extra space O((n + m)(d + e)), 448 KiB a thread.
 * @source arXiv:2205.14135, softmax attention by a running maximum.
 * @example const { output } = await streamingAttention(Q, K, V, { causal: true });
 */
export function streamingAttention(
  Q: MatrixInput,
  K: MatrixInput,
  V: MatrixInput,
  options: StreamingAttentionOptions & RunControl = {},
): Promise<StreamingAttentionResult> {
  const known = [...OPTION_NAMES, "signal", "onProgress", "threads"];
  return runAsync(streamingAttentionSteps("streamingAttention", Q, K, V, options, known), options, "streamingAttention");
}

/** `streamingAttention` on the calling thread: same arguments, same errors, same bits. */
export function streamingAttentionSync(
  Q: MatrixInput,
  K: MatrixInput,
  V: MatrixInput,
  options: StreamingAttentionOptions = {},
): StreamingAttentionResult {
  return runSync(streamingAttentionSteps("streamingAttentionSync", Q, K, V, options, OPTION_NAMES));
}

/** The generator behind both; other algorithms reach it by `yield*`. */
export function* streamingAttentionSteps(
  where: string,
  Q: MatrixInput,
  K: MatrixInput,
  V: MatrixInput,
  options: StreamingAttentionOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<StreamingAttentionResult> {
  assertKnownOptions(where, options, known);
  const q = asArray(Q, `${where}(Q)`);
  const k = asArray(K, `${where}(K)`);
  const v = asArray(V, `${where}(V)`);
  const shape = checkShapes(where, q, k, v);
  const { scale = 1 / Math.sqrt(Math.max(1, shape.d)), out } = options;
  assertScale(where, scale);
  const dtype = promote(q, k, v);
  if (out !== undefined) checkCombination(where, { alpha: 1, beta: 0, out }, [shape.n, shape.e], dtype, [q, k, v]);
  const inputs: Inputs = { where, q, k, v, shape, scale, options, causalOffset: causalOffset(where, options.causal) };
  const result = yield* stream(inputs, dtype);
  if (result !== undefined) return delivered(result, out);
  if (dtype === "float32") {
    const wide = yield* stream(inputs, "float64"); // scores beyond float32: the same in float64
    if (wide !== undefined) return delivered(narrow(wide), out);
  }
  const expected = "|scale| max‖q‖ max‖k‖ + max|bias| and 192 max|v| below 2^1020, max‖k‖ below 2^1000";
  throw new NumericsError("ERR_OVERFLOW", `${where}(Q, K, V): expected ${expected}, got more`, { where, expected });
}

/** The result with its output in the caller's memory, if that was asked for. */
function delivered(result: StreamingAttentionResult, out: NdArray | undefined): StreamingAttentionResult {
  if (out === undefined) return result;
  writeInto(out, result.output.data);
  return { ...result, output: out };
}

interface Inputs {
  readonly where: string;
  readonly q: NdArray;
  readonly k: NdArray;
  readonly v: NdArray;
  readonly shape: AttentionShape;
  readonly scale: number;
  readonly options: StreamingAttentionOptions;
  readonly causalOffset: number | undefined;
}

type Exact = StreamingAttentionResult & { readonly certificate: { readonly kind: "exact" } };

/** The stream in one dtype; undefined when scores could leave its range. */
function* stream(inputs: Inputs, dtype: DType): Steps<Exact | undefined> {
  const { where, q, k, v, shape, scale, options } = inputs;
  const { n, e } = shape;
  if (!carriesScale(dtype, scale)) return undefined;
  const scope = openScope();
  try {
    const queries = stageQueries(scope, where, q, dtype, scale * Math.LOG2E);
    const keys = yield* stageKeys(scope, where, k, v, dtype, options);
    const norms = { queries: queries.largestNorm, keys: keys.largestNorm, bias: keys.largestBias, values: keys.largestValue };
    const mask = options.mask === undefined ? undefined : yield* stageMask(scope, where, options.mask, shape, dtype);
    const bias = norms.bias + (mask?.largest ?? 0);
    const limit = LARGEST[dtype];
    if (!(norms.queries * norms.keys + bias < limit && norms.values * KEY_BLOCK < limit && norms.keys < LARGEST_KEY[dtype]))
      return undefined;

    const { count: tileCount } = passTiles(dtype, n, keys.keySet);
    const out = scope.alloc(n * e * bytesOf(dtype));
    const denominators = scope.alloc(n * 8);
    const maxima = scope.alloc(n * 8);
    const rescales = scope.alloc(tileCount * 4);
    const visibility = {
      ...(inputs.causalOffset === undefined ? {} : { causalOffset: inputs.causalOffset }),
      ...(mask === undefined ? {} : { mask }),
    };
    const records = { denominators, maxima, rescales };
    yield* attentionPass(scope, {
      dtype,
      queryCount: n,
      queries: queries.rows,
      keySet: keys.keySet,
      visibility,
      out,
      clip: keys.clip,
      ...records,
    });

    const { logSumExp, emptyRows } = logSums(n, denominators, maxima);
    const most =
      n === 0
        ? 0
        : runtime()
            .memory.i32.subarray(rescales / 4, rescales / 4 + tileCount)
            .reduce((a, b) => Math.max(a, b), 0);
    const roundOff = attentionRoundOff(dtype, shape, norms.queries * norms.keys + bias, most);
    const size = bytesOf(dtype);
    const [low, high] = [keys.clip.low / size, keys.clip.high / size];
    const channelBounds = Float64Array.from({ length: e }, (_, c) =>
      channelBound(roundOff, reals(dtype)[low + c] ?? 0, reals(dtype)[high + c] ?? 0),
    );
    return {
      output: take(out, [n, e], dtype),
      logSumExp,
      method: "exact",
      certificate: { kind: "exact", bound: Math.max(0, ...channelBounds) },
      channelBounds: view(channelBounds, [e]),
      diagnostics: { emptyRows, rescales: most, arithmetic: dtype },
    };
  } finally {
    scope.release();
  }
}

/** log Σ_j e^(s_ij) from sums of 2^(s − maximum) and the maxima, both in units of log2. */
function logSums(n: number, denominators: number, maxima: number): { readonly logSumExp: NdArray; readonly emptyRows: number } {
  const sums = reals("float64").subarray(denominators / 8, denominators / 8 + n);
  const tops = reals("float64").subarray(maxima / 8, maxima / 8 + n);
  const values = new Float64Array(n);
  let emptyRows = 0;
  for (let i = 0; i < n; i++) {
    const sum = sums[i] ?? 0;
    if (sum === 0) emptyRows++;
    values[i] = sum === 0 ? -Infinity : (tops[i] ?? 0) * Math.LN2 + log(sum);
  }
  return { logSumExp: view(values, [n]), emptyRows };
}

/** The output rounded to float32, which its bounds must count; a constant channel was float32 before. */
function narrow(wide: Exact): StreamingAttentionResult {
  let largest = 0;
  for (const x of wide.output.data) largest = Math.max(largest, Math.abs(x));
  const rounding = largest * 2 ** -24 + 2 ** -150;
  const bounds = Float64Array.from(wide.channelBounds.data, (bound) => (bound === 0 ? 0 : bound + rounding));
  return {
    ...wide,
    output: view(Float32Array.from(wide.output.data), wide.output.shape),
    certificate: { kind: "exact", bound: Math.max(0, ...bounds) },
    channelBounds: view(bounds, wide.channelBounds.shape),
  };
}
