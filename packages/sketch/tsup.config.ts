import { defineConfig } from "tsup";

export default defineConfig({
  // entries are written by tooling/scripts/sync-exports.mjs
  entry: {
    index: "src/index.ts",
    cur: "src/cur.ts",
    distortion: "src/distortion.ts",
    distributions: "src/distributions.ts",
    embed: "src/embed.ts",
    "frequent-directions": "src/frequent-directions.ts",
    interpolative: "src/interpolative.ts",
    "kernel-oracle": "src/kernel-oracle.ts",
    leverage: "src/leverage.ts",
    operator: "src/operator.ts",
    "psd-low-rank": "src/psd-low-rank.ts",
    "psd-oracle": "src/psd-oracle.ts",
    qb: "src/qb.ts",
    "randomized-svd": "src/randomized-svd.ts",
    rng: "src/rng.ts",
    "sample-size": "src/sample-size.ts",
    sampling: "src/sampling.ts",
    steps: "src/steps.ts",
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
