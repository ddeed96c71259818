import { defineConfig } from "tsup";

export default defineConfig({
  // entries are written by tooling/scripts/sync-exports.mjs
  entry: {
    index: "src/index.ts",
    cholesky: "src/dense/cholesky.ts",
    "circular-convolve": "src/transform/circular-convolve.ts",
    exp: "src/elementwise/exp.ts",
    fft: "src/transform/fft.ts",
    fwht: "src/transform/fwht.ts",
    irfft: "src/transform/irfft.ts",
    kernels: "src/kernels.ts",
    math: "src/math.ts",
    matmul: "src/dense/matmul.ts",
    merge: "src/attention/merge.ts",
    ops: "src/ops.ts",
    rfft: "src/transform/rfft.ts",
    rng: "src/rng.ts",
    steps: "src/steps.ts",
    streaming: "src/attention/streaming.ts",
    triangular: "src/dense/triangular.ts",
    worker: "src/worker.ts",
  },
  format: ["esm", "cjs"],
  target: "es2022",
  platform: "neutral",
  dts: { compilerOptions: { ignoreDeprecations: "6.0" } }, // tsup injects baseUrl, which TypeScript 6 deprecates (TS5101)
  sourcemap: true,
  clean: true,
  treeshake: true,
  splitting: true,
  // ops.ts requires ndarray-ops at its first call: inlined, so that this works in browsers and under a strict CSP costs nothing at import
  noExternal: ["ndarray-ops"],
  esbuildOptions(options) {
    options.mainFields = ["module", "main"]; // platform "neutral" knows none
  },
});
