// Exports of the transform kernels: Walsh-Hadamard and Fourier transforms. Tiled kernels: (args, tile, scratch). The ABI is in src/kernels/transform.ts.
import { fwhtAcrossTile, fwhtTile } from "../fwht";

export { fftColumns, fftRows, fftTransposed, interleave, mergeReal, splitReal } from "../fft";

export function fwhtF32(args: usize, tile: i32, scratch: usize): void { fwhtTile<f32>(args, tile); }
export function fwhtF64(args: usize, tile: i32, scratch: usize): void { fwhtTile<f64>(args, tile); }
export function fwhtAcrossF32(args: usize, tile: i32, scratch: usize): void { fwhtAcrossTile<f32>(args, tile); }
export function fwhtAcrossF64(args: usize, tile: i32, scratch: usize): void { fwhtAcrossTile<f64>(args, tile); }
