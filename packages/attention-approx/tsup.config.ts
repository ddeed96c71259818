import { defineConfig } from "tsup";

export default defineConfig({
  // entries are written by tooling/scripts/sync-exports.mjs
  entry: {
    index: "src/index.ts",
    attention: "src/attention.ts",
    methods: "src/methods.ts",
    "plan-attention": "src/plan-attention.ts",
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
