/**
 * The plain SIMD binary and the TypeScript kernels, each with a memory of its own that a test fills alike.
 *
 * Memory is filled with a pattern that reads as NaN, so that what a kernel reads before writing shows; regions lie apart, and everything
 * between them must keep the pattern. One region may lie flush with the end of memory, where a read beyond it traps.
 */
import { expect } from "vitest";
import { SCRATCH_BYTES, type ComputeMemory } from "../src/kernels/abi.js";
import { simdKernels, twinKernels, type Kernels } from "./all-kernels.js";

export type DType = "float32" | "float64";

const PAGE = 65536;
const POISON = 0xff;
const SCRATCH = PAGE; // the constants of the binary lie below
const FIRST_REGION = SCRATCH + SCRATCH_BYTES + PAGE;

interface Backend {
  readonly memory: ComputeMemory;
  readonly kernels: Kernels;
}

interface Region {
  readonly start: number;
  readonly end: number;
  /** What must still stand there at the end. */
  readonly constant: Uint8Array | undefined;
}

/** One test case: places regions in both memories, runs kernels on both, and compares. */
export interface TestCase {
  /** An input, which no kernel may change. */
  input(values: ArrayLike<number>, dtype: DType | "int32" | "uint8"): number;
  /** Values that a kernel may change. */
  inout(values: ArrayLike<number>, dtype: DType | "int32"): number;
  /** A place for results, filled with the pattern. */
  room(bytes: number): number;
  /** An argument block. */
  args(words: readonly number[], reals?: readonly number[]): number;
  /** Runs all tiles, on the TypeScript side last to first. */
  tiled(name: string, args: number, tiles: number): void;
  /** Calls a direct kernel; both must return the same. */
  direct(name: string, ...numbers: number[]): number;
  /** What the binary left. */
  read(address: number, count: number, dtype: DType | "int32"): number[];
  /** Both memories agree byte for byte, and nothing was written outside the places for results. */
  check(): void;
}

export interface TwoBackends {
  readonly wasm: Backend;
  readonly js: Backend;
  /** @param flush the region, by number, that lies at the end of memory; -1 for none. */
  start(flush?: number): TestCase;
}

/** Both backends with `pages` pages of memory each. */
export function twoBackends(pages = 24): TwoBackends {
  const wasmMemory = new WebAssembly.Memory({ initial: pages, maximum: 65536 });
  const wasm: Backend = { memory: viewsOf(wasmMemory.buffer), kernels: simdKernels(wasmMemory) };
  const memory = viewsOf(new ArrayBuffer(pages * PAGE));
  const js: Backend = { memory, kernels: twinKernels(memory) };
  return { wasm, js, start: (flush = -1) => startCase(wasm, js, flush) };
}

export function viewsOf(buffer: ArrayBuffer): ComputeMemory {
  const [u8, i32] = [new Uint8Array(buffer), new Int32Array(buffer)];
  return { buffer, u8, i32, f32: new Float32Array(buffer), f64: new Float64Array(buffer) };
}

function startCase(wasm: Backend, js: Backend, flush: number): TestCase {
  const backends = [wasm, js];
  const size = js.memory.buffer.byteLength;
  const regions: Region[] = [];
  let next = FIRST_REGION;
  let highest = size;
  for (const { memory } of backends) memory.u8.fill(POISON, SCRATCH);

  const place = (bytes: number, contents?: Uint8Array, constant = false): number => {
    const isLast = regions.length === flush;
    const start = isLast ? size - bytes : next;
    if (isLast) highest = start;
    else next = Math.ceil((start + bytes) / 64) * 64 + 64;
    regions.push({ start, end: start + bytes, constant: constant ? contents : undefined });
    expect(next, "the memory of the test is too small").toBeLessThanOrEqual(highest);
    if (contents) for (const { memory } of backends) memory.u8.set(contents, start);
    return start;
  };

  const check = (): void => {
    const [a, b] = [wasm.memory.u8, js.memory.u8];
    const expectSame = (from: number, to: number): void => {
      for (let p = from; p < to; p++)
        if (a[p] !== b[p]) expect.fail(`byte ${p - from} of ${to - from}: ${String(a[p])} and ${String(b[p])}`);
    };
    const expectPattern = (from: number, to: number): void => {
      for (let p = from; p < to; p++) if (a[p] !== POISON || b[p] !== POISON) expect.fail(`byte ${p} was written, outside every region`);
    };
    const sorted = [...regions].sort((x, y) => x.start - y.start);
    let at = SCRATCH + SCRATCH_BYTES;
    for (const { start, end, constant } of sorted) {
      expectPattern(at, start);
      expectSame(start, end);
      constant?.forEach((byte, p) => {
        if (a[start + p] !== byte) expect.fail(`byte ${p} of an input was changed`);
      });
      at = end;
    }
    expectPattern(at, Math.min(size, next + PAGE));
  };

  return {
    input: (values, dtype) => {
      const contents = bytesOf(values, dtype);
      return place(contents.length, contents, true);
    },
    inout: (values, dtype) => {
      const contents = bytesOf(values, dtype);
      return place(contents.length, contents);
    },
    room: (bytes) => place(bytes),
    args: (words, reals = []) => {
      const contents = new Uint8Array(64 + Math.ceil(words.length / 2) * 8);
      new Float64Array(contents.buffer).set(reals);
      new Int32Array(contents.buffer).set(words, 16);
      return place(contents.length, contents, true);
    },
    tiled: (name, args, tiles) => {
      for (let tile = 0; tile < tiles; tile++) wasm.kernels[name]!(args, tile, SCRATCH);
      for (let tile = tiles - 1; tile >= 0; tile--) js.kernels[name]!(args, tile, SCRATCH);
    },
    direct: (name, ...numbers) => {
      const call = ({ kernels }: Backend): number => kernels[name]!(...numbers);
      const result = call(wasm);
      expect(call(js)).toBe(result);
      return result;
    },
    read: (address, count, dtype) => {
      const { i32, f32, f64 } = wasm.memory;
      const view = dtype === "int32" ? i32 : dtype === "float32" ? f32 : f64;
      const start = address / view.BYTES_PER_ELEMENT;
      return Array.from(view.subarray(start, start + count));
    },
    check,
  };
}

function bytesOf(values: ArrayLike<number>, dtype: DType | "int32" | "uint8"): Uint8Array {
  const kinds = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array };
  return new Uint8Array(kinds[dtype].from(values).buffer);
}
