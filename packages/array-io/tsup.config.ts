import { defineConfig } from "tsup";

export default defineConfig({
  // entries are written by tooling/scripts/sync-exports.mjs
  entry: {
    index: "src/index.ts",
    "matrix-market": "src/matrix-market.ts",
    npy: "src/npy.ts",
    npz: "src/npz.ts",
    "open-npy": "src/open-npy.ts",
    safetensors: "src/safetensors.ts",
    "write-matrix-market": "src/write-matrix-market.ts",
    "write-npy": "src/write-npy.ts",
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
