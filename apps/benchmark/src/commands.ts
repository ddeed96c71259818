/**
 * The commands, apart from the process they run in: tests call them with their own output.
 *
 * Exit status: 0 all right · 1 a wrong answer or a broken certificate of our own · 2 a bad argument · 130 interrupted.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, relative } from "node:path";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { closePool, configure } from "@subquad/linalg-core";
import { cases as allCases } from "../cases/index.js";
import { listText } from "./list.js";
import { plainProgress, terminalProgress } from "./progress.js";
import { renderHtml } from "./report/html.js";
import { barsText, failuresText, painter, tableText } from "./report/text.js";
import { ownFailures, type Result } from "./result.js";
import { run, type RunSettings } from "./run.js";
import { readResult, writeResult } from "./schema.js";
import { UsageError } from "./select.js";

/** Where a command writes, and how. */
export interface Output {
  write(text: string): void;
  error(text: string): void;
  /** A terminal that can redraw lines. */
  readonly terminal: boolean;
  readonly colours: boolean;
}

interface RunOptions {
  readonly profile: "quick" | "full";
  readonly filter: readonly string[];
  readonly size: readonly number[];
  readonly seed: string;
  readonly threads: readonly number[];
  readonly rivals: readonly string[] | "all";
  readonly json: string;
  readonly html: string;
  readonly quiet: boolean;
  readonly deterministic: boolean;
  readonly backend?: "wasm" | "js";
}

const standardOutput: Output = {
  write: (text) => process.stdout.write(`${text}\n`),
  error: (text) => process.stderr.write(`${text}\n`),
  terminal: process.stdout.isTTY,
  colours: process.stdout.isTTY && (process.env.NO_COLOR ?? "") === "",
};

/** The program; `run` never throws and resolves to the exit status. */
export function createProgram(output: Output = standardOutput): { run(words: readonly string[]): Promise<number> } {
  return {
    async run(words) {
      let status = 0;
      const program = commands(output, (code) => {
        status = code;
      });
      try {
        await program.parseAsync(words, { from: "user" });
        return status;
      } catch (error) {
        if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
        output.error(error instanceof Error ? error.message : String(error));
        return error instanceof UsageError ? 2 : 1;
      }
    },
  };
}

function commands(output: Output, exit: (status: number) => void): Command {
  const program = new Command("subquad-bench")
    .description("Runs the algorithms against exact answers and rival libraries on real data.")
    .exitOverride()
    .configureOutput({ writeOut: (text) => { output.write(text.trimEnd()); }, writeErr: (text) => { output.error(text.trimEnd()); } }); // prettier-ignore
  const command = (name: string): Command => program.command(name).exitOverride().copyInheritedSettings(program);

  command("run")
    .description("measure, judge and report")
    .option("--profile <name>", "quick (3 minutes) or full (an hour)", oneOf("quick", "full"), "quick")
    .option("--filter <pattern...>", "package, case or glob, such as attention or linalg/*", [])
    .option("--size <list>", "only these n, such as 512,1024", integers, [])
    .option("--seed <seed>", "of all random choices", "0")
    .option("--threads <list>", "threads of our own methods, such as 1 or 1,auto", threadCounts, [1])
    .option("--rivals <names>", "all, none, or names separated by commas", rivalNames, "all")
    .option("--json <file>", "result file", "report/result.json")
    .option("--html <file>", "report page", "report/index.html")
    .option("--quiet", "one line a row group and nothing else", false)
    .option("--deterministic", "the same bits on every engine (no fused multiply-add)", false)
    .option("--backend <name>", "wasm or js", oneOf("wasm", "js"))
    .action(async (options: RunOptions) => {
      exit(await runCommand(options, output));
    });

  command("list")
    .description("cases, sizes and rivals: installed or not")
    .option("--json", "as JSON", false)
    .action(({ json }: { readonly json: boolean }) => {
      output.write(listText(allCases, json));
    });

  command("report")
    .description("make the page of a result file")
    .argument("<result>", "a JSON file that run wrote")
    .option("--html <file>", "report page", "report/index.html")
    .action((file: string, { html }: { readonly html: string }) => {
      let text: string;
      try {
        text = readFileSync(file, "utf8");
      } catch {
        throw new UsageError(`report(result): expected a readable file, got "${file}"`);
      }
      writeFile(html, renderHtml(readResult(text)));
      output.write(`Report: ${shown(html)}`);
    });
  return program;
}

async function runCommand(options: RunOptions, output: Output): Promise<number> {
  const { profile, filter, size: n, seed, threads, rivals, quiet, deterministic, backend } = options;
  if (deterministic) configure({ deterministic: true });
  if (backend) configure({ backend });
  const interrupt = new AbortController();
  const stop = (): void => {
    if (interrupt.signal.aborted) process.exit(130);
    output.error("Stopping after the sample in hand; the report will say that it is incomplete. Again to quit at once.");
    interrupt.abort();
  };
  process.on("SIGINT", stop);

  const paint = painter(output.colours);
  const terminal = output.terminal && !quiet;
  const progress = terminal ? terminalProgress(output.write, paint) : plainProgress(output.write);
  const settings: RunSettings = { profile, filter, n, seed, threads, rivals, signal: interrupt.signal, apart: true };
  let result: Result;
  try {
    result = await run(allCases, settings, progress);
  } finally {
    process.off("SIGINT", stop);
    await closePool();
  }

  const text = writeResult(result);
  writeFile(options.json, text);
  writeFile(options.html, renderHtml(readResult(text)));
  const failures = failuresText(result, paint);
  if (failures) output.write(failures);
  if (!quiet) {
    if (!terminal) for (const at of result.cases) output.write(`\n${tableText(at, paint)}`);
    output.write(`\n${barsText(result.bars, paint)}\n`);
  }
  output.write(`Result: ${shown(options.json)}`);
  output.write(`Report: ${shown(options.html)}`);
  if (ownFailures(result.cases).length > 0) return 1;
  return result.complete ? 0 : 130;
}

function writeFile(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function shown(file: string): string {
  return relative(process.cwd(), file) || file;
}

function oneOf(...allowed: readonly string[]): (value: string) => string {
  return (value) => {
    if (!allowed.includes(value)) throw new InvalidArgumentError(`Expected one of ${allowed.join(", ")}, got "${value}".`);
    return value;
  };
}

function integers(value: string): readonly number[] {
  return value.split(",").map((word) => {
    const n = Number(word);
    if (!(Number.isInteger(n) && n > 0)) throw new InvalidArgumentError(`Expected positive integers separated by commas, got "${value}".`);
    return n;
  });
}

function threadCounts(value: string): readonly number[] {
  const counts = value.split(",").map((word) => (word === "auto" ? availableParallelism() : integers(word)[0]!));
  return [...new Set(counts)];
}

function rivalNames(value: string): readonly string[] | "all" {
  return value === "all" ? "all" : value === "none" ? [] : value.split(",").map((name) => name.trim());
}
