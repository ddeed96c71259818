import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import jsdoc from "eslint-plugin-jsdoc";
import tseslint from "typescript-eslint";
import { relative } from "node:path";
import { defaultExport, inexactMath, inexactPower, kernelStyle, noAccessorInLoop, unseeded } from "./tooling/eslint-config/bans.mjs";
import { packageFolders, publicSources } from "./tooling/scripts/subpaths.mjs";

const source = ["packages/*/src/**/*.ts"];
// what index.ts re-exports from: its functions are documented in full
const published = packageFolders.flatMap((folder) =>
  publicSources(folder).map((path) => `${relative(import.meta.dirname, folder).replaceAll("\\", "/")}/${path}`),
);

export default defineConfig(
  globalIgnores(["**/dist/", "**/generated/", "**/assembly/", "**/build/", "**/.vitepress/", "**/*.d.ts", "**/.cache/", "report/"]),
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["**/*.mjs", "**/*.cjs"],
    languageOptions: {
      globals: Object.fromEntries(
        "Buffer URL WebAssembly clearTimeout console module performance process setTimeout".split(" ").map((name) => [name, "readonly"]),
      ),
    },
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { subquad: { rules: { "no-accessor-in-loop": noAccessorInLoop } } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-non-null-assertion": "off", // x[i]! is how an inner loop reads a typed array
      "@typescript-eslint/unbound-method": "off", // our objects are closures; classes with `this` are the exception
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", destructuredArrayIgnorePattern: "^_" }],
      "max-lines": ["error", { max: 250, skipBlankLines: false, skipComments: false }],
      "no-console": "error",
      "no-eval": "error",
      "no-new-func": "error",
      "no-restricted-imports": [
        "error",
        { paths: ["cwise", { name: "ndarray-ops", message: "Only linalg-core/src/ops.ts bridges it: it compiles code from strings." }] },
      ],
      "no-restricted-properties": ["error", ...unseeded],
      "no-restricted-syntax": ["error", defaultExport],
      "subquad/no-accessor-in-loop": "error",
    },
  },
  {
    files: source,
    rules: {
      "no-restricted-properties": ["error", ...unseeded, ...inexactMath],
      "no-restricted-syntax": ["error", defaultExport, ...inexactPower],
    },
  },
  {
    files: source,
    plugins: { jsdoc },
    settings: { jsdoc: { mode: "typescript" } },
    rules: {
      "jsdoc/no-types": "error",
      "jsdoc/check-alignment": "error",
      "jsdoc/check-param-names": ["error", { checkDestructured: false, disableMissingParamChecks: true }],
      "jsdoc/check-tag-names": ["error", { definedTags: ["complexity", "source"] }],
    },
  },
  {
    files: published,
    rules: {
      "jsdoc/require-jsdoc": ["error", { publicOnly: true, require: { FunctionDeclaration: true, ClassDeclaration: true } }],
      "jsdoc/require-description": "error",
    },
  },
  {
    files: ["packages/*/src/kernels/**/*.ts"],
    rules: {
      "max-lines": "off",
      "no-restricted-syntax": ["error", defaultExport, ...inexactPower, ...kernelStyle],
    },
  },
  { files: ["packages/linalg-core/src/ops.ts"], rules: { "no-restricted-imports": "off" } },
  {
    files: ["**/test/**/*.ts", "tooling/test-kit/src/**/*.ts"],
    rules: { "max-lines": "off", "subquad/no-accessor-in-loop": "off" },
  },
  { files: ["apps/**/*.ts"], rules: { "no-console": "off" } },
  { files: ["**/*.config.{ts,mts,mjs}"], rules: { "no-restricted-syntax": "off" } },
);
