// Setup of the project node-without-codegen: a flag that is not in force would make its tests say nothing.
let isRefused = false;
try {
  new Function("return 1")();
} catch {
  isRefused = true;
}
if (!isRefused) throw new Error("node-without-codegen: --disallow-code-generation-from-strings does not hold");
