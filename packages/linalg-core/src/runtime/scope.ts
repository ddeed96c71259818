/**
 * Scopes: what one public call takes from the arena, given back together when the call ends.
 *
 *   const scope = openScope();
 *   try { … } finally { scope.release(); }
 *
 * An argument block is eight float64 (64 bytes), then int32 words.
 */
import { assert } from "../errors.js";
import { loaded } from "./runtime.js";
import { shared } from "./shared.js";

export interface Scope {
  /** The address, a multiple of 64, of at least `bytes` bytes of arbitrary content. */
  alloc(bytes: number): number;
  /** The same, filled with zeros. */
  zeros(bytes: number): number;
  /** The address of an argument block that holds these words and, before them, these reals (at most 8; the rest are 0). */
  args(words: readonly number[], reals?: readonly number[]): number;
  /** Gives one block back before the scope ends. */
  free(address: number): void;
  /** Gives everything back; a second call does nothing. */
  release(): void;
}

const REALS = 8;
const WORDS_AT = REALS * 8;

/**
 * Opens a scope: whatever is allocated in it is free again after `release()`.
 *
 * While one is open, configure() refuses a change of backend and releaseMemory() waits.
 * @returns the scope.
 * @throws NumericsError ERR_LIMIT from `alloc` when memory may not grow any further; OptionError as `runtime()`.
 * @complexity O(1); an allocation costs O(free blocks).
 * @source Subquad's own convention.
 * @example const scope = openScope(); try { const out = scope.alloc(8 * n); } finally { scope.release(); }
 */
export function openScope(): Scope {
  const { arena, memory } = loaded();
  const blocks = new Set<number>();
  let open = true;
  shared().openScopes++;

  const alloc = (bytes: number): number => {
    assert(open, "allocation in a scope that was released");
    const address = arena.alloc(bytes);
    blocks.add(address);
    return address;
  };
  return {
    alloc,
    zeros: (bytes) => {
      const address = alloc(bytes);
      memory.f64.fill(0, address / 8, Math.ceil((address + bytes) / 8)); // blocks are whole words; bytes one by one are slow in shared memory
      return address;
    },
    args: (words, reals = []) => {
      assert(reals.length <= REALS, `${reals.length} reals in an argument block`);
      const address = alloc(WORDS_AT + 4 * words.length);
      memory.f64.fill(0, address / 8, address / 8 + REALS);
      memory.f64.set(reals, address / 8);
      memory.i32.set(words, (address + WORDS_AT) / 4);
      return address;
    },
    free: (address) => {
      assert(blocks.delete(address), `block ${address} is not of this scope`);
      arena.free(address);
    },
    release: () => {
      if (!open) return;
      open = false;
      for (const address of blocks) arena.free(address);
      closeScope();
    },
  };
}

/**
 * Bytes of the arena that open scopes hold; 0 between calls.
 * @returns a multiple of 64.
 * @throws OptionError as `runtime()`.
 * @complexity O(1).
 * @source Subquad's own convention.
 * @example arenaBytesInUse() // -> 0
 */
export function arenaBytesInUse(): number {
  return loaded().arena.bytesInUse();
}

/**
 * Keeps the backend as it is without taking memory: a computation may hold none between its parts.
 * @returns what lets it go; to be called once.
 * @throws nothing.
 * @complexity O(1).
 * @source Subquad's own convention.
 * @example const letGo = holdRuntime(); try { await work(); } finally { letGo(); }
 */
export function holdRuntime(): () => void {
  shared().openScopes++;
  return closeScope;
}

function closeScope(): void {
  const state = shared();
  state.openScopes--;
  if (state.openScopes > 0) return;
  for (const action of state.whenIdle.splice(0)) action();
}
