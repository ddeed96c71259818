// C = A B or C += A B, packed and blocked: three jobs, each split into independent tiles of the output.
//
//   A  m x k, packed as [panel of KC][group of R rows][kc][R]              edges padded with zeros, so that one
//   B  k x n, packed as [panel of KC][sliver of W columns][kc][W]          register tile serves the whole matrix
//   W  32 bytes of T: 8 float32, 4 float64
//   R  rows of a register tile: 6, and 4 where the multiply-add is not fused; slivers of A are 12 rows, whole groups of both
//
// Order law: c_ij is the sum over panels, ascending, of the sum over k inside the panel, ascending, in one accumulator.
// Its bits depend on row i, column j and k alone: not on m, n, strides, tiles or threads.
import { productTile4, productTile6 } from "./generated/register-tiles";
import { TILE_ROWS as R } from "./simd";

const KC: i32 = 256, SLIVER: i32 = 12;
/** Groups packed at once of rows along k: whole lines of the cache are used up while they are there, in rows that a page or more divides. */
const ABREAST: i32 = 8;

@unmanaged
class PackArgs {
  factor: f64; reserved1: f64; reserved2: f64; reserved3: f64; reserved4: f64; reserved5: f64; reserved6: f64; reserved7: f64;
  length: i32; // rows of A or columns of B
  depth: i32; // k
  source: usize;
  lengthStride: i32; // bytes between rows of A or columns of B
  depthStride: i32; // bytes along k
  packed: usize;
  slivers: i32; // a tile
}

/** Packs `slivers` row slivers of A, all panels. */
export function packLeftTile<T>(address: usize, tile: i32): void {
  pack<T>(changetype<PackArgs>(address), tile, R, SLIVER / R);
}
/** Packs `slivers` column slivers of B, all panels. */
export function packRightTile<T>(address: usize, tile: i32): void {
  pack<T>(changetype<PackArgs>(address), tile, 32 / <i32>sizeof<T>(), 1);
}

// @ts-ignore: decorator
@inline
function pack<T>(a: PackArgs, tile: i32, width: i32, groups: i32): void {
  const used = (a.length + width - 1) / width; // groups of `width` that hold anything; those that fill the last sliver are not written
  const total = (used + groups - 1) / groups * groups;
  const first = tile * a.slivers * groups, end = min(used, first + a.slivers * groups);
  const across = <usize>a.lengthStride, along = <usize>a.depthStride;
  const factor = <T>a.factor, factors = v128.splat<T>(factor);
  const whole = across == sizeof<T>() ? min(end, a.length / width) : first; // groups that lie side by side in rows along k
  for (let pc = 0; pc < a.depth; pc += KC) {
    const kc = min(KC, a.depth - pc);
    const bytes = <usize>(kc * width) * sizeof<T>();
    for (let s = first; s < whole; s += ABREAST) {
      const count = <usize>min(ABREAST, whole - s) * bytes;
      let out = a.packed + (<usize>pc * <usize>(total * width) + <usize>(s * width) * <usize>kc) * sizeof<T>();
      let p = a.source + <usize>(s * width) * sizeof<T>() + <usize>pc * along;
      for (let l = 0; l < kc; l++) {
        let q = p;
        for (let o: usize = 0; o < count; o += bytes) {
          copyGroup<T>(factors, q, out + o, <usize>width * sizeof<T>());
          q += <usize>width * sizeof<T>();
        }
        out += <usize>width * sizeof<T>(); p += along;
      }
    }
    for (let s = whole; s < end; s++) {
      let out = a.packed + (<usize>pc * <usize>(total * width) + <usize>(s * width) * <usize>kc) * sizeof<T>();
      let p = a.source + <usize>(s * width) * across + <usize>pc * along;
      const valid = min(width, a.length - s * width);
      if (valid == width) {
        for (let l = 0; l < kc; l++) {
          let q = p;
          for (let r = 0; r < width; r++) { store<T>(out + <usize>r * sizeof<T>(), factor * load<T>(q)); q += across; }
          out += <usize>width * sizeof<T>(); p += along;
        }
      } else {
        for (let l = 0; l < kc; l++) {
          for (let r = 0; r < width; r++) store<T>(out + <usize>r * sizeof<T>(), r < valid ? factor * load<T>(p + <usize>r * across) : <T>0);
          out += <usize>width * sizeof<T>(); p += along;
        }
      }
    }
  }
}

/** to <- factors * from, 16, 24, 32 or 48 bytes. */
// @ts-ignore: decorator
@inline
function copyGroup<T>(factors: v128, from: usize, to: usize, bytes: usize): void {
  v128.store(to, v128.mul<T>(factors, v128.load(from)));
  if (bytes == 24) v128.store64_lane(to, v128.mul<T>(factors, v128.load64_zero(from, 16)), 0, 16);
  if (bytes >= 32) v128.store(to, v128.mul<T>(factors, v128.load(from, 16)), 16);
  if (bytes == 48) v128.store(to, v128.mul<T>(factors, v128.load(from, 32)), 32);
}

@unmanaged
class MultiplyArgs {
  reserved0: f64; reserved1: f64; reserved2: f64; reserved3: f64; reserved4: f64; reserved5: f64; reserved6: f64; reserved7: f64;
  m: i32;
  n: i32;
  k: i32;
  left: usize;
  right: usize;
  out: usize; // T [m][n]
  tileRows: i32; // a multiple of 12
  tileColumns: i32; // a multiple of W
  rowBytes: usize; // from a row of C to the next
  add: i32; // C += A B instead of C = A B
  lower: i32; // only register tiles that hold an entry on or below the diagonal
}

/** Computes one rectangle of C; tiles run along a row of rectangles first, so that the slivers of A stay in cache. */
export function multiplyTile<T>(address: usize, tile: i32, scratch: usize): void {
  const a = changetype<MultiplyArgs>(address);
  const W = 32 / <i32>sizeof<T>();
  const across = (a.n + a.tileColumns - 1) / a.tileColumns;
  const i0 = tile / across * a.tileRows, j0 = tile % across * a.tileColumns;
  const i1 = min(a.m, i0 + a.tileRows), j1 = min(a.n, j0 + a.tileColumns);
  const rowsPadded = (a.m + SLIVER - 1) / SLIVER * SLIVER, columnsPadded = (a.n + W - 1) / W * W;
  const ldc = a.rowBytes;
  for (let pc = 0; pc < a.k; pc += KC) {
    const kc = min(KC, a.k - pc);
    const left = a.left + <usize>pc * <usize>rowsPadded * sizeof<T>();
    const right = a.right + <usize>pc * <usize>columnsPadded * sizeof<T>();
    for (let j = j0; j < j1; j += W) {
      const b = right + <usize>j * <usize>kc * sizeof<T>();
      const top = a.lower ? max(i0, j / R * R) : i0;
      for (let i = top; i < i1; i += R) {
        const x = left + <usize>i * <usize>kc * sizeof<T>();
        const c = a.out + <usize>i * ldc + <usize>j * sizeof<T>();
        const add = pc > 0 || a.add != 0;
        if (i1 - i >= R && j1 - j >= W) productTile<T>(kc, x, b, c, ldc, add);
        else {
          productTile<T>(kc, x, b, scratch, 32, false);
          addEdge<T>(min(R, i1 - i), min(W, j1 - j), scratch, c, ldc, add);
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function productTile<T>(k: i32, a: usize, b: usize, c: usize, ldc: usize, add: bool): void {
  if (ASC_FEATURE_RELAXED_SIMD) productTile6<T>(k, a, b, c, ldc, add);
  else productTile4<T>(k, a, b, c, ldc, add);
}

function addEdge<T>(rows: i32, columns: i32, from: usize, c: usize, ldc: usize, add: bool): void {
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const at = c + <usize>j * sizeof<T>();
      const v = load<T>(from + <usize>j * sizeof<T>());
      store<T>(at, add ? load<T>(at) + v : v);
    }
    from += 32; c += ldc;
  }
}
