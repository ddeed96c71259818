/**
 * The shapes that the parts of the runtime hand each other.
 */
import type { ComputeMemory } from "../kernels/abi.js";
import type { KernelGroup } from "../kernels/group.js";
import type { Arena } from "./arena.js";
import type { GrowableMemory } from "./memory.js";

/** The backend in use. */
export interface Runtime {
  readonly name: "wasm-relaxed" | "wasm-simd" | "js";
  /** Its views are re-made when memory grows: read `memory.f64` at each use, never keep one across an allocation. */
  readonly memory: ComputeMemory;
  /** Address of the calling thread's own scratch, SCRATCH_BYTES long. */
  readonly scratch: number;
}

/** A backend with all that the runtime knows about it. */
export interface Loaded extends Runtime {
  readonly arena: Arena;
  /** The groups of kernels in use, by slot. */
  readonly kernels: (object | undefined)[];
  /** The kernels of a group that is not in use yet; their TypeScript twins, with a reason, where the engine refuses the binary. */
  readonly instantiate: (group: KernelGroup) => object;
  /** The same by asynchronous compilation; rejects where the engine refuses the binary. */
  readonly compile: (group: KernelGroup) => Promise<object>;
  /** What a worker needs to join; absent where memory cannot be shared. */
  readonly joinable: Joinable | undefined;
  /** What was not to be had, one sentence each. */
  readonly reasons: string[];
  /** Groups in use whose binaries are too large to compile synchronously here: `ready()` compiles them. */
  readonly late: KernelGroup[];
  /** Set when that holds for the first group, so that everything runs in JavaScript: the backend to take then. */
  readonly pending: Candidate | undefined;
}

export interface Joinable {
  readonly memory: WebAssembly.Memory;
  /** The groups in use, in the order in which they came: it only grows. */
  readonly modules: SharedModule[];
}

/** A group of kernels that workers can instantiate. */
export interface SharedModule {
  readonly slot: number;
  readonly module: WebAssembly.Module;
  readonly exportNames: readonly string[];
}

/** The kind of binary that this engine accepts, and the memory it goes with. */
export interface Candidate {
  readonly name: "wasm-relaxed" | "wasm-simd";
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
