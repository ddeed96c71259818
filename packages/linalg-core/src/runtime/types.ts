/**
 * The shapes that the parts of the runtime hand each other.
 */
import type { ComputeMemory, Kernels } from "../kernels/abi.js";
import type { Arena } from "./arena.js";
import type { GrowableMemory } from "./memory.js";

/** The backend in use. */
export interface Runtime {
  readonly name: "wasm-relaxed" | "wasm-simd" | "js";
  /** Its views are re-made when memory grows: read `memory.f64` at each use, never keep one across an allocation. */
  readonly memory: ComputeMemory;
  readonly kernels: Kernels;
  /** Address of the calling thread's own scratch, SCRATCH_BYTES long. */
  readonly scratch: number;
}

/** A backend with all that the runtime knows about it. */
export interface Loaded extends Runtime {
  readonly arena: Arena;
  /** What a worker needs to join; absent where memory cannot be shared. */
  readonly joinable: Joinable | undefined;
  /** What was not to be had, one sentence each. */
  readonly reasons: readonly string[];
  /** The binary that is too large to compile synchronously here: `ready()` compiles it. */
  readonly pending: Candidate | undefined;
}

export interface Joinable {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly exportNames: readonly string[];
}

/** A binary that this engine accepts, and the memory it goes with. */
export interface Candidate {
  readonly name: "wasm-relaxed" | "wasm-simd";
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly memory: GrowableMemory;
  readonly reasons: readonly string[];
}

/** What configure() sets; process-wide, since none of it may differ between two calls that share a memory. */
export interface Settings {
  backend: "auto" | "wasm" | "js";
  threads: number | "auto";
  deterministic: boolean;
  maxBytes: number;
  workerUrl: string | undefined;
  idleMilliseconds: number;
}
