/** Whether these tests run where WebAssembly does not exist, as in the project node-without-wasm: tests that speak of it are skipped there. */
export const withoutWebAssembly = typeof WebAssembly === "undefined";

/** Whether code in strings is refused, as in the project node-without-codegen: `ndarray` and `ndarray-ops`, which need it, are no oracle there. */
export const withoutCodeGeneration = refusesCode();

function refusesCode(): boolean {
  try {
    // eslint-disable-next-line no-new-func, @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- asked, to know
    return new Function("return true")() !== true;
  } catch {
    return true;
  }
}
