import { OptionError } from "../errors.js";
import { MAX_THREADS } from "./layout.js";

/** A job of fewer multiply-adds, about a quarter of a millisecond, is done before a pool has taken it over and reported back. */
export const WORTH_A_POOL = 5e6;

/** The `threads` of a call or of configure() is an integer from 1 to 16, or "auto". */
export function assertThreads(where: string, threads: unknown): void {
  if (threads === "auto") return;
  const isCount = typeof threads === "number" && Number.isInteger(threads) && threads >= 1 && threads <= MAX_THREADS;
  if (!isCount) throw new OptionError(where, "threads", `an integer in [1, ${MAX_THREADS}] or "auto"`, threads);
}
