/**
 * Progress of one call, as its caller wants to see it: never backwards, at most 20 times a second, and once more at the end.
 *
 * An algorithm that pauses knows its own measure: pause(done, total), and tiles of a job in between count as fractions of one unit.
 * An algorithm that never pauses is measured in tiles, of all jobs so far. Where a new job makes the share done smaller than what was
 * reported already, nothing is reported until it has caught up.
 */
export interface Progress {
  /** The algorithm paused. */
  paused(done: number, total: number): void;
  /** `done` of the `count` tiles of the present job are finished. */
  tiles(done: number, count: number): void;
  jobEnded(count: number): void;
  /** The call is complete: one last report. */
  finish(): void;
}

/** Milliseconds between reports. */
export const REPORT_EVERY = 50;

/** Measures progress and passes it to `report`. */
export function createProgress(report: (done: number, total: number) => void): Progress {
  let unit: { readonly done: number; readonly total: number } | undefined;
  let earlierTiles = 0;
  let lastTotal = 1;
  let lastDone = 0;
  let lastTime = performance.now();

  function measured(done: number, total: number): void {
    const now = performance.now();
    if (now - lastTime < REPORT_EVERY || !(total > 0)) return;
    if (done < lastDone || done * lastTotal < lastDone * total) return;
    lastTime = now;
    lastDone = done;
    lastTotal = total;
    report(done, total);
  }

  let known = 1;
  return {
    paused: (done, total) => {
      unit = { done, total };
      known = total;
      measured(done, total);
    },
    tiles: (done, count) => {
      known = unit?.total ?? earlierTiles + count;
      if (unit === undefined) measured(earlierTiles + done, known);
      else measured(Math.min(unit.total, unit.done + done / count), known);
    },
    jobEnded: (count) => {
      earlierTiles += count;
    },
    finish: () => {
      const total = Math.max(known, lastTotal);
      report(total, total);
    },
  };
}

/** For calls that nobody watches. */
export const NO_PROGRESS: Progress = { paused: nothing, tiles: nothing, jobEnded: nothing, finish: nothing };

function nothing(): void {
  // nobody watches
}
