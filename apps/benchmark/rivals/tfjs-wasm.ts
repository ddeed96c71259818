/** TensorFlow.js on its WebAssembly backend: float32, one thread in Node; every tensor is disposed by hand. */
import type { Values } from "../src/case.js";
import { loadPackage } from "./load.js";
import type { Rival } from "./rival.js";

interface Tensor {
  dataSync(): Float32Array;
  dispose(): void;
}
interface Tfjs {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor2d(values: Values, shape: readonly [number, number]): Tensor;
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  mul(a: Tensor, factor: number): Tensor;
  softmax(scores: Tensor): Tensor;
  tidy<T>(f: () => T): T;
}

export const tfjsWasm: Rival = {
  name: "tfjs-wasm",
  packages: ["@tensorflow/tfjs-core", "@tensorflow/tfjs-backend-wasm"],
  home: "rivals-tfjs",
  engine: "wasm",
  licence: "Apache-2.0",
  gemmLimit: { float32: 4096 },
  attentionLimit: 8192,
  async gemm({ m, k, n, A, B }) {
    const { tf, version } = await load();
    const [a, b] = [tf.tensor2d(A, [m, k]), tf.tensor2d(B, [k, n])];
    return { version, run: () => tf.matMul(a, b), ...reading, close: () => { disposeAll(a, b); } }; // prettier-ignore
  },
  async attention({ n, d, Q, K, V, scale }) {
    const { tf, version } = await load();
    const [q, k, v] = [Q, K, V].map((values) => tf.tensor2d(values, [n, d])) as [Tensor, Tensor, Tensor];
    const run = (): Tensor => tf.tidy(() => tf.matMul(tf.softmax(tf.mul(tf.matMul(q, k, false, true), scale)), v));
    return { version, run, ...reading, close: () => { disposeAll(q, k, v); } }; // prettier-ignore
  },
};

const reading = {
  read: (output: unknown): Values => (output as Tensor).dataSync().slice(),
  release: disposeAll as (output: unknown) => void,
};

function disposeAll(...tensors: readonly Tensor[]): void {
  for (const tensor of tensors) tensor.dispose();
}

async function load(): Promise<{ tf: Tfjs; version: string }> {
  const core = await loadPackage("@tensorflow/tfjs-core", "rivals-tfjs");
  const backend = await loadPackage("@tensorflow/tfjs-backend-wasm", "rivals-tfjs");
  const tf = core.module as Tfjs;
  (backend.module as { setWasmPaths(folder: string): void }).setWasmPaths(`${backend.folder}/`);
  await tf.setBackend("wasm");
  await tf.ready();
  return { tf, version: core.version };
}
