/**
 * The workers of a pool as one body: started together, counted, held alive, buried.
 */
import { Control, type Boot, type Lesson, type WorkerMessage } from "./control.js";
import { scratchOf } from "./layout.js";
import type { Joinable } from "./types.js";
import type { PoolWorker, WorkerWay } from "./worker-host.js";

export interface CrewEvents {
  /** The last worker checked out of this generation. */
  readonly done: (generation: number) => void;
  /** The first failure: a worker ended, or a kernel trapped in one. */
  readonly failed: (reason: string) => void;
}

export interface Crew {
  readonly control: Int32Array<SharedArrayBuffer>;
  size(): number;
  /** Why the crew is of no more use; undefined while it is. */
  failure(): string | undefined;
  /** Starts more workers until there are `wanted`; rejects, with the new ones ended, if one cannot be had. */
  grow(wanted: number): Promise<void>;
  /** Whether there are kernels that some workers do not know. */
  isBehind(): boolean;
  /** Sends the workers all kernels: they read it when a job tells them to. */
  teach(): void;
  /** Whether the workers keep a Node process alive. */
  hold(alive: boolean): void;
  /** Whether every worker that still lives has checked out of this generation. */
  isOut(generation: number): boolean;
  terminate(): Promise<void>;
}

interface Member {
  readonly worker: PoolWorker;
  /** It is gone: it will neither run a tile nor check out. */
  isGone: boolean;
  /** We ended it ourselves: its end is no failure. */
  isDismissed: boolean;
}

/** A crew of no workers yet. */
export function createCrew(joinable: Joinable, way: WorkerWay, events: CrewEvents): Crew {
  const control = new Int32Array(new SharedArrayBuffer(4 * Control.LENGTH));
  const members: Member[] = [];
  let failure: string | undefined;
  let taught = joinable.modules.length;

  function fail(reason: string): void {
    if (failure !== undefined) return;
    failure = reason;
    events.failed(reason);
  }

  function checkedOut(generation: number): void {
    const trapped = Atomics.load(control, Control.ERROR);
    if (trapped > 0) fail(`a kernel failed in worker ${trapped - 1}`);
    else events.done(generation);
  }

  /** Resolves when worker `index` is ready; it is a member at once, so that a failed start can be undone. */
  function start(index: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let isReady = false;
      const giveUp = (reason: string): void => {
        clearTimeout(timer);
        reject(new Error(reason));
      };
      const timer = setTimeout(giveUp, way.readyWithin, `no answer within ${way.readyWithin} ms`);
      const said = ({ ready, done }: WorkerMessage): void => {
        if (done !== undefined) checkedOut(done);
        if (ready === undefined) return;
        isReady = true;
        clearTimeout(timer);
        resolve();
      };
      const died = (reason: string): void => {
        member.isGone = true;
        if (!isReady) giveUp(reason);
        else if (!member.isDismissed) fail(`a worker died: ${reason}`);
      };
      const member: Member = { worker: way.start({ said, died }), isGone: false, isDismissed: false };
      members.push(member);
      const generation = Atomics.load(control, Control.GENERATION);
      member.worker.send({ ...joinable, control, index, scratch: scratchOf(index), generation } satisfies Boot);
    });
  }

  async function grow(wanted: number): Promise<void> {
    const size = members.length;
    try {
      const starts: Promise<void>[] = [];
      for (let i = size; i < wanted; i++) starts.push(start(i));
      await Promise.all(starts);
      if (failure !== undefined) throw new Error(failure);
    } catch (error) {
      await dismiss(members.splice(size));
      throw error;
    } finally {
      way.dispose();
      Atomics.store(control, Control.WORKERS, members.length);
    }
    hold(false);
  }

  function teach(): void {
    for (const { worker } of members) worker.send({ modules: joinable.modules } satisfies Lesson);
    taught = joinable.modules.length;
  }

  function hold(alive: boolean): void {
    for (const { worker } of members) worker.hold(alive);
  }

  async function terminate(): Promise<void> {
    Atomics.store(control, Control.GENERATION, -1);
    Atomics.notify(control, Control.GENERATION);
    await dismiss(members);
  }

  return {
    control,
    size: () => members.length,
    failure: () => failure,
    grow,
    isBehind: () => taught < joinable.modules.length,
    teach,
    hold,
    isOut: (generation) => members.every(({ isGone }, i) => isGone || Atomics.load(control, Control.OUT + i) === generation),
    terminate,
  };
}

async function dismiss(members: readonly Member[]): Promise<void> {
  for (const member of members) member.isDismissed = true;
  await Promise.all(members.map(({ worker }) => worker.terminate()));
}
