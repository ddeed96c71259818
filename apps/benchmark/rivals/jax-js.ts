/** jax-js: kernels synthesised in WebAssembly. Arrays are reference-counted: an operation consumes its arguments, `.ref` keeps one. */
import type { Values } from "../src/case.js";
import { loadPackage, type LoadedPackage } from "./load.js";
import type { Rival } from "./rival.js";

interface JaxArray {
  readonly ref: JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  mul(factor: number): JaxArray;
  blockUntilReady(): Promise<JaxArray>;
  dataSync(): Values;
  dispose(): void;
}
interface Jax {
  readonly numpy: {
    array(values: Values, options?: { readonly dtype: unknown }): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    transpose(a: JaxArray): JaxArray;
    readonly float32: unknown;
    readonly float64: unknown;
  };
  readonly nn: { softmax(scores: JaxArray, axis: number): JaxArray };
  init(device: string): Promise<readonly string[]>;
  defaultDevice(device: string): unknown;
  jit<F>(f: F): F;
}
type Attend = (q: JaxArray, k: JaxArray, v: JaxArray) => JaxArray;

export const jaxJs: Rival = {
  name: "jax-js",
  packages: ["@jax-js/jax"],
  home: ".",
  engine: "wasm",
  licence: "MIT",
  gemmLimit: { float32: 4096, ...("Float16Array" in globalThis ? { float64: 1024 } : {}) }, // its float64 needs Float16Array to exist
  attentionLimit: 4096, // three n x n float32 arrays at 8192 exceed what its heap takes beside the inputs
  async gemm({ m, k, n, A, B }) {
    const { jax, version } = await load();
    const { numpy: np } = jax;
    const dtype = A instanceof Float32Array ? np.float32 : np.float64;
    const a = np.array(A, { dtype }).reshape([m, k]);
    const b = np.array(B, { dtype }).reshape([k, n]);
    return { version, run: () => np.matmul(a.ref, b.ref).blockUntilReady(), ...reading, close: () => { disposeAll(a, b); } }; // prettier-ignore
  },
  async attention({ n, d, Q, K, V, scale }) {
    const { jax, version } = await load();
    const { numpy: np, nn } = jax;
    const [q, k, v] = [Q, K, V].map((values) => np.array(values, { dtype: np.float32 }).reshape([n, d])) as [JaxArray, JaxArray, JaxArray];
    const attend = jax.jit<Attend>((x, y, z) => np.matmul(nn.softmax(np.matmul(x.mul(scale), np.transpose(y)), -1), z));
    return { version, run: () => attend(q.ref, k.ref, v.ref).blockUntilReady(), ...reading, close: () => { disposeAll(q, k, v); } }; // prettier-ignore
  },
};

const reading = {
  read: (output: unknown): Values => (output as JaxArray).ref.dataSync().slice(),
  release: (output: unknown): void => {
    (output as JaxArray).dispose();
  },
};

function disposeAll(...arrays: readonly JaxArray[]): void {
  for (const array of arrays) array.dispose();
}

async function load(): Promise<{ jax: Jax; version: string }> {
  const scope = globalThis as { navigator?: unknown };
  scope.navigator ??= {}; // it asks the browser's global for WebGPU before it settles on WebAssembly
  const { module, version }: LoadedPackage = await loadPackage("@jax-js/jax", ".");
  const jax = module as Jax;
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  return { jax, version };
}
