/**
 * Breathing: long work on bytes in memory gives the event loop a turn now and then.
 */

const EVERY = 12; // milliseconds, as in linalg-core

/** A function to call between slices of work: it waits for a turn when one is due, and looks at the signal. */
export function breather(signal: AbortSignal | undefined): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last > EVERY) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      last = performance.now();
    }
    signal?.throwIfAborted();
  };
}
