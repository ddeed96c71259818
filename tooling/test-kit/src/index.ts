export { withoutCodeGeneration, withoutWebAssembly } from "./environment.js";
export { fromNested, pack, plain, takeRows, type FloatStore, type PlainArray, type Strided } from "./arrays.js";
export { layouts, strided, type Layout } from "./strided.js";
export { gaussianArray, testRandom, type TestRandom } from "./random.js";
export { twoTermDot } from "./two-term.js";
export { maxUlpDistance, ulpDistance, type Precision } from "./ulp.js";
export { matmulMagnitude, matmulOracle, type MatmulOracleOptions } from "./matmul.js";
export { softmaxOracle } from "./softmax.js";
export { choleskyOracle, choleskySolveOracle } from "./cholesky.js";
export { attentionOracle, type AttentionOracleOptions, type AttentionOracleResult } from "./attention.js";
export { gaussianKernelOracle, nystromKernelOracle, nystromSmootherOracle, type NystromOracleOptions } from "./nystrom.js";
export {
  channelScale,
  checkCertificate,
  rowErrors,
  shareAbove,
  type CheckableCertificate,
  type ErrorUnit,
  type RowVerdict,
} from "./certificate.js";
export { meanAttention } from "./mean-attention.js";
export { uniformAttention } from "./uniform-attention.js";
export { generalMatrix, matrixSizes, matrixTypes, symmetricMatrix, ulpOf, type MatrixOptions, type MatrixType } from "./matrix-types.js";
export {
  choleskyRatio,
  difference,
  frobenius,
  largestColumnSum,
  luRatio,
  orthogonalityRatio,
  permuted,
  qrRatio,
  solveRatio,
  spectralRatio,
} from "./factor-ratios.js";
export { distanceThrough, exactCondition, exactInverse, exactLeastSquares, exactSolve, type ExactMatrix } from "./exact-solve.js";
export { eigenvaluesOracle, singularValuesOracle } from "./jacobi-values.js";
export { embeddingValuesOracle } from "./embedding-values.js";
export {
  backwardErrorOracle,
  verifyCholesky,
  verifyEigSymmetric,
  verifyLeastSquares,
  verifyLu,
  verifyQr,
  verifySolve,
  verifySvd,
  type FactorVerdict,
} from "./verify-factors.js";
