/**
 * The worker of the pool, as a file to serve and (compiled to a string by scripts/build-wasm.mjs) as a script without an address.
 *
 * A classic script with no imports. Its first message makes it instantiate the kernels on the shared memory; then it runs tiles of one job after another and sleeps in
 * between. When there are more kernels to know, it goes back to its event loop for a message that brings them. The numbers below are those of runtime/control.ts.
 */
import type { Boot, Lesson } from "./runtime/control.js";

type Tile = (args: number, tile: number, scratch: number) => void;

interface Port {
  postMessage(message: unknown): void;
  on(event: "message", listener: (message: Boot & Lesson) => void): void;
  close(): void;
}

(() => {
  const GENERATION = 0;
  const KERNEL = 1;
  const ARGS = 2;
  const TILES = 3;
  const NEXT = 4;
  const CHECKED_OUT = 5;
  const ABORT = 6;
  const ERROR = 7;
  const PROGRESS = 8;
  const LIMIT = 9;
  const WORKERS = 10;
  const CURRENT = 16;
  const OUT = 32;
  const LEARN = -1;

  const host = globalThis as unknown as {
    process?: { getBuiltinModule?: (name: string) => { parentPort: Port | null } | undefined };
    postMessage(message: unknown): void;
    onmessage: ((event: { data: Boot & Lesson }) => void) | null;
    close(): void;
  };
  const port = host.process?.getBuiltinModule?.("node:worker_threads")?.parentPort;
  const post = (message: unknown): void => {
    if (port) port.postMessage(message);
    else host.postMessage(message);
  };

  /** Begins with the first message; returns what is to be done with each later one. */
  const begin = ({ modules, memory, control, index, scratch, generation }: Boot): ((lesson: Lesson) => void) => {
    const kernels: Tile[] = [];
    let met = 0;
    let seen = generation;

    const learn = (all: Lesson["modules"]): void => {
      const abort = (): void => {
        throw new Error("abort called by a kernel");
      };
      for (const { module, exportNames } of all.slice(met)) {
        const { exports } = new WebAssembly.Instance(module, { env: { memory, abort } });
        for (const name of exportNames) kernels.push(exports[name] as Tile);
        met++;
      }
    };

    const work = (): void => {
      const tile = kernels[Atomics.load(control, KERNEL)]!;
      const args = Atomics.load(control, ARGS);
      const tiles = Atomics.load(control, TILES);
      while (Atomics.load(control, ABORT) === 0) {
        Atomics.store(control, CURRENT + index, -1); // claiming: the owner can tell if this thread dies here
        const t = Atomics.add(control, NEXT, 1);
        Atomics.store(control, CURRENT + index, t < tiles ? t + 1 : 0);
        if (t >= tiles) return;
        try {
          tile(args, t, scratch);
        } catch {
          Atomics.store(control, ERROR, 1 + index);
          Atomics.store(control, ABORT, 1);
          return; // CURRENT keeps the tile: it is not done. The owner runs it again and sees the error itself
        }
        Atomics.store(control, CURRENT + index, 0);
        Atomics.add(control, PROGRESS, 1);
      }
    };

    const checkOut = (): void => {
      const workers = Atomics.load(control, WORKERS);
      Atomics.store(control, OUT + index, seen);
      if (Atomics.add(control, CHECKED_OUT, 1) === workers - 1) post({ done: seen }); // the last one out tells the owner
    };

    /** Serves until there is something to learn, or to the end. */
    const serve = (): void => {
      for (;;) {
        Atomics.wait(control, GENERATION, seen);
        const current = Atomics.load(control, GENERATION);
        if (current === seen) continue;
        seen = current;
        if (seen < 0) break;
        if (Atomics.load(control, KERNEL) === LEARN) return;
        if (index < Atomics.load(control, LIMIT)) work();
        checkOut();
      }
      (port ?? host).close();
    };

    learn(modules);
    post({ ready: index });
    serve();
    return (lesson) => {
      learn(lesson.modules);
      checkOut();
      serve();
    };
  };

  let proceed: ((lesson: Lesson) => void) | undefined;
  const receive = (message: Boot & Lesson): void => {
    if (proceed === undefined) proceed = begin(message);
    else proceed(message);
  };
  if (port) port.on("message", receive);
  else
    host.onmessage = (event) => {
      receive(event.data);
    };
})();
