// The exports. Tiled kernels: (args, tile, scratch). The ABI is described in src/kernels/abi.ts.
import { attentionTile, exponentialTile, packKeyRows, packKeyTile } from "./attention";
import { exp2Tile } from "./exp2";
import { fwhtAcrossTile, fwhtTile } from "./fwht";
import { multiplyTile, packLeftTile, packRightTile } from "./gemm";
import { addRowsTile, rowDotsTile } from "./gemv";
import { accumulateCentres, assignTile, shrinkDistances } from "./landmarks";
import { centerRows, columnRange, columnSpread, firstNonFinite, gatherRows, rowProducts, stageRows, vectorMaximum, weightRows } from "./rows";
import { multiplySparseTile } from "./spmm";
import { smallProduct } from "./small-product";
import { softmaxRows } from "./softmax";

export { cholesky, solveTriangular } from "./cholesky";
export { columnDots, combineColumns } from "./columns";
export { cholesky, choleskyPivots, choleskyRows, solveColumns, solveTriangular } from "./cholesky";
export { expF32, expF64 } from "./exp";
export { luPanel } from "./lu";
export { fftColumns, fftRows, fftTransposed, interleave, mergeReal, splitReal } from "./fft";
export { axpy, dot, householderPanel, reflect, reflectColumns } from "./householder";
export { jacobiSweep } from "./jacobi";
export { applyRotations } from "./rotate";
export { signProducts } from "./signs";

export function attentionF32(args: usize, tile: i32, scratch: usize): void { attentionTile<f32>(args, tile, scratch); }
export function attentionF64(args: usize, tile: i32, scratch: usize): void { attentionTile<f64>(args, tile, scratch); }
export function exponentialF32(args: usize, tile: i32, scratch: usize): void { exponentialTile<f32>(args, tile, scratch); }
export function exponentialF64(args: usize, tile: i32, scratch: usize): void { exponentialTile<f64>(args, tile, scratch); }
export function packKeysF32(args: usize, tile: i32, scratch: usize): void { packKeyTile<f32>(args, tile); }
export function packKeysF64(args: usize, tile: i32, scratch: usize): void { packKeyTile<f64>(args, tile); }
export function multiplyF32(args: usize, tile: i32, scratch: usize): void { multiplyTile<f32>(args, tile, scratch); }
export function multiplyF64(args: usize, tile: i32, scratch: usize): void { multiplyTile<f64>(args, tile, scratch); }
export function packLeftF32(args: usize, tile: i32, scratch: usize): void { packLeftTile<f32>(args, tile); }
export function packLeftF64(args: usize, tile: i32, scratch: usize): void { packLeftTile<f64>(args, tile); }
export function packRightF32(args: usize, tile: i32, scratch: usize): void { packRightTile<f32>(args, tile); }
export function packRightF64(args: usize, tile: i32, scratch: usize): void { packRightTile<f64>(args, tile); }
export function assignF32(args: usize, tile: i32, scratch: usize): void { assignTile<f32>(args, tile, scratch); }
export function assignF64(args: usize, tile: i32, scratch: usize): void { assignTile<f64>(args, tile, scratch); }
export function fwhtF32(args: usize, tile: i32, scratch: usize): void { fwhtTile<f32>(args, tile); }
export function fwhtF64(args: usize, tile: i32, scratch: usize): void { fwhtTile<f64>(args, tile); }
export function fwhtAcrossF32(args: usize, tile: i32, scratch: usize): void { fwhtAcrossTile<f32>(args, tile); }
export function fwhtAcrossF64(args: usize, tile: i32, scratch: usize): void { fwhtAcrossTile<f64>(args, tile); }
export function packKeyRowsF32(count: i32, depth: i32, rows: usize, out: usize): void { packKeyRows<f32>(count, depth, rows, out); }
export function packKeyRowsF64(count: i32, depth: i32, rows: usize, out: usize): void { packKeyRows<f64>(count, depth, rows, out); }
export function exp2RowsF32(rows: i32, x: usize): void { exp2Tile<f32>(rows, x); }
export function exp2RowsF64(rows: i32, x: usize): void { exp2Tile<f64>(rows, x); }
export function smallProductF32(m: i32, n: i32, k: i32, a: usize, b: usize, c: usize): i32 { return smallProduct<f32>(m, n, k, a, b, c); }
export function smallProductF64(m: i32, n: i32, k: i32, a: usize, b: usize, c: usize): i32 { return smallProduct<f64>(m, n, k, a, b, c); }
export function firstNonFiniteF32(count: i32, p: usize): i32 { return firstNonFinite<f32>(count, p); }
export function firstNonFiniteF64(count: i32, p: usize): i32 { return firstNonFinite<f64>(count, p); }
export function stageRowsF32(n: i32, d: i32, source: usize, rowStride: i32, columnStride: i32, factor: f64, out: usize, width: i32, ones: i32): void { stageRows<f32>(n, d, source, rowStride, columnStride, factor, out, width, ones); }
export function stageRowsF64(n: i32, d: i32, source: usize, rowStride: i32, columnStride: i32, factor: f64, out: usize, width: i32, ones: i32): void { stageRows<f64>(n, d, source, rowStride, columnStride, factor, out, width, ones); }
export function columnRangeF32(n: i32, width: i32, rows: usize, sums: usize, low: usize, high: usize): void { columnRange<f32>(n, width, rows, sums, low, high); }
export function columnRangeF64(n: i32, width: i32, rows: usize, sums: usize, low: usize, high: usize): void { columnRange<f64>(n, width, rows, sums, low, high); }
export function columnSpreadF32(n: i32, width: i32, rows: usize, mean: usize, squares: usize): void { columnSpread<f32>(n, width, rows, mean, squares); }
export function columnSpreadF64(n: i32, width: i32, rows: usize, mean: usize, squares: usize): void { columnSpread<f64>(n, width, rows, mean, squares); }
export function centerRowsF32(n: i32, width: i32, rows: usize, mean: usize, factor: f64, out: usize, halfNorm: usize): void { centerRows<f32>(n, width, rows, mean, factor, out, halfNorm); }
export function centerRowsF64(n: i32, width: i32, rows: usize, mean: usize, factor: f64, out: usize, halfNorm: usize): void { centerRows<f64>(n, width, rows, mean, factor, out, halfNorm); }
export function rowProductsF32(n: i32, width: i32, rows: usize, g: usize, subtract: usize, out: usize): void { rowProducts<f32>(n, width, rows, g, subtract, out); }
export function rowProductsF64(n: i32, width: i32, rows: usize, g: usize, subtract: usize, out: usize): void { rowProducts<f64>(n, width, rows, g, subtract, out); }
export function weightRowsF32(n: i32, width: i32, rows: usize, mean: usize, weights: usize, out: usize): void { weightRows<f32>(n, width, rows, mean, weights, out); }
export function weightRowsF64(n: i32, width: i32, rows: usize, mean: usize, weights: usize, out: usize): void { weightRows<f64>(n, width, rows, mean, weights, out); }
export function gatherRowsF32(count: i32, width: i32, rows: usize, indices: usize, out: usize): void { gatherRows<f32>(count, width, rows, indices, out); }
export function gatherRowsF64(count: i32, width: i32, rows: usize, indices: usize, out: usize): void { gatherRows<f64>(count, width, rows, indices, out); }
export function vectorMaximumF32(n: i32, p: usize): f64 { return vectorMaximum<f32>(n, p); }
export function vectorMaximumF64(n: i32, p: usize): f64 { return vectorMaximum<f64>(n, p); }
export function shrinkDistancesF32(n: i32, width: i32, rows: usize, centre: usize, distance: usize): void { shrinkDistances<f32>(n, width, rows, centre, distance); }
export function shrinkDistancesF64(n: i32, width: i32, rows: usize, centre: usize, distance: usize): void { shrinkDistances<f64>(n, width, rows, centre, distance); }
export function accumulateCentresF32(n: i32, width: i32, rows: usize, nearest: usize, weights: usize, sums: usize, totals: usize): void { accumulateCentres<f32>(n, width, rows, nearest, weights, sums, totals); }
export function accumulateCentresF64(n: i32, width: i32, rows: usize, nearest: usize, weights: usize, sums: usize, totals: usize): void { accumulateCentres<f64>(n, width, rows, nearest, weights, sums, totals); }
export function rowDotsF32(args: usize, tile: i32, scratch: usize): void { rowDotsTile<f32>(args, tile); }
export function rowDotsF64(args: usize, tile: i32, scratch: usize): void { rowDotsTile<f64>(args, tile); }
export function addRowsF32(args: usize, tile: i32, scratch: usize): void { addRowsTile<f32>(args, tile); }
export function addRowsF64(args: usize, tile: i32, scratch: usize): void { addRowsTile<f64>(args, tile); }
export function multiplySparseF32(args: usize, tile: i32, scratch: usize): void { multiplySparseTile<f32>(args, tile); }
export function multiplySparseF64(args: usize, tile: i32, scratch: usize): void { multiplySparseTile<f64>(args, tile); }
export function softmaxRowsF32(rows: i32, n: i32, width: i32, x: usize, scale: f64, keep: usize, extremes: usize, sums: usize, normalize: i32): void { softmaxRows<f32>(rows, n, width, x, scale, keep, extremes, sums, normalize); }
export function softmaxRowsF64(rows: i32, n: i32, width: i32, x: usize, scale: f64, keep: usize, extremes: usize, sums: usize, normalize: i32): void { softmaxRows<f64>(rows, n, width, x, scale, keep, extremes, sums, normalize); }
