/**
 * Runs a function of one head over every leading index of [.., n, d] arrays.
 */
import { count, matrixShape, pack, plain, type PlainArray, type Strided } from "./arrays.js";

/** One head: packed float64 matrices. */
export interface Head {
  readonly n: number;
  readonly m: number;
  readonly d: number;
  readonly dv: number;
  /** Position among the query heads. */
  readonly index: number;
  readonly Q: Float64Array;
  readonly K: Float64Array;
  readonly V: Float64Array;
}

/**
 * Stacks what `answer` returns for every head. Query head t reads key head ⌊t · h_k / h_q⌋, so that grouped queries work.
 * @param where name for messages.
 * @param Q shape [.., h_q, n, d] or [n, d].
 * @param K shape [.., h_k, m, d], h_q a multiple of h_k.
 * @param V shape [.., h_k, m, dv].
 * @param rows how many rows an answer has.
 * @param answer returns the answer of one head, row-major [rows, dv].
 * @returns shape [.., h_q, rows, dv].
 */
export function overHeads(
  where: string,
  Q: Strided,
  K: Strided,
  V: Strided,
  rows: number,
  answer: (head: Head) => Float64Array,
): PlainArray {
  const { lead, n, d } = matrixShape(Q);
  const { lead: keyLead, n: m, d: dk } = matrixShape(K);
  const { lead: valueLead, n: mv, d: dv } = matrixShape(V);
  const heads = count(lead);
  const keyHeads = count(keyLead);
  if (
    dk !== d ||
    mv !== m ||
    keyLead.join() !== valueLead.join() ||
    lead.slice(0, -1).join() !== keyLead.slice(0, -1).join() ||
    heads % keyHeads !== 0
  ) {
    throw new Error(`${where}: shapes [${Q.shape.join(", ")}], [${K.shape.join(", ")}], [${V.shape.join(", ")}] do not fit`);
  }
  const [q, k, v] = [pack(Q), pack(K), pack(V)];
  const out = new Float64Array(heads * rows * dv);
  for (let index = 0; index < heads; index++) {
    const t = Math.floor((index * keyHeads) / heads);
    const head: Head = {
      n,
      m,
      d,
      dv,
      index,
      Q: q.subarray(index * n * d, (index + 1) * n * d),
      K: k.subarray(t * m * d, (t + 1) * m * d),
      V: v.subarray(t * m * dv, (t + 1) * m * dv),
    };
    out.set(answer(head), index * rows * dv);
  }
  return plain(out, [...lead, rows, dv]);
}
