/**
 * Starting workers: worker_threads in Node, Bun and Deno, Web Workers in browsers, one interface over both.
 *
 * Nothing here matches what bundlers rewrite (`new Worker(new URL(…))`, imports of node: modules): the script is a string.
 */
import { WORKER_SOURCE } from "../generated/worker.js";
import type { Boot, Lesson, WorkerMessage } from "./control.js";
import { builtinModule } from "./host.js";

export interface PoolWorker {
  send(message: Boot | Lesson): void;
  /** Whether the worker keeps a Node process alive. */
  hold(alive: boolean): void;
  terminate(): Promise<void>;
}

export interface WorkerEvents {
  readonly said: (message: WorkerMessage) => void;
  /** It ended, or will never answer. */
  readonly died: (reason: string) => void;
}

/** One way to start workers here; `dispose` when all have started. */
export interface WorkerWay {
  readonly name: string;
  /** Milliseconds a worker may take to answer. */
  readonly readyWithin: number;
  /** Whether a host that lets a worker be made lets it run: in browsers a policy may kill it, or let it be silent. */
  readonly isTrusted: boolean;
  start(events: WorkerEvents): PoolWorker;
  dispose(): void;
}

/** A script that a page's policy blocks may neither run nor fail: then only time tells. */
const WEB_READY_WITHIN = 3000;
/** Node tells of every failure; this only keeps a broken host from waiting for ever. */
const NODE_READY_WITHIN = 30_000;

/** The ways to try, best first. */
export function workerWays(workerUrl: string | undefined): readonly WorkerWay[] {
  const threads = builtinModule("node:worker_threads") as NodeThreads | undefined;
  if (threads?.Worker !== undefined) return [nodeWay(threads)];
  if (typeof Worker !== "function") return [];
  const byUrl = workerUrl === undefined ? [] : [webWay("worker file", () => workerUrl)];
  return [
    ...byUrl,
    webWay("blob", blobUrl, (url) => {
      URL.revokeObjectURL(url);
    }),
  ];
}

interface NodeWorker {
  postMessage(message: unknown): void;
  on(event: string, listener: (value: never) => void): void;
  ref(): void;
  unref(): void;
  terminate(): Promise<unknown>;
}

interface NodeThreads {
  readonly Worker?: new (source: string, options: object) => NodeWorker;
}

function nodeWay(threads: NodeThreads): WorkerWay {
  const start = ({ said, died }: WorkerEvents): PoolWorker => {
    const worker = new threads.Worker!(WORKER_SOURCE, { eval: true, execArgv: [], env: {}, stdin: false });
    worker.on("message", said);
    worker.on("error", (error: unknown) => {
      died(String(error));
    });
    worker.on("exit", (code: number) => {
      died(`exit code ${code}`);
    });
    return {
      send: (message) => {
        worker.postMessage(message);
      },
      hold: (alive) => {
        if (alive) worker.ref();
        else worker.unref();
      },
      terminate: async () => {
        worker.ref(); // or Node could end before the promise settles
        await worker.terminate();
      },
    };
  };
  return { name: "worker_threads", readyWithin: NODE_READY_WITHIN, isTrusted: true, start, dispose: nothing };
}

function webWay(name: string, address: () => string, dispose: (url: string) => void = nothing): WorkerWay {
  let url: string | undefined;
  const start = ({ said, died }: WorkerEvents): PoolWorker => {
    url ??= address();
    const worker = new Worker(url);
    worker.onmessage = (event: MessageEvent<WorkerMessage>) => {
      said(event.data);
    };
    // an ErrorEvent if the script threw; a plain Event, without a message, if it was not allowed to load
    worker.onerror = (event: Event & Partial<ErrorEvent>) => {
      event.preventDefault(); // it is handled: keep it out of the page's console
      died(event.message ?? "the script was not allowed to load");
    };
    return {
      send: (message) => {
        worker.postMessage(message);
      },
      hold: nothing,
      terminate: () => {
        worker.terminate();
        return Promise.resolve();
      },
    };
  };
  const disposeUrl = (): void => {
    if (url !== undefined) dispose(url);
    url = undefined; // a later start needs a new one
  };
  return { name, readyWithin: WEB_READY_WITHIN, isTrusted: false, start, dispose: disposeUrl };
}

function blobUrl(): string {
  return URL.createObjectURL(new Blob([WORKER_SOURCE], { type: "text/javascript" }));
}

function nothing(): void {
  // browsers end workers with their page
}
