/**
 * What a run shows while it works: a task with a bar on a terminal, one plain line a row group elsewhere.
 */
import cliProgress from "cli-progress";
import { Listr } from "listr2";
import type { CaseResult } from "./result.js";
import type { Progress } from "./run.js";
import { lineText, tableText, type Paint } from "./report/text.js";

/** One line a row group, no control characters. */
export function plainProgress(write: (line: string) => void): Progress {
  return {
    during: (_, work) => work(() => undefined),
    rows: (result) => {
      write(lineText(result));
    },
  };
}

/** A task a case with a bar and the time it will take; its tables stand below when it is done. */
export function terminalProgress(write: (text: string) => void, paint: Paint): Progress {
  let ready: CaseResult[] = [];
  return {
    async during(title, work) {
      ready = [];
      const started = performance.now();
      const task = {
        title,
        task: (_: unknown, handle: { output: string }) =>
          work((share, doing) => {
            handle.output = `${bar(share)} ${eta(share, (performance.now() - started) / 1000)}  ${doing}`;
          }),
      };
      await new Listr([task], { registerSignalListeners: false, rendererOptions: { showTimer: true } } as object).run();
      for (const result of ready) write(`${tableText(result, paint)}\n`);
    },
    rows: (result) => {
      ready.push(result);
    },
  };
}

function bar(share: number): string {
  const options = { barsize: 24, barCompleteString: "█".repeat(24), barIncompleteString: "░".repeat(24), barGlue: "" };
  return `${cliProgress.Format.BarFormat(share, options)} ${String(Math.round(100 * share)).padStart(3)} %`;
}

function eta(share: number, seconds: number): string {
  return share > 0 ? `about ${Math.ceil(seconds / share - seconds)} s left` : "";
}
