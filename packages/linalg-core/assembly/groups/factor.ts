// Exports of the factor kernels: panels and updates of the factorizations. Tiled kernels: (args, tile, scratch). The ABI is in src/kernels/factor.ts.
export { cholesky, choleskyPivots, choleskyRows, solveColumns, solveTriangular } from "../cholesky";
export { columnDots, combineColumns } from "../columns";
export { luPanel } from "../lu";
export { axpy, dot, householderForm, householderPanel, reflect, reflectColumns } from "../householder";
export { jacobiSweep } from "../jacobi";
export { applyRotations } from "../rotate";
export { asymmetry, columnMaxima, columnSums, copyRows, largestEntry, largestRowSum, lowerRows, solveVector } from "../passes";
import { splitRows } from "../passes";

export function splitRowsF32(n: i32, from: i32, to: i32, packed: usize, ld: usize, f: f64, g: f64, L: usize, U: usize): f64 { return splitRows<f32>(n, from, to, packed, ld, f, g, L, U); }
export function splitRowsF64(n: i32, from: i32, to: i32, packed: usize, ld: usize, f: f64, g: f64, L: usize, U: usize): f64 { return splitRows<f64>(n, from, to, packed, ld, f, g, L, U); }
