/**
 * Every kernel in plain TypeScript, with the bits of the plain SIMD binary: for engines and pages that refuse WebAssembly.
 *
 * The order of operations, the layouts and the argument blocks are those of assembly/; only speed is not.
 */
import type { ComputeMemory, Kernels } from "../abi.js";
import { attentionTile, exponentialTile, packKeyRows, packKeyTile } from "./attention.js";
import { cholesky, choleskyPivots, choleskyRows, solveColumns, solveTriangular } from "./cholesky.js";
import { columnDots, combineColumns } from "./columns.js";
import { expF32, expF64 } from "./exp.js";
import { exp2Rows } from "./exp2.js";
import { fftColumns, fftRows, fftTransposed, interleave, mergeReal, splitReal } from "./fft.js";
import { fwhtAcrossTile, fwhtTile } from "./fwht.js";
import { multiplyTile, packLeftTile, packRightTile } from "./gemm.js";
import { addRowsTile, rowDotsTile } from "./gemv.js";
import { axpy, dot, householderPanel, reflect, reflectColumns } from "./householder.js";
import { jacobiSweep } from "./jacobi.js";
import { accumulateCentres, assignTile, shrinkDistances } from "./landmarks.js";
import { luPanel } from "./lu.js";
import { float32, float64, type Real } from "./real.js";
import { applyRotations } from "./rotate.js";
import * as rows from "./rows.js";
import { signProducts } from "./signs.js";
import { smallProduct } from "./small-product.js";
import { softmaxRows } from "./softmax.js";
import { multiplySparseTile } from "./spmm.js";

/**
 * The kernels over a memory, whose views may be re-made between calls.
 * @param memory below 2^31 bytes.
 * @returns functions with the names and parameters of the binaries' exports.
 */
export function createJsKernels(memory: ComputeMemory): Kernels {
  const plain =
    <Numbers extends number[], Result>(kernel: (memory: ComputeMemory, ...numbers: Numbers) => Result) =>
    (...numbers: Numbers): Result =>
      kernel(memory, ...numbers);
  const over =
    (real: Real) =>
    <Numbers extends number[], Result>(kernel: (memory: ComputeMemory, real: Real, ...numbers: Numbers) => Result) =>
    (...numbers: Numbers): Result =>
      kernel(memory, real, ...numbers);
  const f32 = over(float32);
  const f64 = over(float64);
  return {
    attentionF32: f32(attentionTile),
    attentionF64: f64(attentionTile),
    exponentialF32: f32(exponentialTile),
    exponentialF64: f64(exponentialTile),
    packKeysF32: f32(packKeyTile),
    packKeysF64: f64(packKeyTile),
    packLeftF32: f32(packLeftTile),
    packLeftF64: f64(packLeftTile),
    packRightF32: f32(packRightTile),
    packRightF64: f64(packRightTile),
    multiplyF32: f32(multiplyTile),
    multiplyF64: f64(multiplyTile),
    rowDotsF32: f32(rowDotsTile),
    rowDotsF64: f64(rowDotsTile),
    addRowsF32: f32(addRowsTile),
    addRowsF64: f64(addRowsTile),
    multiplySparseF32: f32(multiplySparseTile),
    multiplySparseF64: f64(multiplySparseTile),
    assignF32: f32(assignTile),
    assignF64: f64(assignTile),
    fwhtF32: f32(fwhtTile),
    fwhtF64: f64(fwhtTile),
    fwhtAcrossF32: f32(fwhtAcrossTile),
    fwhtAcrossF64: f64(fwhtAcrossTile),
    fftRows: plain(fftRows),
    fftColumns: plain(fftColumns),
    fftTransposed: plain(fftTransposed),
    splitReal: plain(splitReal),
    mergeReal: plain(mergeReal),
    interleave: plain(interleave),
    packKeyRowsF32: f32(packKeyRows),
    packKeyRowsF64: f64(packKeyRows),
    exp2RowsF32: f32(exp2Rows),
    exp2RowsF64: f64(exp2Rows),
    smallProductF32: f32(smallProduct),
    smallProductF64: f64(smallProduct),
    firstNonFiniteF32: f32(rows.firstNonFinite),
    firstNonFiniteF64: f64(rows.firstNonFinite),
    stageRowsF32: f32(rows.stageRows),
    stageRowsF64: f64(rows.stageRows),
    columnRangeF32: f32(rows.columnRange),
    columnRangeF64: f64(rows.columnRange),
    columnSpreadF32: f32(rows.columnSpread),
    columnSpreadF64: f64(rows.columnSpread),
    centerRowsF32: f32(rows.centerRows),
    centerRowsF64: f64(rows.centerRows),
    rowProductsF32: f32(rows.rowProducts),
    rowProductsF64: f64(rows.rowProducts),
    weightRowsF32: f32(rows.weightRows),
    weightRowsF64: f64(rows.weightRows),
    gatherRowsF32: f32(rows.gatherRows),
    gatherRowsF64: f64(rows.gatherRows),
    vectorMaximumF32: f32(rows.vectorMaximum),
    vectorMaximumF64: f64(rows.vectorMaximum),
    shrinkDistancesF32: f32(shrinkDistances),
    shrinkDistancesF64: f64(shrinkDistances),
    accumulateCentresF32: f32(accumulateCentres),
    accumulateCentresF64: f64(accumulateCentres),
    cholesky: plain(cholesky),
    choleskyPivots: plain(choleskyPivots),
    choleskyRows: plain(choleskyRows),
    luPanel: plain(luPanel),
    solveColumns: plain(solveColumns),
    solveTriangular: plain(solveTriangular),
    columnDots: plain(columnDots),
    combineColumns: plain(combineColumns),
    jacobiSweep: plain(jacobiSweep),
    reflectColumns: plain(reflectColumns),
    applyRotations: plain(applyRotations),
    householderPanel: plain(householderPanel),
    reflect: plain(reflect),
    dot: plain(dot),
    axpy: plain(axpy),
    expF32: plain(expF32),
    expF64: plain(expF64),
    softmaxRowsF32: f32(softmaxRows),
    softmaxRowsF64: f64(softmaxRows),
    signProducts: plain(signProducts),
  };
}
