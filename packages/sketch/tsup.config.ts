import { defineConfig } from "tsup";

export default defineConfig({
  // entries are written by tooling/scripts/sync-exports.mjs
  entry: {
    index: "src/index.ts",
    distortion: "src/distortion.ts",
    distributions: "src/distributions.ts",
    embed: "src/embed.ts",
    "entry-bound": "src/entry-bound.ts",
    "exp-features": "src/exp-features.ts",
    "extend-low-rank": "src/extend-low-rank.ts",
    "kernel-oracle": "src/kernel-oracle.ts",
    leverage: "src/leverage.ts",
    "measure-features": "src/measure-features.ts",
    monomials: "src/monomials.ts",
    operator: "src/operator.ts",
    "psd-low-rank": "src/psd-low-rank.ts",
    "psd-oracle": "src/psd-oracle.ts",
    rng: "src/rng.ts",
    "sample-size": "src/sample-size.ts",
    sampling: "src/sampling.ts",
    steps: "src/steps.ts",
    "tensor-sketch": "src/tensor-sketch.ts",
    "tensor-tree": "src/tensor-tree.ts",
  },
  format: ["esm", "cjs"],
  target: "es2022",
  platform: "neutral",
  dts: { compilerOptions: { ignoreDeprecations: "6.0" } }, // tsup injects baseUrl, which TypeScript 6 deprecates (TS5101)
  sourcemap: true,
  clean: true,
  treeshake: true,
  splitting: true,
});
