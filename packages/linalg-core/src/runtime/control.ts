/**
 * The control block: 48 Int32 on a SharedArrayBuffer of its own, by which the owner hands jobs to the workers.
 *
 * A job: the owner writes the fields, sets NEXT and CHECKED_OUT to 0, raises GENERATION and wakes everybody. Workers below LIMIT take
 * tiles by adding to NEXT; every worker checks out, also one that found nothing to do, so that no late worker can read half of the next
 * job. ABORT ends a job early, between tiles. Kernels themselves contain no atomic instruction.
 */
import type { SharedModule } from "./types.js";

export const Control = {
  GENERATION: 0, // raised for each job; -1 ends the workers
  KERNEL: 1, // position among the exports of all modules, or LEARN
  ARGS: 2,
  TILES: 3,
  NEXT: 4,
  CHECKED_OUT: 5,
  ABORT: 6,
  ERROR: 7, // 1 + the worker whose kernel trapped
  PROGRESS: 8, // tiles finished
  LIMIT: 9, // workers that may take tiles
  WORKERS: 10, // workers that must check out
  CURRENT: 16, // 16 words, one a worker: 1 + the tile in hand, -1 while claiming one, 0 for none
  OUT: 32, // 16 words, one a worker: the generation it checked out of
  LENGTH: 48,
} as const satisfies Readonly<Record<string, number>>;

/** Where the word of worker `index` lies in CURRENT. */
export function currentOf(index: number): number {
  return Control.CURRENT + index;
}

/** A KERNEL that is none: workers leave the job for the event loop, where a Lesson waits for them, and check out when they have learned it. */
export const LEARN = -1;

/** A message to a worker: all groups of kernels in use, in the order in which they came; it knows those it has met. */
export interface Lesson {
  readonly modules: readonly SharedModule[];
}

/** The first message that a worker receives. */
export interface Boot extends Lesson {
  readonly memory: WebAssembly.Memory;
  readonly control: Int32Array<SharedArrayBuffer>;
  readonly index: number;
  readonly scratch: number;
  /** GENERATION at the time of sending: the worker waits for the next one. */
  readonly generation: number;
}

/** What a worker says: it is ready, or it was the last to check out of a generation. */
export interface WorkerMessage {
  readonly ready?: number;
  readonly done?: number;
}
