/**
 * Algorithms as generators, for algorithms built on them: `yield*` reaches the pool, progress and the signal of the outermost call.
 * Not covered by semver.
 */
export { expGemmSteps } from "./attention/exp-gemm.js";
export { streamingAttentionSteps } from "./attention/streaming.js";
export { signProductsSteps } from "./bits/sign-products.js";
export { choleskySteps } from "./dense/cholesky.js";
export { eigSymmetricSteps } from "./dense/eig-symmetric.js";
export { gramSteps } from "./dense/gram.js";
export { leastSquaresSteps } from "./dense/least-squares.js";
export { luSteps } from "./dense/lu.js";
export { matmulSteps } from "./dense/matmul.js";
export { matvecSteps } from "./dense/matvec.js";
export { qrSteps } from "./dense/qr.js";
export { solveSteps } from "./dense/solve.js";
export { svdSteps } from "./dense/svd.js";
export { conjugateGradientSteps } from "./iterative/conjugate-gradient.js";
export { expActionSteps } from "./iterative/exp-action.js";
export { lanczosSteps } from "./iterative/lanczos.js";
export { lsqrSteps } from "./iterative/lsqr.js";
export { spectrumIntervalSteps } from "./iterative/spectrum-interval.js";
export { pause, rest, runAsync, runSync, RUN_CONTROL, tiles, twoForms, type RunControl, type Step, type Steps } from "./runtime/steps.js";
export { circularConvolveSteps } from "./transform/circular-convolve.js";
export { fftSteps } from "./transform/fft.js";
export { fwhtSteps } from "./transform/fwht.js";
export { irfftSteps } from "./transform/irfft.js";
export { rfftSteps } from "./transform/rfft.js";
