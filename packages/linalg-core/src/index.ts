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
export { matmul, matmulAsync, type MatmulOptions } from "./dense/matmul.js";
export { solveTriangular, type SolveTriangularOptions } from "./dense/triangular.js";
export { exp, type ExpOptions } from "./elementwise/exp.js";
export * from "./errors.js";
export * from "./options.js";
export type { Plan } from "./plan.js";
export { normalizeSeed, rngFor, type Rng, type Seed } from "./rng.js";
export type { RowBlockSource } from "./row-block-source.js";
export { backend, closePool, configure, ready, releaseMemory, type BackendReport, type ConfigureOptions } from "./runtime/environment.js";
export type { RunControl } from "./runtime/steps.js";
