/**
 * A first-come, first-served lock for jobs of the pool; waiting for it can be given up.
 */
import { onAbort } from "./abort.js";

export interface Lock {
  /** Resolves with the function that unlocks, or with undefined once the signal is aborted. */
  acquire(signal?: AbortSignal): Promise<(() => void) | undefined>;
}

export function createLock(): Lock {
  const waiting: (() => void)[] = [];
  let held = false;

  function unlock(): void {
    const next = waiting.shift();
    if (next === undefined) held = false;
    else next();
  }

  function acquire(signal?: AbortSignal): Promise<(() => void) | undefined> {
    return new Promise((resolve) => {
      let stopWaiting = (): void => undefined;
      const enter = (): void => {
        held = true;
        stopWaiting();
        let open = true;
        resolve(() => {
          if (open) unlock();
          open = false;
        });
      };
      const leave = (): void => {
        stopWaiting();
        const at = waiting.indexOf(enter);
        if (at >= 0) waiting.splice(at, 1);
        resolve(undefined);
      };
      if (signal?.aborted) leave();
      else if (!held) enter();
      else {
        waiting.push(enter);
        stopWaiting = onAbort(signal, leave);
      }
    });
  }

  return { acquire };
}
