/**
 * The kernels every backend offers, over one memory addressed in bytes.
 *
 *   args     address of an argument block: eight float64, then int32 words in the order given below
 *   tile     which part of the output to compute; tiles are independent and may run in any order on any thread
 *   scratch  address of SCRATCH_BYTES that no other thread uses
 *   T        the dtype in the kernel's name: F32 or F64
 *   W        values in 32 bytes of T: 8 float32, 4 float64
 *
 * Backends: two WebAssembly binaries built from assembly/, and src/kernels/js, which has the bits of the plain SIMD one. Both come in groups; each has
 * its signatures in a file here.
 */

/** Bytes of scratch a thread owns. */
export const SCRATCH_BYTES = 448 * 1024;

/** k values a packed panel of a matrix product holds. */
export const GEMM_PANEL = 256;
/** Rows of a sliver of a matrix product: whole register tiles of every backend, which hold 4 rows or 6; columns are W. */
export const GEMM_ROWS = 12;
/** Columns that rotations turn at a time. */
export const ROTATED_COLUMNS = 8;
/** Weights below 2^FLOOR of the largest count as 2^FLOOR. */
export const EXP2_FLOOR = { float32: -80, float64: -500 } as const;
/** The score of a hidden key. */
export const HIDDEN_SCORE = { float32: -3.4028234663852886e38, float64: -Number.MAX_VALUE } as const;

/** A kernel that runs on any thread. */
export type Tile = (args: number, tile: number, scratch: number) => void;

/** A kernel that the calling thread runs. */
export type Call<Result = void> = (...numbers: number[]) => Result;

/** One memory seen as each kind of array. Views are made anew when it grows: read them afresh, never keep them. */
export interface ComputeMemory {
  readonly buffer: ArrayBufferLike;
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
}
