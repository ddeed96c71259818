/**
 * Chooses the backend and instantiates its kernels: relaxed SIMD, else SIMD, else plain TypeScript; shared memory, else plain memory.
 *
 * The choice is made by the core kernels; other groups are instantiated when one of their kernels is first wanted. Synchronous: compiling a group takes less than a
 * millisecond. What was not to be had stands in `reasons`, one sentence each.
 */
import { OptionError } from "../errors.js";
import { coreKernels } from "../kernels/core.js";
import { bindTwins, type KernelGroup } from "../kernels/group.js";
import { createArena } from "./arena.js";
import { decodeHex, withPlainMemory } from "./binary.js";
import { sharedMemoryRefusal } from "./host.js";
import { OWNER_SCRATCH } from "./layout.js";
import { createPlainMemory, createWasmMemory } from "./memory.js";
import type { Candidate, Joinable, Loaded, Settings } from "./types.js";

/** Loads the best backend that the settings and the engine allow. */
export function load(settings: Settings): Loaded {
  if (settings.backend === "js") return javascript(settings, ["configure asked for the JavaScript backend"]);
  const reasons: string[] = [];
  const candidate = choose(settings, reasons);
  if (candidate === undefined) return javascript(settings, reasons);
  const loaded = webAssembly(settings, candidate);
  loaded.kernels[coreKernels.slot] = loaded.instantiate(coreKernels);
  const refused = loaded.reasons.length > candidate.reasons.length;
  // what compiles asynchronously only is left to ready(); any other refusal is a policy, which holds there too
  return refused ? javascript(settings, loaded.reasons, loaded.late.length > 0 ? candidate : undefined) : loaded;
}

/** A backend as it is after asynchronous compilation of what `early` could not compile; `early`, with one more reason, if that fails too. */
export async function compileLate(settings: Settings, early: Loaded): Promise<Loaded> {
  const target = early.pending === undefined ? { ...early, kernels: [...early.kernels] } : webAssembly(settings, early.pending);
  const groups = early.late.splice(0);
  try {
    for (const group of groups) target.kernels[group.slot] = await target.compile(group);
    return target;
  } catch (error) {
    return { ...early, pending: undefined, reasons: [...early.reasons, refusalOf(error)] };
  }
}

/** A WebAssembly backend with no kernels yet. */
function webAssembly(settings: Settings, { name, memory, reasons: known }: Candidate): Loaded {
  const reasons = [...known];
  const late: KernelGroup[] = [];
  const imports = { env: { memory: memory.wasm!, abort: trap } };
  const joinable: Joinable | undefined = memory.shared ? { memory: memory.wasm!, modules: [] } : undefined;

  function binaryOf({ simd, relaxed }: KernelGroup): Uint8Array<ArrayBuffer> {
    const binary = decodeHex(name === "wasm-relaxed" ? relaxed : simd);
    return memory.shared ? binary : withPlainMemory(binary);
  }

  function join({ slot }: KernelGroup, module: WebAssembly.Module, { exports }: WebAssembly.Instance): object {
    const exportNames = Object.keys(exports).filter((key) => typeof exports[key] === "function");
    joinable?.modules.push({ slot, module, exportNames });
    return exports;
  }

  function instantiate(group: KernelGroup): object {
    try {
      const module = new WebAssembly.Module(binaryOf(group));
      return join(group, module, new WebAssembly.Instance(module, imports));
    } catch (error) {
      if (error instanceof RangeError) late.push(group); // a limit on synchronous compilation
      reasons.push(`${refusalOf(error)} (${group.name} kernels)`);
      return bindTwins(group, memory.views);
    }
  }

  async function compile(group: KernelGroup): Promise<object> {
    const module = await WebAssembly.compile(binaryOf(group));
    return join(group, module, await WebAssembly.instantiate(module, imports));
  }

  const arena = createArena(memory, () => settings.maxBytes);
  const kernels: object[] = [];
  return {
    name,
    memory: memory.views,
    scratch: OWNER_SCRATCH,
    arena,
    kernels,
    instantiate,
    compile,
    joinable,
    reasons,
    late,
    pending: undefined,
  };
}

/** The kind of binary to load; undefined, with its reason added, if WebAssembly is not to be had. */
function choose(settings: Settings, reasons: string[]): Candidate | undefined {
  if (typeof WebAssembly !== "object") {
    reasons.push("WebAssembly unavailable");
    return undefined;
  }
  const unshared = sharedMemoryRefusal();
  const isValid = (text: string): boolean => WebAssembly.validate(unshared ? withPlainMemory(decodeHex(text)) : decodeHex(text));
  const isRelaxed = !settings.deterministic && isValid(coreKernels.relaxed);
  if (!isRelaxed && !isValid(coreKernels.simd)) {
    reasons.push("WebAssembly SIMD unavailable");
    return undefined;
  }
  if (settings.deterministic) reasons.push("deterministic: fused multiply-add is not used");
  else if (!isRelaxed) reasons.push("WebAssembly relaxed SIMD unavailable: no fused multiply-add");
  const name = isRelaxed ? "wasm-relaxed" : "wasm-simd";

  const memory = unshared === undefined ? createWasmMemory(true) : undefined;
  if (memory !== undefined) return { name, memory, reasons };
  reasons.push(unshared ?? "shared memory refused by the engine");
  const plain = createWasmMemory(false);
  if (plain !== undefined) return { name, memory: plain, reasons };
  reasons.push("WebAssembly memory refused by the engine");
  return undefined;
}

function javascript(settings: Settings, reasons: readonly string[], pending?: Candidate): Loaded {
  if (settings.backend === "wasm" && pending === undefined) {
    throw new OptionError("configure", "backend", `an engine that runs WebAssembly (${reasons.join("; ")})`, "wasm");
  }
  const memory = createPlainMemory();
  const late: KernelGroup[] = pending === undefined ? [] : [coreKernels];
  const instantiate = (group: KernelGroup): object => {
    if (pending !== undefined && group !== coreKernels) late.push(group);
    return bindTwins(group, memory.views);
  };
  return {
    name: "js",
    memory: memory.views,
    scratch: OWNER_SCRATCH,
    arena: createArena(memory, () => settings.maxBytes),
    kernels: [],
    instantiate,
    compile: (group) => Promise.resolve(instantiate(group)),
    joinable: undefined,
    reasons: [...reasons],
    late,
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
