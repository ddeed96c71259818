/**
 * The arena: a first-fit free list over compute memory, kept in JavaScript by the owning thread.
 *
 * Blocks are 64-byte aligned (a cache line, and any vector). Free neighbours are joined at once, so that the list stays as short as
 * memory is fragmented. The list is in order of addresses: block i is [starts[i], starts[i] + sizes[i]).
 */
import { assert, NumericsError } from "../errors.js";
import { ARENA_START } from "./layout.js";
import type { GrowableMemory } from "./memory.js";

export interface Arena {
  /** The address of a new block of at least `bytes` bytes; its content is arbitrary. */
  alloc(bytes: number): number;
  free(address: number): void;
  bytesInUse(): number;
  /** Bytes in use and free together. */
  capacity(): number;
}

const ALIGNMENT = 64;

/** Extra growth, so that a run of small requests does not grow memory (and re-make views) each time. */
const SPARE = 32 * 1024 * 1024;

/**
 * The arena of one memory.
 * @param memory it grows this one.
 * @param limit bytes that memory may have in all, read at every growth.
 */
export function createArena(memory: GrowableMemory, limit: () => number): Arena {
  const starts = [ARENA_START];
  const sizes = [memory.views.buffer.byteLength - ARENA_START];
  const used = new Map<number, number>();
  let bytesInUse = 0;

  function alloc(bytes: number): number {
    assert(bytes >= 0, `${bytes} bytes asked for`); // NaN would spoil the list for good
    const size = Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;
    let i = sizes.findIndex((free) => free >= size);
    if (i < 0) {
      grow(size);
      i = starts.length - 1;
    }
    const address = starts[i]!;
    if (sizes[i] === size) {
      starts.splice(i, 1);
      sizes.splice(i, 1);
    } else {
      starts[i] = address + size;
      sizes[i]! -= size;
    }
    used.set(address, size);
    bytesInUse += size;
    return address;
  }

  function free(address: number): void {
    const size = used.get(address);
    assert(size !== undefined, `block ${address} is not in use`);
    used.delete(address);
    bytesInUse -= size;
    give(address, size);
  }

  /** The address behind free block i. */
  function endOf(i: number): number {
    return starts[i]! + sizes[i]!;
  }

  /** Puts a block into the list and joins it with its neighbours. */
  function give(address: number, size: number): void {
    let i = lowerBound(starts, address);
    starts.splice(i, 0, address);
    sizes.splice(i, 0, size);
    if (i > 0 && endOf(i - 1) === address) i--;
    while (i + 1 < starts.length && endOf(i) === starts[i + 1]) {
      sizes[i]! += sizes[i + 1]!;
      starts.splice(i + 1, 1);
      sizes.splice(i + 1, 1);
    }
  }

  /** Extends memory until its last free block has `size` bytes. */
  function grow(size: number): void {
    const end = memory.views.buffer.byteLength;
    const last = starts.length - 1;
    const tail = last >= 0 && endOf(last) === end ? sizes[last]! : 0;
    const needed = end + size - tail;
    const allowed = Math.min(limit(), memory.maximum);
    const roomy = Math.min(allowed, needed + Math.min(end, SPARE));
    if (needed > allowed || !(memory.grow(roomy) || memory.grow(needed))) throw refusal(size, needed, allowed);
    give(end, memory.views.buffer.byteLength - end);
  }

  return { alloc, free, bytesInUse: () => bytesInUse, capacity: () => memory.views.buffer.byteLength - ARENA_START };
}

/** The first position whose value is not below `x`. */
function lowerBound(sorted: readonly number[], x: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

function refusal(size: number, needed: number, allowed: number): NumericsError {
  const expected = `at most ${allowed} bytes of compute memory (see configure's maxBytes)`;
  const got = `${needed} bytes, for a block of ${size} bytes`;
  return new NumericsError("ERR_LIMIT", `memory: expected ${expected}, got ${got}`, { where: "memory", expected, got: needed });
}
