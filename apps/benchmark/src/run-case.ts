/**
 * One case at one size: make the input and the truth, let every contender answer and be judged, then time those that answered.
 */
import { performance } from "node:perf_hooks";
import { AbsentError, type Case, type CaseContext, type Contender, type Prepared, type Size } from "./case.js";
import { TimeoutError, withDeadline } from "./deadline.js";
import { judge } from "./gate.js";
import { breathe, measure, type MeasureOptions } from "./measure.js";
import { timed, type CaseResult, type ContenderResult } from "./result.js";
import type { Sample } from "./timer.js";
import { median, quantile, ratioOfTimes } from "./statistics.js";

const CLOSING = 5000; // milliseconds

/** A contender that answered, and the row of it so far. */
interface Live {
  readonly row: ContenderResult;
  readonly mayBeSlow: boolean;
  readonly prepared: Prepared<unknown>;
}

export interface CaseOptions extends MeasureOptions {
  /** Milliseconds in which a contender must be ready, and again in which it must have answered. Default Infinity. */
  readonly timeLimit?: number;
}

/** Everything about one row group. Failures of contenders are rows, never exceptions; only a broken case throws. */
export async function runCase(
  benchCase: Case,
  size: Size,
  contenders: readonly Contender<unknown, unknown>[],
  context: CaseContext,
  options: CaseOptions,
): Promise<CaseResult> {
  const input = await benchCase.input(size, context);
  await breathe();
  const reference = await benchCase.reference(input, context);
  const tried: (ContenderResult | Live)[] = [];
  for (const contender of contenders) {
    await breathe();
    if (options.signal?.aborted) break;
    tried.push(await firstAnswer(benchCase, size, contender, { input, reference }, context, options.timeLimit ?? Infinity));
  }

  const live = tried.filter((entry): entry is Live => "prepared" in entry);
  const mayBeSlow = live.map(({ row, mayBeSlow: allowed }) => allowed || row.role === "rival" || row.role === "trivial");
  let samples: readonly Sample[] = [];
  try {
    samples = await measure(
      live.map(({ prepared }) => prepared),
      { ...options, mayBeSlow, firstCalls: live.map(({ row }) => 1000 * row.firstCall!) },
    );
  } finally {
    for (const { prepared } of live) await close(prepared);
  }
  const rows = tried.map((entry) => ("prepared" in entry ? withTimes(entry.row, samples[live.indexOf(entry)]!) : entry));
  const { id, question, errorUnit, allowedError } = benchCase;
  return withRatios({ id, question, errorUnit, allowedError, size, threads: context.threads, contenders: rows });
}

async function firstAnswer(
  benchCase: Case,
  size: Size,
  contender: Contender<unknown, unknown>,
  truth: { readonly input: unknown; readonly reference: unknown },
  context: CaseContext,
  timeLimit: number,
): Promise<ContenderResult | Live> {
  const { name, role, engine, threads } = contender;
  const common = { name, role, ...(engine ? { engine } : {}), ...(threads ? { threads } : {}) };
  const unfit = contender.unfit?.(size);
  if (unfit) return { ...common, status: "unfit", reason: unfit };
  let prepared: Prepared<unknown> | undefined;
  try {
    const start = performance.now();
    const made = await withDeadline(timeLimit, () => contender.prepare(truth.input, context));
    prepared = made;
    const ready = performance.now();
    const output = await withDeadline(timeLimit, () => made.run());
    const answered = performance.now();
    const values = await withDeadline(timeLimit, () => made.read(output));
    const judgement = judge(benchCase, contender, prepared, { output, values }, truth);
    const row: ContenderResult = {
      ...common,
      ...judgement,
      ...(prepared.version ? { version: prepared.version } : {}),
      setup: (ready - start) / 1000,
      firstCall: (answered - ready) / 1000,
      checksum: checksumOf(values),
    };
    prepared.release?.(output);
    return { row, prepared, mayBeSlow: contender.mayBeSlow ?? false };
  } catch (error) {
    if (prepared) await close(prepared);
    const status = error instanceof AbsentError ? "absent" : error instanceof TimeoutError ? "timeout" : "failed";
    return { ...common, status, reason: messageOf(error) };
  }
}

/** A library that broke down may fail or hang here again; its row has said so. */
async function close(prepared: Prepared<unknown>): Promise<void> {
  try {
    await withDeadline(CLOSING, () => prepared.close?.());
  } catch {
    // nothing that could be freed otherwise
  }
}

function withTimes(row: ContenderResult, { times, repeats, cpu, preempted, cut, failure }: Sample): ContenderResult {
  if (failure !== undefined) return { ...row, status: "failed", reason: `while timed: ${messageOf(failure)}` };
  return {
    ...row,
    times,
    repeats,
    median: median(times),
    quartiles: [quantile(times, 0.25), quantile(times, 0.75)],
    ...(Number.isFinite(cpu) ? { cpu } : {}),
    ...(preempted > 0 ? { preempted } : {}),
    ...(cut ? { cut } : {}),
  };
}

/**
 * Adds what each row is worth against our exact method and, for our own rows, against the fastest rival whose answer is right and that runs
 * where we do: machine code outside the sandbox is there for reference.
 */
function withRatios(result: CaseResult): CaseResult {
  const exact = timed(result, ({ role }) => role === "ours-exact");
  const rivals = result.contenders
    .filter(({ role, engine, status, median: time }) => role === "rival" && engine !== "native" && status === "ok" && time !== undefined)
    .sort((a, b) => a.median! - b.median!);
  const contenders = result.contenders.map((row) => {
    if (!row.times) return row;
    const best = rivals.find(({ threads }) => threads === row.threads);
    return {
      ...row,
      ...(exact?.times && exact !== row ? { versusExact: ratioOfTimes(exact.times, row.times) } : {}),
      ...(best?.times && row.role.startsWith("ours") ? { versusRival: { rival: best.name, ...ratioOfTimes(best.times, row.times) } } : {}),
    };
  });
  return { ...result, contenders };
}

/** Folds every number of an answer; equal bits give equal checksums. */
function checksumOf(values: unknown): number {
  let sum = 0;
  const numbers = values as ArrayLike<number>;
  for (let p = 0; p < numbers.length; p++) sum = (sum * 31 + Math.abs(numbers[p]!) * (p + 1)) % 1e6;
  return Number.isFinite(sum) ? sum : -1;
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .split("\n")[0]!
    .slice(0, 200)
    .replaceAll(/(?:file:\/\/)?(?:\/[\w.@+-]+){2,}/g, "…"); // paths do not belong in a published result
}
