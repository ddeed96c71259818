/**
 * Algorithms as generators, for algorithms built on them: `yield*` reaches the pool, progress and the signal of the outermost call.
 * Not covered by semver.
 */
export { streamingAttentionSteps } from "./attention/streaming.js";
export { expGemmSteps } from "./attention/exp-gemm.js";
export { matmulSteps } from "./dense/matmul.js";
export { circularConvolveSteps } from "./transform/circular-convolve.js";
export { fftSteps } from "./transform/fft.js";
export { irfftSteps } from "./transform/irfft.js";
export { rfftSteps } from "./transform/rfft.js";
export { fwhtSteps } from "./transform/fwht.js";
export { pause, rest, runAsync, runSync, RUN_CONTROL, tiles, type RunControl, type Step, type Steps } from "./runtime/steps.js";
