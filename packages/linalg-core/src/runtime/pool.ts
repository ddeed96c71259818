/**
 * The pool: one job at a time for a crew of workers. The protocol is that of control.ts.
 *
 * The owner never blocks: it writes a job, wakes the workers and awaits the message of the last one out. When a worker dies, the others
 * finish the tile in hand and check out; what is left (tiles not begun, and the one the dead worker held) is handed back to the caller.
 */
import { breathe } from "./breath.js";
import { Control, currentOf, LEARN } from "./control.js";
import { createCrew, type Crew } from "./crew.js";
import { createLock, type Lock } from "./lock.js";
import type { Joinable } from "./types.js";
import { MAX_THREADS } from "./layout.js";
import type { WorkerWay } from "./worker-host.js";

export interface PoolTask {
  readonly kernel: string;
  readonly args: number;
  /** Tiles first … count - 1. */
  readonly first: number;
  readonly count: number;
  readonly threads: number;
}

/** A task in the hands of the workers. */
export interface PoolJob {
  /** Resolves when every worker has checked out, or when the pool is dead and the rest is known. */
  readonly settled: Promise<void>;
  /** Lets workers finish the tile in hand and no more. */
  stop(): void;
  /** Tiles finished so far. */
  finished(): number;
  /** The tiles to run elsewhere because the pool died; undefined if it lives. */
  left(): readonly number[] | undefined;
}

export interface Pool {
  /** One job at a time: hold it around `submit`, `catchUp`, `grow` and `close`. */
  readonly lock: Lock;
  size(): number;
  /** Why the pool is of no more use; undefined while it is. */
  failure(): string | undefined;
  grow(threads: number): Promise<void>;
  /** Whether there are kernels in use that its workers do not know yet. */
  isBehind(): boolean;
  /** Teaches the workers all kernels in use; if one fails, the pool is dead. */
  catchUp(): Promise<void>;
  submit(task: PoolTask): PoolJob;
  /** Ends the workers and waits until they are gone. */
  close(): Promise<void>;
}

/** Milliseconds that healthy workers get to finish the tile in hand after one died: tiles take about 4. */
const LEAVE_WITHIN = 2000;

/** The largest generation: the next is 1 again, since negative ones end the workers. */
const LAST_GENERATION = 2 ** 31 - 1;

interface Present {
  readonly generation: number;
  readonly end: () => void;
  readonly bury: () => void;
}

/** Starts `threads` workers; rejects, with all ended, if one cannot be had. `failed` hears of a later death. */
export async function startPool(joinable: Joinable, way: WorkerWay, threads: number, failed: (reason: string) => void): Promise<Pool> {
  let present: Present | undefined;
  const crew = createCrew(joinable, way, {
    done: (generation) => {
      if (generation === present?.generation) present.end();
    },
    failed: (reason) => {
      failed(reason);
      if (present === undefined) void crew.terminate();
      else present.bury();
    },
  });
  await crew.grow(threads);

  function submit(task: PoolTask): PoolJob {
    return start(task, positionOf(joinable, task.kernel));
  }

  function start(task: Omit<PoolTask, "kernel">, kernel: number): PoolJob {
    const generation = writeTask(crew.control, task, kernel);
    let left: readonly number[] | undefined;
    const settled = new Promise<void>((resolve) => {
      const end = (): void => {
        present = undefined;
        crew.hold(false);
        resolve();
      };
      const bury = (): void => {
        present = undefined; // the last one out has nothing more to tell
        void salvage(crew, task, generation).then((tiles) => {
          left = tiles;
          end();
        });
      };
      present = { generation, end, bury };
    });
    crew.hold(true);
    Atomics.store(crew.control, Control.GENERATION, generation);
    Atomics.notify(crew.control, Control.GENERATION);
    return {
      settled,
      stop: () => {
        Atomics.store(crew.control, Control.ABORT, 1);
      },
      finished: () => Atomics.load(crew.control, Control.PROGRESS),
      left: () => left,
    };
  }

  return {
    lock: createLock(),
    size: crew.size,
    failure: crew.failure,
    grow: crew.grow,
    isBehind: crew.isBehind,
    catchUp: async () => {
      crew.teach();
      await start({ args: 0, first: 0, count: 0, threads: 0 }, LEARN).settled;
    },
    submit,
    close: crew.terminate,
  };
}

/** The number of a kernel among the exports of all modules, in the order in which workers learn them. */
function positionOf({ modules }: Joinable, kernel: string): number {
  return modules.flatMap(({ exportNames }) => exportNames).indexOf(kernel);
}

/** Writes all but GENERATION, which wakes the workers; returns what that will be. */
function writeTask(control: Int32Array, { args, first, count, threads }: Omit<PoolTask, "kernel">, kernel: number): number {
  const previous = Atomics.load(control, Control.GENERATION);
  for (let i = 0; i < MAX_THREADS; i++) Atomics.store(control, currentOf(i), 0);
  Atomics.store(control, Control.KERNEL, kernel);
  Atomics.store(control, Control.ARGS, args);
  Atomics.store(control, Control.TILES, count);
  Atomics.store(control, Control.LIMIT, threads);
  Atomics.store(control, Control.NEXT, first);
  Atomics.store(control, Control.CHECKED_OUT, 0);
  Atomics.store(control, Control.ABORT, 0);
  Atomics.store(control, Control.ERROR, 0);
  Atomics.store(control, Control.PROGRESS, 0);
  return previous >= LAST_GENERATION ? 1 : previous + 1;
}

/** Waits for the healthy workers, ends all of them, and lists the tiles that are not done. */
async function salvage(crew: Crew, { first, count }: Omit<PoolTask, "kernel">, generation: number): Promise<readonly number[]> {
  const { control } = crew;
  Atomics.store(control, Control.ABORT, 1);
  const since = performance.now();
  while (!crew.isOut(generation) && performance.now() - since < LEAVE_WITHIN) await breathe();
  await crew.terminate();

  const begun = Math.min(Atomics.load(control, Control.NEXT), count);
  const left: number[] = [];
  for (let i = 0; i < MAX_THREADS; i++) {
    const tile = Atomics.load(control, currentOf(i)) - 1;
    if (tile >= 0) left.push(tile);
  }
  const accounted = Atomics.load(control, Control.PROGRESS) + left.length;
  // a worker that died between taking a number and writing it down: which tile it took nobody knows, so all are run again
  const next = accounted === begun - first ? begun : first;
  if (next === first) left.length = 0;
  for (let t = next; t < count; t++) left.push(t);
  return left;
}
