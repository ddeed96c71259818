/**
 * ONNX Runtime, one thread: WebAssembly (`onnxruntime-web`) and machine code (`onnxruntime-node`, AVX-512 where there is one).
 *
 * The threads of the WebAssembly are settled when its first session is made, for the whole process; with two it runs in a worker of its own.
 */
import type { Prepared, Values } from "../src/case.js";
import { loadPackage, locate } from "./load.js";
import { attentionModel, fusedAttentionModel, gemmModel } from "./onnx-model.js";
import type { AttentionTask, Rival } from "./rival.js";

interface Tensor {
  readonly data: Values;
  dispose?(): void;
}
interface Session {
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  release(): Promise<void>;
}
interface Ort {
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
  readonly Tensor: new (type: "float32" | "float64", data: Values, shape: readonly number[]) => Tensor;
  readonly env: { logLevel?: string; readonly wasm: { numThreads?: number } };
}
type PackageName = "onnxruntime-web" | "onnxruntime-node";

const shared = {
  home: "rivals-onnx",
  licence: "MIT",
  gemmLimit: { float32: 4096, float64: 4096 },
  attentionLimit: 8192,
} as const;

export const onnxruntimeWeb: Rival = { ...shared, ...runtime("onnxruntime-web", false), name: "onnxruntime-web", engine: "wasm" };
export const onnxruntimeWebFused: Rival = {
  ...shared,
  ...attentionOnly("onnxruntime-web"),
  name: "onnxruntime-web (fused)",
  engine: "wasm",
};
export const onnxruntimeNode: Rival = { ...shared, ...runtime("onnxruntime-node", false), name: "onnxruntime-node", engine: "native" };
export const onnxruntimeNodeFused: Rival = {
  ...shared,
  ...attentionOnly("onnxruntime-node"),
  name: "onnxruntime-node (fused)",
  engine: "native",
};

/** Two threads; only where no session has been made before. */
export const onnxruntimeWebTwoThreads: Rival = {
  ...shared,
  ...runtime("onnxruntime-web", false, 2),
  name: "onnxruntime-web (2 threads)",
  engine: "wasm",
};

function attentionOnly(name: PackageName): Pick<Rival, "packages" | "attention"> {
  const { packages, attention } = runtime(name, true);
  return { packages, attention };
}

/** Attention by its parts, or as the one operator MultiHeadAttention. */
function runtime(name: PackageName, fused: boolean, threads = 1): Required<Pick<Rival, "packages" | "gemm" | "attention">> {
  return {
    packages: [name],
    async gemm({ m, k, n, A, B }) {
      const { ort, version } = await load(name, threads);
      const double = A instanceof Float64Array;
      const tensor = (values: Values, shape: readonly number[]): Tensor => new ort.Tensor(double ? "float64" : "float32", values, shape);
      const feeds = { a: tensor(A, [m, k]), b: tensor(B, [k, n]) };
      return prepared(await session(ort, name, gemmModel(m, k, n, double)), feeds, "c", version);
    },
    async attention({ n, d, Q, K, V, scale }: AttentionTask) {
      const { ort, version } = await load(name, threads);
      const shape = fused ? [1, n, d] : [n, d];
      const [q, k, v] = [Q, K, V].map((values) => new ort.Tensor("float32", values, shape)) as [Tensor, Tensor, Tensor];
      const model = fused ? fusedAttentionModel(n, d) : attentionModel(n, d, scale);
      return prepared(await session(ort, name, model), { q, k, v }, "o", version);
    },
  };
}

function prepared(running: Session, feeds: Readonly<Record<string, Tensor>>, output: string, version: string): Prepared<Values> {
  return {
    version,
    run: async () => (await running.run(feeds))[output],
    read: (tensor) => (tensor as Tensor).data.slice(),
    release: (tensor) => {
      (tensor as Tensor).dispose?.();
    },
    close: () => running.release(), // an open session keeps native threads alive
  };
}

async function session(ort: Ort, name: PackageName, model: Uint8Array): Promise<Session> {
  const executionProviders = [name === "onnxruntime-web" ? "wasm" : "cpu"];
  const scope = globalThis as { Worker?: unknown };
  const before = scope.Worker;
  try {
    return await ort.InferenceSession.create(model, {
      executionProviders,
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    });
  } finally {
    if (before === undefined) delete scope.Worker; // it sets Node's Worker as a global, which others take for a browser's
  }
}

/**
 * Both packages register their engine as "cpu" in a module that they share, and the first to come keeps the name: machine code must be loaded
 * first, or its sessions run the WebAssembly engine.
 */
async function load(name: PackageName, threads: number): Promise<{ ort: Ort; version: string }> {
  if (name === "onnxruntime-web" && threads === 1 && locate("onnxruntime-node", "rivals-onnx"))
    await loadPackage("onnxruntime-node", "rivals-onnx").catch(() => undefined);
  const { module, version } = await loadPackage(name, "rivals-onnx");
  const ort = "InferenceSession" in (module as object) ? (module as Ort) : (module as { default: Ort }).default;
  ort.env.logLevel = "error";
  if (name === "onnxruntime-web") ort.env.wasm.numThreads = threads; // must stand before the first session
  return { ort, version };
}
