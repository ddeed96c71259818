export { denseCopy, dtypeOf, promote } from "./array/cast.js";
export { assertFinite } from "./array/check.js";
export { array, asArray, type ArrayOptions } from "./array/convert.js";
export { copy, toNested, type CopyOptions } from "./array/copy.js";
export { full, identity, zeros, type CreateOptions } from "./array/create.js";
export type {
  ArrayInput,
  DType,
  ForeignMatrix,
  MatrixInput,
  NdArray,
  NdArrayLike,
  NdData,
  TypedArray,
  VectorInput,
} from "./array/types.js";
export { column, reshape, row, slice, transpose, view, type Range } from "./array/view.js";
export { mergeAttention, type AttentionPart } from "./attention/merge.js";
export {
  streamingAttention,
  streamingAttentionSync,
  type StreamingAttentionOptions,
  type StreamingAttentionResult,
} from "./attention/streaming.js";
export { packSigns, type PackedSigns } from "./bits/pack-signs.js";
export { signProducts, signProductsAsync, type SignProductsOptions } from "./bits/sign-products.js";
export { weakest, type Certificate } from "./certificate.js";
export { cholesky, choleskyAsync, type CholeskyOptions, type CholeskyResult } from "./dense/cholesky.js";
export { conditionBound } from "./dense/condition-bound.js";
export { conditionEstimate, type ConditionEstimateOptions, type ConditionEstimateResult } from "./dense/condition.js";
export type { EigenRange } from "./dense/eig-range.js";
export {
  eigSymmetric,
  eigSymmetricAsync,
  type EigSymmetricOptions,
  type EigSymmetricResult,
  type UnconvergedEigen,
} from "./dense/eig-symmetric.js";
export { gram, gramAsync, type GramOptions } from "./dense/gram.js";
export {
  leastSquares,
  leastSquaresAsync,
  pseudoInverse,
  type LeastSquaresOptions,
  type LeastSquaresResult,
  type PseudoInverseOptions,
  type PseudoInverseResult,
} from "./dense/least-squares.js";
export { lu, luAsync, type LuOptions, type LuResult, type LuSolveOptions } from "./dense/lu.js";
export { matmul, matmulAsync, type MatmulOptions } from "./dense/matmul.js";
export { matvec, matvecAsync, type MatvecOptions } from "./dense/matvec.js";
export { dot, norm, type NormOptions } from "./dense/norm.js";
export { planMatmul, type MatmulPlan, type PlanMatmulOptions } from "./dense/plan-matmul.js";
export { productBound } from "./dense/product-bound.js";
export { qr, qrAsync, type QrOptions, type QrResult } from "./dense/qr.js";
export { backwardError, residual } from "./dense/residual.js";
export { solve, solveAsync, type SolveOptions, type SolveResult } from "./dense/solve.js";
export { svd, svdAsync, type SvdOptions, type SvdResult } from "./dense/svd.js";
export { solveTriangular, type SolveTriangularOptions } from "./dense/triangular.js";
export { exp, type ExpOptions } from "./elementwise/exp.js";
export { logSumExpRows, softmaxRows, type LogSumExpRowsOptions, type SoftmaxRowsOptions } from "./elementwise/softmax.js";
export * from "./errors.js";
export {
  conjugateGradient,
  conjugateGradientSync,
  type ConjugateGradientOptions,
  type ConjugateGradientResult,
} from "./iterative/conjugate-gradient.js";
export { expAction, expActionSync, type ExpActionOptions, type ExpActionResult } from "./iterative/exp-action.js";
export { lanczos, lanczosSync, type LanczosOptions, type LanczosResult } from "./iterative/lanczos.js";
export { lsqr, lsqrSync, type LsqrOptions, type LsqrResult } from "./iterative/lsqr.js";
export {
  spectrumInterval,
  spectrumIntervalSync,
  type SpectrumIntervalOptions,
  type SpectrumIntervalResult,
} from "./iterative/spectrum-interval.js";
export type { LinearOperator } from "./operator.js";
export * from "./options.js";
export type { Plan } from "./plan.js";
export { normalizeSeed, rngFor, type Rng, type Seed } from "./rng.js";
export type { RowBlockSource } from "./row-block-source.js";
export { backend, closePool, configure, ready, releaseMemory, type BackendReport, type ConfigureOptions } from "./runtime/environment.js";
export type { RunControl } from "./runtime/steps.js";
export {
  csr,
  csrFromDense,
  csrFromTriplets,
  csrToDense,
  isCsr,
  type CsrFromDenseOptions,
  type CsrLike,
  type CsrMatrix,
} from "./sparse/csr.js";
export { selectColumns, selectRows } from "./sparse/select.js";
export { circularConvolve, circularConvolveAsync } from "./transform/circular-convolve.js";
export { fft, fftAsync, type FftOptions } from "./transform/fft.js";
export { fwht, fwhtAsync, type FwhtOptions } from "./transform/fwht.js";
export { irfft, irfftAsync, type SpectrumInput } from "./transform/irfft.js";
export { rfft, rfftAsync, type RfftOptions } from "./transform/rfft.js";
export type { Spectrum } from "./transform/spectrum.js";
