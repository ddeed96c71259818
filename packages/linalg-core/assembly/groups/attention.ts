// Exports of the attention kernels: streaming attention, its exponentials, and the statistics and landmarks of its operands. Tiled kernels: (args, tile, scratch). The ABI is in src/kernels/attention.ts.
import { attentionTile, exponentialTile, packKeyRows, packKeyTile } from "../attention";
import { exp2Tile } from "../exp2";
import { accumulateCentres, assignTile, shrinkDistances } from "../landmarks";
import { centerRows, columnRange, columnSpread, gatherRows, rowProducts, vectorMaximum, weightRows } from "../rows";

export function attentionF32(args: usize, tile: i32, scratch: usize): void { attentionTile<f32>(args, tile, scratch); }
export function attentionF64(args: usize, tile: i32, scratch: usize): void { attentionTile<f64>(args, tile, scratch); }
export function exponentialF32(args: usize, tile: i32, scratch: usize): void { exponentialTile<f32>(args, tile, scratch); }
export function exponentialF64(args: usize, tile: i32, scratch: usize): void { exponentialTile<f64>(args, tile, scratch); }
export function packKeysF32(args: usize, tile: i32, scratch: usize): void { packKeyTile<f32>(args, tile); }
export function packKeysF64(args: usize, tile: i32, scratch: usize): void { packKeyTile<f64>(args, tile); }
export function packKeyRowsF32(count: i32, depth: i32, rows: usize, out: usize): void { packKeyRows<f32>(count, depth, rows, out); }
export function packKeyRowsF64(count: i32, depth: i32, rows: usize, out: usize): void { packKeyRows<f64>(count, depth, rows, out); }
export function exp2RowsF32(rows: i32, x: usize): void { exp2Tile<f32>(rows, x); }
export function exp2RowsF64(rows: i32, x: usize): void { exp2Tile<f64>(rows, x); }
export function assignF32(args: usize, tile: i32, scratch: usize): void { assignTile<f32>(args, tile, scratch); }
export function assignF64(args: usize, tile: i32, scratch: usize): void { assignTile<f64>(args, tile, scratch); }
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
