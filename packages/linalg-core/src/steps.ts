/**
 * Algorithms as generators, for algorithms built on them: `yield*` reaches the pool, progress and the signal of the outermost call.
 * Not covered by semver.
 */
export { streamingAttentionSteps } from "./attention/streaming.js";
export { expGemmSteps } from "./attention/exp-gemm.js";
export { matmulSteps } from "./dense/matmul.js";
export { matvecSteps } from "./dense/matvec.js";
export { pause, rest, runAsync, runSync, RUN_CONTROL, tiles, twoForms, type RunControl, type Step, type Steps } from "./runtime/steps.js";
export { conjugateGradientSteps } from "./iterative/conjugate-gradient.js";
export { expActionSteps } from "./iterative/exp-action.js";
export { lanczosSteps } from "./iterative/lanczos.js";
export { lsqrSteps } from "./iterative/lsqr.js";
export { spectrumIntervalSteps } from "./iterative/spectrum-interval.js";
export { svdSteps } from "./dense/svd.js";
