/** The heads that the attention cases run on. */
import { loadDataset, type AttentionHeads, type HeadArrays } from "@subquad/datasets";
import type { NdArray } from "@subquad/linalg-core";
import type { CaseContext } from "../../src/case.js";
import type { AttentionTask } from "../../rivals/rival.js";
import { gaussian } from "../gaussian.js";
import type { AttentionInput } from "./attention-input.js";

/**
 * Heads of the text recogniser.
 * @param context of the run.
 * @param n rows.
 * @param which "layer.head" for one head, "layer l" for all heads of a layer in one call.
 * @returns the input, shape [n, 15] or [8, n, 15].
 */
export async function ocrHeads(context: CaseContext, n: number, which: string): Promise<AttentionInput> {
  const data = await context.once(`data/ppocr-heads/${n}`, () => loadDataset("ppocr-heads", { n }));
  return fromDataset(data, which);
}

/**
 * One head of the causal character model.
 * @param context of the run.
 * @param n rows, at most 1024.
 * @param which "layer.head".
 * @returns the input, shape [n, 32].
 */
export async function gptHead(context: CaseContext, n: number, which: string): Promise<AttentionInput> {
  const data = await context.once(`data/gpt-heads/${n}`, () => loadDataset("gpt-heads", { n }));
  return fromDataset(data, which);
}

/**
 * A head without structure: Q, K and V standard normal, so that scores are standard normal too.
 * @param context of the run.
 * @param n rows.
 * @param d columns.
 * @returns the input, shape [n, d].
 */
export function gaussianHead({ seed }: CaseContext, n: number, d: number): AttentionInput {
  const make = (name: string): NdArray => gaussian(seed, `attention/${name}/${d}`, n, d);
  const arrays = { Q: make("Q"), K: make("K"), V: make("V") };
  return inputOf(arrays, [arrays], [`gaussian/${n}/${d}`], false);
}

function fromDataset(data: AttentionHeads, which: string): AttentionInput {
  const { name, n, causal } = data;
  const layer = /^layer (\d)$/.exec(which)?.[1];
  const chosen = data.heads.filter((head) => (layer === undefined ? head.id === which : head.layer === Number(layer)));
  if (chosen.length === 0) throw new Error(`no head "${which}" in ${name}`);
  const arrays = layer === undefined ? chosen[0]! : data.layers[Number(layer)]!;
  const names = chosen.map(({ id }) => `${name}/${n}/${id}`);
  return inputOf(arrays, chosen, names, causal);
}

function inputOf(
  { Q: q, K: k, V: v }: HeadArrays,
  heads: readonly HeadArrays[],
  names: readonly string[],
  causal: boolean,
): AttentionInput {
  return { q, k, v, names, tasks: heads.map((head) => taskOf(head, causal)) };
}

function taskOf({ Q, K, V }: HeadArrays, causal: boolean): AttentionTask {
  const [n, d] = Q.shape as [number, number];
  return { n, d, causal, scale: 1 / Math.sqrt(d), Q: packed(Q), K: packed(K), V: packed(V) };
}

/** The numbers of a row-major array, without a copy. */
function packed({ data, offset, shape }: NdArray): Float32Array {
  return (data as Float32Array).subarray(offset, offset + shape.reduce((product, length) => product * length, 1));
}
