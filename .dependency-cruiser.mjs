// What each package's src may import; every other edge is an error. A new package must be added here.
const may = {
  "linalg-core": [],
  sketch: ["linalg-core"],
  "array-io": ["linalg-core"],
  "attention-approx": ["linalg-core", "sketch"],
};
const edges = Object.entries(may).map(([name, allowed]) => ({
  name: `dag-${name}`,
  severity: "error",
  from: { path: `^packages/${name}/src/` },
  to: { path: `^(packages/(?!(${[name, ...allowed].join("|")})/)|apps/|tooling/)` },
}));
const rule = (name, from, to) => ({ name, severity: "error", from, to });

export default {
  forbidden: [
    ...edges,
    rule("package-not-in-the-dag", { path: `^packages/(?!(${Object.keys(may).join("|")})/)` }, {}),
    rule("not-resolvable", {}, { couldNotResolve: true }),
    rule("no-circular", {}, { circular: true }),
    rule("nothing-imports-index", { path: "^packages/([^/]+)/src/" }, { path: "^packages/$1/src/index\\.ts$" }),
    // math/bits apart: powers of two by their bits are what kernels compute with, and it imports nothing itself
    rule(
      "kernels-are-the-bottom",
      { path: "^packages/([^/]+)/src/kernels/" },
      { path: "^packages/$1/src/", pathNot: "^packages/$1/src/(kernels/|generated/|math/(bits|log|normal-quantile)\\.ts$)" },
    ),
    rule(
      "ndarray-ops-only-in-its-bridge",
      { path: "^packages/", pathNot: "^packages/linalg-core/src/ops\\.ts$" },
      { path: "node_modules/(ndarray-ops|cwise)" },
    ),
    rule(
      "seedrandom-only-in-rng",
      { path: "^packages/", pathNot: "^packages/linalg-core/src/rng\\.ts$" },
      { path: "node_modules/seedrandom" },
    ),
    // ops.ts apart: the build inlines the development dependency that it bridges
    rule(
      "no-undeclared",
      { path: "^packages/[^/]+/src", pathNot: "^packages/linalg-core/src/ops\\.ts$" },
      { dependencyTypes: ["npm-no-pkg", "npm-unknown", "npm-dev"] },
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules|/dist/" }, // excluding dist would hide the edges between packages, which resolve there
    tsPreCompilationDeps: true,
    exclude: { path: "assembly/" },
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "default"] },
  },
};
