/**
 * Compute memory: one block of bytes that kernels work in, with the views that JavaScript reads and writes it by.
 *
 * Plain memory detaches its views when it grows, shared memory leaves them short: every growth makes new ones. Users never see a view.
 */
import type { ComputeMemory } from "../kernels/abi.js";
import { INITIAL_BYTES, PAGE } from "./layout.js";

/** Compute memory that can grow. */
export interface GrowableMemory {
  readonly views: ComputeMemory;
  /** The WebAssembly memory underneath; absent for the JavaScript backend. */
  readonly wasm: WebAssembly.Memory | undefined;
  readonly shared: boolean;
  /** Bytes that it can ever have. */
  readonly maximum: number;
  /** Grows to at least `bytes`; false if the engine refuses. */
  grow(bytes: number): boolean;
}

/** Maxima that are tried in turn: some engines reserve address space for the maximum of a shared memory and refuse a large one. */
const MAXIMA = [65536, 32768, 16384, 8192];

/** One page below 2^32 bytes, so that every byte has an index in a typed array of every engine. */
const LARGEST = 65535 * PAGE;

/** Addresses of the JavaScript kernels stay below 2^31, where an int32 is still positive. */
const LARGEST_PLAIN = 2 ** 31 - PAGE;

/** A WebAssembly memory, or undefined if the engine grants none. */
export function createWasmMemory(shared: boolean): GrowableMemory | undefined {
  for (const maximum of MAXIMA) {
    const wasm = tryMemory({ initial: INITIAL_BYTES / PAGE, maximum, shared });
    if (wasm === undefined) continue;
    const views = viewsOf(wasm.buffer);
    const grow = (bytes: number): boolean => {
      const pages = Math.ceil((bytes - views.buffer.byteLength) / PAGE);
      if (pages > 0 && !tryGrow(wasm, pages)) return false;
      Object.assign(views, viewsOf(wasm.buffer));
      return true;
    };
    return { views, wasm, shared, maximum: Math.min(LARGEST, maximum * PAGE), grow };
  }
  return undefined;
}

/** An ordinary ArrayBuffer that is reallocated and copied when it grows. */
export function createPlainMemory(): GrowableMemory {
  const views = viewsOf(new ArrayBuffer(INITIAL_BYTES));
  const grow = (bytes: number): boolean => {
    const buffer = tryBuffer(Math.ceil(bytes / PAGE) * PAGE);
    if (buffer === undefined) return false;
    const larger = viewsOf(buffer);
    larger.u8.set(views.u8);
    Object.assign(views, larger);
    return true;
  };
  return { views, wasm: undefined, shared: false, maximum: LARGEST_PLAIN, grow };
}

function viewsOf(buffer: ArrayBufferLike): ComputeMemory {
  return {
    buffer,
    u8: new Uint8Array(buffer),
    i32: new Int32Array(buffer),
    f32: new Float32Array(buffer),
    f64: new Float64Array(buffer),
  };
}

function tryMemory(descriptor: WebAssembly.MemoryDescriptor): WebAssembly.Memory | undefined {
  try {
    return new WebAssembly.Memory(descriptor);
  } catch {
    return undefined; // RangeError: the caller tries a smaller maximum
  }
}

function tryGrow(memory: WebAssembly.Memory, pages: number): boolean {
  try {
    memory.grow(pages);
    return true;
  } catch {
    return false; // RangeError: refused
  }
}

function tryBuffer(bytes: number): ArrayBuffer | undefined {
  try {
    return new ArrayBuffer(bytes);
  } catch {
    return undefined; // RangeError: refused
  }
}
