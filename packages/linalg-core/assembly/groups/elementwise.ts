// Exports of the elementwise kernels: exponentials and softmax. Tiled kernels: (args, tile, scratch). The ABI is in src/kernels/elementwise.ts.
import { softmaxRows } from "../softmax";

export { expF32, expF64 } from "../exp";

export function softmaxRowsF32(rows: i32, n: i32, width: i32, x: usize, scale: f64, keep: usize, extremes: usize, sums: usize, normalize: i32): void { softmaxRows<f32>(rows, n, width, x, scale, keep, extremes, sums, normalize); }
export function softmaxRowsF64(rows: i32, n: i32, width: i32, x: usize, scale: f64, keep: usize, extremes: usize, sums: usize, normalize: i32): void { softmaxRows<f64>(rows, n, width, x, scale, keep, extremes, sums, normalize); }
