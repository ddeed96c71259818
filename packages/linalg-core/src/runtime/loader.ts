/**
 * Chooses and instantiates the kernels: relaxed SIMD, else SIMD, else plain TypeScript; shared memory, else plain memory.
 *
 * Synchronous: compiling takes less than a millisecond. What was not to be had stands in `reasons`, one sentence each.
 */
import { OptionError } from "../errors.js";
import { RELAXED_HEX } from "../generated/relaxed.js";
import { SIMD_HEX } from "../generated/simd.js";
import type { Kernels } from "../kernels/abi.js";
import { createJsKernels } from "../kernels/js/create.js";
import { createArena } from "./arena.js";
import { decodeHex, withPlainMemory } from "./binary.js";
import { sharedMemoryRefusal } from "./host.js";
import { OWNER_SCRATCH } from "./layout.js";
import { createPlainMemory, createWasmMemory } from "./memory.js";
import type { Candidate, Loaded, Settings } from "./types.js";

/** Loads the best backend that the settings and the engine allow. */
export function load(settings: Settings): Loaded {
  if (settings.backend === "js") return javascript(settings, ["configure asked for the JavaScript backend"]);
  const reasons: string[] = [];
  const candidate = choose(settings, reasons);
  if (candidate === undefined) return javascript(settings, reasons);
  try {
    const module = new WebAssembly.Module(candidate.bytes);
    return assemble(settings, candidate, module, new WebAssembly.Instance(module, importsOf(candidate)));
  } catch (error) {
    // a RangeError is a limit on synchronous compilation; anything else is a policy, which holds for asynchronous compilation too
    return javascript(settings, [...candidate.reasons, refusalOf(error)], error instanceof RangeError ? candidate : undefined);
  }
}

/** The backend of a binary that is too large to compile synchronously; `early`, with one more reason, if that fails too. */
export async function compileLate(settings: Settings, early: Loaded, candidate: Candidate): Promise<Loaded> {
  try {
    const module = await WebAssembly.compile(candidate.bytes);
    return assemble(settings, candidate, module, await WebAssembly.instantiate(module, importsOf(candidate)));
  } catch (error) {
    return { ...early, pending: undefined, reasons: [...early.reasons, refusalOf(error)] };
  }
}

function assemble(
  settings: Settings,
  { name, memory, reasons }: Candidate,
  module: WebAssembly.Module,
  { exports }: WebAssembly.Instance,
): Loaded {
  const exportNames = Object.keys(exports).filter((key) => typeof exports[key] === "function");
  return {
    name,
    memory: memory.views,
    kernels: exports as unknown as Kernels,
    scratch: OWNER_SCRATCH,
    arena: createArena(memory, () => settings.maxBytes),
    joinable: memory.shared ? { module, memory: memory.wasm!, exportNames } : undefined,
    reasons,
    pending: undefined,
  };
}

function importsOf({ memory }: Candidate): WebAssembly.Imports {
  return { env: { memory: memory.wasm!, abort: trap } };
}

/** The binary to compile; undefined, with its reason added, if WebAssembly is not to be had. */
function choose(settings: Settings, reasons: string[]): Candidate | undefined {
  if (typeof WebAssembly !== "object") {
    reasons.push("WebAssembly unavailable");
    return undefined;
  }
  const unshared = sharedMemoryRefusal();
  const prepare = (text: string): Uint8Array<ArrayBuffer> => (unshared ? withPlainMemory(decodeHex(text)) : decodeHex(text));
  const relaxed = settings.deterministic ? undefined : prepare(RELAXED_HEX);
  const isRelaxed = relaxed !== undefined && WebAssembly.validate(relaxed);
  const bytes = isRelaxed ? relaxed : prepare(SIMD_HEX);
  if (!isRelaxed && !WebAssembly.validate(bytes)) {
    reasons.push("WebAssembly SIMD unavailable");
    return undefined;
  }
  if (settings.deterministic) reasons.push("deterministic: fused multiply-add is not used");
  else if (!isRelaxed) reasons.push("WebAssembly relaxed SIMD unavailable: no fused multiply-add");
  const name = isRelaxed ? "wasm-relaxed" : "wasm-simd";

  const memory = unshared === undefined ? createWasmMemory(true) : undefined;
  if (memory !== undefined) return { name, bytes, memory, reasons };
  reasons.push(unshared ?? "shared memory refused by the engine");
  const plain = createWasmMemory(false);
  if (plain !== undefined) return { name, bytes: unshared ? bytes : withPlainMemory(bytes), memory: plain, reasons };
  reasons.push("WebAssembly memory refused by the engine");
  return undefined;
}

function javascript(settings: Settings, reasons: readonly string[], pending?: Candidate): Loaded {
  if (settings.backend === "wasm" && pending === undefined) {
    throw new OptionError("configure", "backend", `an engine that runs WebAssembly (${reasons.join("; ")})`, "wasm");
  }
  const memory = createPlainMemory();
  return {
    name: "js",
    memory: memory.views,
    kernels: createJsKernels(memory.views),
    scratch: OWNER_SCRATCH,
    arena: createArena(memory, () => settings.maxBytes),
    joinable: undefined,
    reasons,
    pending,
  };
}

function refusalOf(error: unknown): string {
  return `WebAssembly refused to compile: ${error instanceof Error ? error.message : String(error)}`;
}

/** What AssemblyScript calls when an assertion of a debug build fails. */
function trap(): never {
  throw new Error("bug in @subquad/linalg-core: a kernel called abort, please report");
}
