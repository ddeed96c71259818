/**
 * Data sets by name, in Node and in a page. NOTICE.md says where each comes from and under which licence.
 */
import { openSafetensors } from "@subquad/array-io";
import { assertInteger, assertKnownOptions, assertOneOf } from "@subquad/linalg-core";
import { fileBytes, type FileName } from "./files.js";
import { stackHeads, type AttentionHeads, type HeadArrays } from "./heads.js";

/** "ppocr-heads": 16 heads of a text recogniser, d = 15 · "gpt-heads": 8 heads of a small causal character model, d = 32. */
export type DatasetName = "ppocr-heads" | "gpt-heads";

export interface LoadOptions {
  /** Rows: the first n tokens. Default all: 8192 and 1024. */
  readonly n?: number;
  readonly signal?: AbortSignal;
}

interface Source {
  readonly rows: number;
  readonly causal: boolean;
  readonly fileFor: (n: number) => { readonly file: FileName; readonly rows: number };
}

const sources: Readonly<Record<DatasetName, Source>> = {
  "ppocr-heads": {
    rows: 8192,
    causal: false,
    fileFor: (n) =>
      n <= 512 ? { file: "attn-ppocrv4-n512.safetensors", rows: 512 } : { file: "attn-ppocrv4-n8192.safetensors", rows: 8192 },
  },
  "gpt-heads": { rows: 1024, causal: true, fileFor: () => ({ file: "attn-tinygpt-n1024.safetensors", rows: 1024 }) },
};

export const datasetNames = Object.keys(sources) as readonly DatasetName[];

/**
 * Loads a data set, its checksum verified.
 * @param name see DatasetName.
 * @param options see LoadOptions. Of "ppocr-heads", n ≤ 512 comes from a run over 512 tokens, larger n from one over 8192.
 * @returns all heads; see AttentionHeads.
 * @throws OptionError for an unknown name or an n that is not there; Error when the file is not the one that was published.
 */
export async function loadDataset(name: DatasetName, options: LoadOptions = {}): Promise<AttentionHeads> {
  const where = "loadDataset";
  assertOneOf(where, { name }, datasetNames);
  assertKnownOptions(where, options, ["n", "signal"]);
  const { rows: most, causal, fileFor } = sources[name];
  const { n = most, signal } = options;
  assertInteger(where, { n }, 1, most);

  const { file, rows } = fileFor(n);
  signal?.throwIfAborted();
  const tensors = await openSafetensors(await fileBytes(file));
  const read = (key: string) => tensors.read(key, signal ? { signal } : {});
  const layers: HeadArrays[] = [];
  for (const layer of [0, 1]) {
    const [Q, K, V] = await Promise.all([read(`layer${layer}.q`), read(`layer${layer}.k`), read(`layer${layer}.v`)]);
    layers.push({ Q, K, V });
  }
  return stackHeads(name, layers, n, causal, n === rows ? file : `${file}, rows 0 to ${n - 1} of ${rows}`);
}
