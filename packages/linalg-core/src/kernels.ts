/**
 * The compute layer for packages that bring an algorithm of their own. Not covered by semver.
 *
 * Operands are staged in compute memory inside a scope; passes are generators for `runSync` and `runAsync` of the steps subpath.
 */
export { gather } from "./array/cast.js";
export { asMatrix, asSquareMatrix, vectorEntries } from "./array/operands.js";
export { expGemm, expGemmSync, type ExpGemmOptions } from "./attention/exp-gemm.js";
export {
  attentionPass,
  exponentialPass,
  freeKeySet,
  LARGEST_WIDTH,
  packKeySet,
  paddedKeys,
  paddedWidth,
  passTiles,
  type KeyRows,
  type KeySet,
  type Pass,
  type Visibility,
} from "./attention/pass.js";
export { bytesOf, callKernel, reals, runTiles } from "./runtime/dtype-kernels.js";
export { attentionRoundOff, channelBound, type RoundOff } from "./attention/round-off.js";
export { assertScale, carriesScale } from "./attention/scale.js";
export { causalOffset, readMask } from "./attention/stage-mask.js";
export { checkShapes, stageRows, type AttentionShape } from "./attention/stage.js";
export { allocOperand, multiplyOperands, packOperand, type Operand, type OperandSource } from "./dense/packed-product.js";
export { readOperand, withScope, type ReadOperand } from "./iterative/operand.js";
export { EXP2_FLOOR, HIDDEN_SCORE, SCRATCH_BYTES, type ComputeMemory } from "./kernels/abi.js";
export type { KernelGroup } from "./kernels/group.js";
export { attentionKernels } from "./kernels/attention.js";
export { coreKernels } from "./kernels/core.js";
export { elementwiseKernels } from "./kernels/elementwise.js";
export { factorKernels } from "./kernels/factor.js";
export { sketchKernels } from "./kernels/sketch.js";
export { streamState } from "./rng.js";
export { kernelsOf, runtime, type Runtime } from "./runtime/runtime.js";
export { secondsPerUnit } from "./runtime/rates.js";
export { exponentOf, powerOfTwo, scaleByPowerOfTwo } from "./math/bits.js";
export { asOperator, isLinearOperator, type CheckedOperator } from "./operator.js";
export { openScope, type Scope } from "./runtime/scope.js";
export { asCsr, assertCsrFinite } from "./sparse/structure.js";
export { place, take } from "./runtime/transfer.js";
