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
export { weakest, type Certificate } from "./certificate.js";
export { cholesky, type CholeskyOptions, type CholeskyResult } from "./dense/cholesky.js";
export {
  eigSymmetric,
  eigSymmetricAsync,
  type EigSymmetricOptions,
  type EigSymmetricResult,
  type UnconvergedEigen,
} from "./dense/eig-symmetric.js";
export { matmul, matmulAsync, type MatmulOptions } from "./dense/matmul.js";
export { matvec, matvecAsync, type MatvecOptions } from "./dense/matvec.js";
export { dot, norm, type NormOptions } from "./dense/norm.js";
export { productBound } from "./dense/product-bound.js";
export { backwardError, residual } from "./dense/residual.js";
export { solveTriangular, type SolveTriangularOptions } from "./dense/triangular.js";
export { exp, type ExpOptions } from "./elementwise/exp.js";
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
export { svd, svdAsync, type SvdOptions, type SvdResult } from "./dense/svd.js";
export * from "./errors.js";
export type { LinearOperator } from "./operator.js";
export * from "./options.js";
export type { Plan } from "./plan.js";
export { normalizeSeed, rngFor, type Rng, type Seed } from "./rng.js";
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
