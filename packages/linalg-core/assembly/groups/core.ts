// Exports of the core kernels: products, sums along rows, and what every algorithm needs at its border. Tiled kernels: (args, tile, scratch). The ABI is in src/kernels/core.ts.
import { multiplyTile, packLeftTile, packRightTile } from "../gemm";
import { addRowsTile, rowDotsTile } from "../gemv";
import { firstNonFinite, stageRows } from "../rows";
import { smallProduct } from "../small-product";
import { multiplySparseTile } from "../spmm";

export function packLeftF32(args: usize, tile: i32, scratch: usize): void { packLeftTile<f32>(args, tile); }
export function packLeftF64(args: usize, tile: i32, scratch: usize): void { packLeftTile<f64>(args, tile); }
export function packRightF32(args: usize, tile: i32, scratch: usize): void { packRightTile<f32>(args, tile); }
export function packRightF64(args: usize, tile: i32, scratch: usize): void { packRightTile<f64>(args, tile); }
export function multiplyF32(args: usize, tile: i32, scratch: usize): void { multiplyTile<f32>(args, tile, scratch); }
export function multiplyF64(args: usize, tile: i32, scratch: usize): void { multiplyTile<f64>(args, tile, scratch); }
export function rowDotsF32(args: usize, tile: i32, scratch: usize): void { rowDotsTile<f32>(args, tile); }
export function rowDotsF64(args: usize, tile: i32, scratch: usize): void { rowDotsTile<f64>(args, tile); }
export function addRowsF32(args: usize, tile: i32, scratch: usize): void { addRowsTile<f32>(args, tile); }
export function addRowsF64(args: usize, tile: i32, scratch: usize): void { addRowsTile<f64>(args, tile); }
export function multiplySparseF32(args: usize, tile: i32, scratch: usize): void { multiplySparseTile<f32>(args, tile); }
export function multiplySparseF64(args: usize, tile: i32, scratch: usize): void { multiplySparseTile<f64>(args, tile); }
export function firstNonFiniteF32(count: i32, p: usize): i32 { return firstNonFinite<f32>(count, p); }
export function firstNonFiniteF64(count: i32, p: usize): i32 { return firstNonFinite<f64>(count, p); }
export function stageRowsF32(n: i32, d: i32, source: usize, rowStride: i32, columnStride: i32, factor: f64, out: usize, width: i32, ones: i32): void { stageRows<f32>(n, d, source, rowStride, columnStride, factor, out, width, ones); }
export function stageRowsF64(n: i32, d: i32, source: usize, rowStride: i32, columnStride: i32, factor: f64, out: usize, width: i32, ones: i32): void { stageRows<f64>(n, d, source, rowStride, columnStride, factor, out, width, ones); }
export function smallProductF32(m: i32, n: i32, k: i32, a: usize, b: usize, c: usize): i32 { return smallProduct<f32>(m, n, k, a, b, c); }
export function smallProductF64(m: i32, n: i32, k: i32, a: usize, b: usize, c: usize): i32 { return smallProduct<f64>(m, n, k, a, b, c); }
