/**
 * An ndarray without generated code, for pages whose Content-Security-Policy forbids `eval`.
 *
 *   element (i₀, i₁, …)  =  data[offset + Σ stride[k]·i_k]
 *
 * Same fields and methods as scijs ndarray, slower `get` and `set` (a loop over the axes where ndarray compiles a sum); algorithms use
 * neither. One difference: among axes of equal |stride|, `order` keeps the axis order, where ndarray's own tie-break varies by dimension.
 * Source: behaviour of mikolalysenko/ndarray 1.1.1 (MIT).
 */
import { sizeOf } from "./layout.js";
import type { NdArray, NdData } from "./types.js";

const DTYPES = { Float32Array: "float32", Float64Array: "float64", Int32Array: "int32" } as const;

/** The stand-in for ndarray's generated classes; typed as NdArray through `asNdArray`. */
export class PlainNdArray implements Omit<NdArray, "T"> {
  readonly dtype: NdArray["dtype"];
  readonly dimension: number;

  constructor(
    readonly data: NdData,
    readonly shape: number[],
    readonly stride: number[],
    readonly offset: number,
  ) {
    this.dtype = DTYPES[data[Symbol.toStringTag]];
    this.dimension = shape.length;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  /** The axes from the fastest-varying to the slowest. */
  get order(): number[] {
    const steps = this.stride.map(Math.abs);
    return this.stride.map((_, k) => k).sort((k, l) => steps[k]! - steps[l]!);
  }

  index(...indices: number[]): number {
    let p = this.offset;
    for (let k = 0; k < this.dimension; k++) p += this.stride[k]! * indices[k]!;
    return p;
  }

  get(...indices: number[]): number {
    return this.data[this.index(...indices)]!;
  }

  set(...indicesAndValue: number[]): number {
    return (this.data[this.index(...indicesAndValue)] = indicesAndValue[this.dimension]!);
  }

  /** The first `ends[k]` entries along each axis; a missing or negative end keeps the axis. */
  hi(...ends: (number | null | undefined)[]): NdArray {
    const shape = this.shape.map((n, k) => (isIndex(ends[k]) ? Math.trunc(ends[k]) : n));
    return this.with(shape, this.stride, this.offset);
  }

  /** Without the first `starts[k]` entries along each axis; a missing or negative start keeps the axis. */
  lo(...starts: (number | null | undefined)[]): NdArray {
    let p = this.offset;
    const shape = this.shape.map((n, k) => {
      const start = starts[k];
      if (!isIndex(start)) return n;
      p += this.stride[k]! * Math.trunc(start);
      return n - Math.trunc(start);
    });
    return this.with(shape, this.stride, p);
  }

  /** Every `steps[k]`-th entry along each axis; a negative step begins at the last entry. */
  step(...steps: (number | null | undefined)[]): NdArray {
    let p = this.offset;
    const shape = [...this.shape];
    const stride = [...this.stride];
    for (let k = 0; k < this.dimension; k++) {
      const given = steps[k];
      if (typeof given !== "number") continue;
      const step = Math.trunc(given);
      if (step < 0) p += stride[k]! * (shape[k]! - 1);
      shape[k] = Math.ceil(shape[k]! / Math.abs(step));
      stride[k]! *= step;
    }
    return this.with(shape, stride, p);
  }

  /** Axis k of the result is axis `axes[k]` of this one; a missing entry means k. */
  transpose(...axes: (number | undefined)[]): NdArray {
    const source = this.shape.map((_, k) => Math.trunc(axes[k] ?? k));
    return this.with(
      source.map((k) => this.shape[k]!),
      source.map((k) => this.stride[k]!),
      this.offset,
    );
  }

  /** Fixes the axes that are given an index and drops them; null or a negative index keeps the axis. */
  pick(...indices: (number | null | undefined)[]): NdArray {
    const kept = this.shape.map((_, k) => k).filter((k) => !isIndex(indices[k]));
    let p = this.offset;
    for (let k = 0; k < this.dimension; k++) p += isIndex(indices[k]) ? this.stride[k]! * indices[k]! : 0;
    return this.with(
      kept.map((k) => this.shape[k]!),
      kept.map((k) => this.stride[k]!),
      p,
    );
  }

  private with(shape: readonly number[], stride: readonly number[], offset: number): NdArray {
    return asNdArray(new PlainNdArray(this.data, [...shape], [...stride], offset));
  }
}

/** The types of ndarray declare a field `T` that its objects do not have; nor have ours. */
export function asNdArray(plain: PlainNdArray): NdArray {
  return plain as unknown as NdArray;
}

function isIndex(value: number | null | undefined): value is number {
  return typeof value === "number" && value >= 0;
}
