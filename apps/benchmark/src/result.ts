/**
 * The result file: what `run` writes and `report` reads. Times are seconds with six digits; no path, host or user name is in it.
 */
import type { Certificate } from "@subquad/linalg-core";
import type { Engine, Role, Size, Verified } from "./case.js";
import type { Ratio } from "./statistics.js";

export type Status = "ok" | "wrong" | "failed" | "timeout" | "absent" | "unfit";

export interface ClaimResult extends Verified {
  readonly method: string;
  readonly certificate: Certificate;
  readonly relativeBound: number;
  readonly toleranceMet?: boolean;
  readonly figures?: Readonly<Record<string, number>>;
}

export interface ContenderResult {
  readonly name: string;
  readonly role: Role;
  readonly engine?: Engine;
  /** Threads, where they are not those of the row group. */
  readonly threads?: number;
  readonly version?: string;
  readonly status: Status;
  /** Why the status is not "ok". */
  readonly reason?: string;
  /** In the case's `errorUnit`; missing when the answer was not a number. */
  readonly error?: number;
  readonly claim?: ClaimResult;
  /** Seconds: converting the input, and the first call (compiling included). */
  readonly setup?: number;
  readonly firstCall?: number;
  readonly median?: number;
  readonly quartiles?: readonly [number, number];
  /** One entry a round. */
  readonly times?: readonly number[];
  readonly repeats?: number;
  readonly cpu?: number;
  readonly preempted?: number;
  readonly cut?: boolean;
  /** Time of our exact method divided by this one's: above 1 is faster than exact. */
  readonly versusExact?: Ratio;
  /** Time of the fastest right rival in the sandbox (JavaScript, WebAssembly) on as many threads divided by this one's, for our own methods. */
  readonly versusRival?: Ratio & { readonly rival: string };
  /** Of the first answer: equal for equal seeds. */
  readonly checksum?: number;
}

export interface CaseResult {
  readonly id: string;
  readonly question: string;
  readonly errorUnit: string;
  readonly allowedError: number;
  readonly size: Size;
  readonly threads: number;
  readonly contenders: readonly ContenderResult[];
}

export interface BarResult {
  readonly id: string;
  readonly claim: string;
  readonly wanted: string;
  readonly verdict: "met" | "missed" | "not measured";
  readonly value?: number;
  /** What the value was taken from, or why there is none. */
  readonly detail: string;
}

export interface Environment {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGB: number;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  readonly backend: string;
  readonly deterministic: boolean;
  readonly loadBefore: number;
  readonly loadAfter: number;
}

export interface Result {
  readonly schemaVersion: 1;
  /** False when the run was interrupted. */
  readonly complete: boolean;
  readonly startedAt: string;
  readonly seconds: number;
  readonly secondsToFirstRow: number;
  readonly commit: string;
  readonly profile: "quick" | "full";
  readonly seed: string;
  /** "everything", or what the command line cut it down to. */
  readonly selection: string;
  readonly environment: Environment;
  readonly cases: readonly CaseResult[];
  readonly bars: readonly BarResult[];
}

/** The contender at a role or name, if it is there and was timed. */
export function timed(result: CaseResult, accept: (contender: ContenderResult) => boolean): ContenderResult | undefined {
  return result.contenders.find((contender) => contender.median !== undefined && accept(contender));
}

/** Rows of our own whose answer is wrong or whose certificate does not hold: the worst bugs this project can have. */
export function ownFailures(cases: readonly CaseResult[]): readonly { readonly at: CaseResult; readonly row: ContenderResult }[] {
  return cases.flatMap((at) =>
    at.contenders
      .filter((row) => row.role.startsWith("ours") && (["wrong", "failed", "timeout"].includes(row.status) || row.claim?.holds === false))
      .map((row) => ({ at, row })),
  );
}
