/**
 * Lets somebody else's code run for so long and no longer.
 *
 * Code that holds the thread, be it JavaScript or WebAssembly, is stopped by the engine's own watchdog, and a promise is waited for no longer.
 * What an asynchronous function does after its first `await` cannot be stopped while it holds the thread.
 */
import { performance } from "node:perf_hooks";
import { Script } from "node:vm";

/** The time was up. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
}

const call = new Script("globalThis.subquadBenchmarkWork()");
const scope = globalThis as { subquadBenchmarkWork?: () => unknown };

/** What `work` returns or throws; TimeoutError after so many milliseconds. */
export async function withDeadline<T>(milliseconds: number, work: () => T | Promise<T>): Promise<T> {
  if (milliseconds === Infinity) return work();
  const limit = Math.ceil(milliseconds);
  const began = performance.now();
  const running = Promise.resolve(stopped(limit, work) as T | Promise<T>);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        reject(timeout(limit));
      },
      limit - (performance.now() - began),
    );
  });
  try {
    return await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
    running.catch(() => undefined); // whatever becomes of it later, nobody waits for it
  }
}

function stopped(limit: number, work: () => unknown): unknown {
  scope.subquadBenchmarkWork = work;
  try {
    return call.runInThisContext({ timeout: limit });
  } catch (error) {
    throw (error as { code?: unknown } | undefined)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT" ? timeout(limit) : error;
  } finally {
    delete scope.subquadBenchmarkWork;
  }
}

function timeout(limit: number): TimeoutError {
  return new TimeoutError(`> ${Number((limit / 1000).toPrecision(3))} s`);
}
