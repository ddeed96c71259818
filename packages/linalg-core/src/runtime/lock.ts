/**
 * A first-come, first-served lock for jobs of the pool; waiting for it can be given up.
 */
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
      const enter = (): void => {
        held = true;
        signal?.removeEventListener("abort", leave);
        let open = true;
        resolve(() => {
          if (open) unlock();
          open = false;
        });
      };
      const leave = (): void => {
        signal?.removeEventListener("abort", leave);
        const at = waiting.indexOf(enter);
        if (at >= 0) waiting.splice(at, 1);
        resolve(undefined);
      };
      if (signal?.aborted) leave();
      else if (!held) enter();
      else {
        waiting.push(enter);
        signal?.addEventListener("abort", leave);
      }
    });
  }

  return { acquire };
}
