/**
 * The worker of the pool, as a file to serve and (compiled to a string by scripts/build-wasm.mjs) as a script without an address.
 *
 * A classic script with no imports. It receives one message, instantiates the kernels on the shared memory, then runs tiles of one job
 * after another and sleeps in between. The numbers below are those of runtime/control.ts.
 */
import type { Boot } from "./runtime/control.js";

type Tile = (args: number, tile: number, scratch: number) => void;

interface Port {
  postMessage(message: unknown): void;
  once(event: "message", listener: (boot: Boot) => void): void;
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

  const host = globalThis as unknown as {
    process?: { getBuiltinModule?: (name: string) => { parentPort: Port | null } | undefined };
    postMessage(message: unknown): void;
    onmessage: ((event: { data: Boot }) => void) | null;
    close(): void;
  };
  const port = host.process?.getBuiltinModule?.("node:worker_threads")?.parentPort;
  const post = (message: unknown): void => {
    if (port) port.postMessage(message);
    else host.postMessage(message);
  };

  const serve = ({ module, memory, control, exportNames, index, scratch, generation }: Boot): void => {
    const abort = (): void => {
      throw new Error("abort called by a kernel");
    };
    const { exports } = new WebAssembly.Instance(module, { env: { memory, abort } });
    const kernels = exportNames.map((name) => exports[name] as Tile);

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

    let seen = generation;
    post({ ready: index });
    for (;;) {
      Atomics.wait(control, GENERATION, seen);
      const current = Atomics.load(control, GENERATION);
      if (current === seen) continue;
      seen = current;
      if (seen < 0) break;
      const workers = Atomics.load(control, WORKERS);
      if (index < Atomics.load(control, LIMIT)) work();
      Atomics.store(control, OUT + index, seen);
      if (Atomics.add(control, CHECKED_OUT, 1) === workers - 1) post({ done: seen }); // the last one out tells the owner
    }
    if (!port) host.close();
  };

  if (port) port.once("message", serve);
  else
    host.onmessage = (event) => {
      serve(event.data);
    };
})();
