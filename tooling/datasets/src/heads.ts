/**
 * Attention inputs of a data set, stacked and head by head.
 *
 *   Q, K, V  [heads, n, d]  float32, layer by layer; one head is a view of its part: nothing is copied twice
 */
import { view, type NdArray } from "@subquad/linalg-core";

/** Queries, keys and values: [n, d] each, or [heads, n, d]. */
export interface HeadArrays {
  readonly Q: NdArray;
  readonly K: NdArray;
  readonly V: NdArray;
}

/** One head; its arrays have shape [n, d]. */
export interface AttentionHead extends HeadArrays {
  /** "layer.head", as "1.3". */
  readonly id: string;
  readonly layer: number;
  readonly head: number;
}

/** All heads; `Q`, `K` and `V` are the stacks [heads, n, d] in the order of `heads`. */
export interface AttentionHeads extends HeadArrays {
  readonly name: string;
  readonly n: number;
  readonly d: number;
  /** Whether query i sees only the keys j ≤ i. */
  readonly causal: boolean;
  /** 1/√d: scores are scale · q·k. */
  readonly scale: number;
  readonly heads: readonly AttentionHead[];
  /** The stacks of one layer, [heads of the layer, n, d]. */
  readonly layers: readonly HeadArrays[];
  /** What was read: "attn-ppocrv4-n8192.safetensors, rows 0 to 2047 of 8192". */
  readonly source: string;
}

/** The layers' stacks [heads, rows, d], cut to their first n rows and joined. */
export function stackHeads(name: string, layers: readonly HeadArrays[], n: number, causal: boolean, source: string): AttentionHeads {
  const [perLayer, , d] = layers[0]!.Q.shape as [number, number, number];
  const total = layers.length * perLayer;
  const join = (letter: "Q" | "K" | "V"): Float32Array<ArrayBuffer> => {
    const out = new Float32Array(total * n * d);
    for (const [l, { [letter]: A }] of layers.entries()) {
      const rows = A.shape[1]!;
      for (let h = 0; h < perLayer; h++) out.set(A.data.subarray(h * rows * d, (h * rows + n) * d), (l * perLayer + h) * n * d);
    }
    return out;
  };
  const stacks = { Q: join("Q"), K: join("K"), V: join("V") };
  const part = (first: number, shape: readonly number[]): HeadArrays => {
    const from = (data: Float32Array<ArrayBuffer>): NdArray => view(data, shape, undefined, first * n * d);
    return { Q: from(stacks.Q), K: from(stacks.K), V: from(stacks.V) };
  };
  return {
    name,
    n,
    d,
    causal,
    scale: 1 / Math.sqrt(d),
    ...part(0, [total, n, d]),
    heads: Array.from({ length: total }, (_, index) => {
      const layer = Math.floor(index / perLayer);
      const head = index % perLayer;
      return { id: `${layer}.${head}`, layer, head, ...part(index, [n, d]) };
    }),
    layers: layers.map((_, l) => part(l * perLayer, [perLayer, n, d])),
    source,
  };
}
