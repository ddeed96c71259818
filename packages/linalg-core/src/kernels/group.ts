/**
 * Groups of kernels: what is compiled, embedded and instantiated together.
 */
import type { ComputeMemory } from "./abi.js";
import { bindTo, type Bind } from "./js/bind.js";

/**
 * Kernels that belong together: two binaries of one source, and their twins in TypeScript. An algorithm names the group of each kernel it uses, so that a bundle holds
 * no others; a group is instantiated when one of its kernels is first wanted.
 */
export interface KernelGroup<Tiles extends object = object, Calls extends object = object> {
  readonly name: string;
  /** Its position among the groups: 0, 1, ... */
  readonly slot: number;
  /** The binaries, as hexadecimal text. */
  readonly simd: string;
  readonly relaxed: string;
  /** The same kernels in plain TypeScript, with the bits of the simd binary. */
  readonly tiles: (bind: Bind) => Tiles;
  readonly calls: (bind: Bind) => Calls;
}

/** The twins of a group over a memory: functions with the names and parameters of the binaries' exports. */
export function bindTwins<Tiles extends object, Calls extends object>(
  { tiles, calls }: KernelGroup<Tiles, Calls>,
  memory: ComputeMemory,
): Tiles & Calls {
  const bind = bindTo(memory);
  return { ...tiles(bind), ...calls(bind) };
}
