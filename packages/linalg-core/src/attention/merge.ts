/**
 * Joins attention over disjoint sets of keys.
 *
 *   parts  p = 1 … P: output_p [n, e], lse_p [n] (the log of the sum of weights of part p)
 *
 * With M = max_p lse_p and a_p = e^(lse_p − M): output = Σ_p a_p output_p / Σ_p a_p, lse = M + log Σ_p a_p.  Source: arXiv:2205.14135.
 */
import { asArray } from "../array/convert.js";
import { vectorEntries } from "../array/operands.js";
import { denseCopy, promote } from "../array/cast.js";
import { assertFinite } from "../array/check.js";
import type { MatrixInput, NdArray, VectorInput } from "../array/types.js";
import { view } from "../array/view.js";
import { NonFiniteError, OptionError, ShapeError } from "../errors.js";
import { exp } from "../math/exp.js";
import { log } from "../math/log.js";

export interface AttentionPart {
  /** [n, e]. */
  readonly output: MatrixInput;
  /** [n], natural logarithm; −Infinity where a row saw no key of this part. */
  readonly logSumExp: VectorInput;
}

/**
 * Attention over the union of the parts' keys, from the parts alone.
 *
 * For keys that are split over calls or machines, or for exact keys beside approximated ones. Associative up to round-off.
 * @param parts at least one; all of the same n and e.
 * @returns output [n, e] in float32 when every part is, else float64; logSumExp [n] in float64. A row that no part sees is 0 and −Infinity.
 * @throws OptionError for an empty list; ShapeError when shapes differ; NonFiniteError for NaN or Infinity, −Infinity in a logSumExp apart.
 * @complexity O(P n e).
 * @source arXiv:2205.14135, rescaling of partial softmax sums.
 * @example mergeAttention([await streamingAttention(Q, K1, V1), await streamingAttention(Q, K2, V2)]).output;
 */
export function mergeAttention(parts: readonly AttentionPart[]): { readonly output: NdArray; readonly logSumExp: NdArray } {
  const where = "mergeAttention";
  const given: unknown = parts;
  if (!Array.isArray(given) || given.length === 0) throw new OptionError(where, "parts", "an array of at least one part", given);
  const outputs = parts.map((part, p) => asArray(fieldsOf(where, part, p).output, `${where}(parts[${p}].output)`));
  const [n = 0, e = 0] = outputs[0]?.shape ?? [];
  const values = outputs.map((A, p) => {
    if (A.shape.length !== 2 || A.shape[0] !== n || A.shape[1] !== e) {
      throw new ShapeError(where, `parts[${p}].output`, `shape [${n}, ${e}] as the first part`, A.shape);
    }
    assertFinite(A, `${where}(parts[${p}].output)`);
    return denseCopy(A, "float64");
  });
  const sums = parts.map(({ logSumExp }, p) => logSums(where, `parts[${p}].logSumExp`, logSumExp, n));
  const dtype = promote(...outputs);
  const output = dtype === "float32" ? new Float32Array(n * e) : new Float64Array(n * e);
  const logSumExp = new Float64Array(n).fill(-Infinity);
  const row = new Float64Array(e);
  for (let i = 0; i < n; i++) {
    let M = -Infinity;
    for (const lse of sums) M = Math.max(M, lse[i] ?? -Infinity);
    if (M === -Infinity) continue;
    let total = 0;
    row.fill(0);
    for (let p = 0; p < sums.length; p++) {
      const a = exp((sums[p]?.[i] ?? -Infinity) - M);
      const part = values[p];
      if (a === 0 || part === undefined) continue;
      total += a;
      for (let c = 0; c < e; c++) row[c] = (row[c] ?? 0) + a * (part[i * e + c] ?? 0);
    }
    for (let c = 0; c < e; c++) output[i * e + c] = (row[c] ?? 0) / total;
    logSumExp[i] = M + log(total);
  }
  return { output: view(output, [n, e]), logSumExp: view(logSumExp, [n]) };
}

function fieldsOf(where: string, part: AttentionPart | null, p: number): AttentionPart {
  if (typeof part !== "object" || part === null) throw new OptionError(where, `parts[${p}]`, "{ output, logSumExp }", part);
  return part;
}

function logSums(where: string, name: string, input: VectorInput, n: number): Float64Array {
  const values = vectorEntries(input, n, `${where}(${name})`);
  values.forEach((value, i) => {
    if (!(value < Infinity)) throw new NonFiniteError(where, name, value, [i]);
  });
  return values;
}
