/** Turns adapters into contenders of a case. */
import type { Contender, Prepared, Size, Values } from "../src/case.js";
import { rivals } from "../rivals/index.js";
import type { AttentionTask, GemmTask, MatrixJob, MatrixTask, Rival } from "../rivals/rival.js";

/** Every rival that multiplies this type; too large products are "unfit". */
export function gemmRivals(dtype: "float32" | "float64"): readonly Contender<GemmTask, Values>[] {
  return rivals.flatMap((rival) => {
    const limit = rival.gemmLimit?.[dtype];
    const gemm = rival.gemm?.bind(rival);
    if (limit === undefined || !gemm) return [];
    const unfit = (size: Size): string | undefined => {
      const n = Number(size.n);
      if (n > limit) return `would take too long above n = ${limit}`;
      return rival.gemmUnfit?.({ m: Number(size.m ?? n), k: Number(size.k ?? n), n });
    };
    return [{ ...asRival(rival), unfit, prepare: (task) => gemm(task) }];
  });
}

/** Every rival that does this to a matrix; too large ones are "unfit". */
export function matrixRivals(job: MatrixJob): readonly Contender<MatrixTask, Values>[] {
  return rivals.flatMap((rival) => {
    const work = rival.matrix?.[job];
    if (!work) return [];
    const unfit = (size: Size): string | undefined =>
      Number(size.n) > work.limit ? `fails or takes too long above n = ${work.limit}` : undefined;
    return [{ ...asRival(rival), unfit, prepare: (task) => work.prepare(task) }];
  });
}

/** Every rival with one of the smaller abilities. */
export function rivalsFor<I>(
  prepare: (rival: Rival) => ((input: I) => Promise<Prepared<Values>>) | undefined,
): readonly Contender<I, Values>[] {
  return rivals.flatMap((rival) => {
    const able = prepare(rival);
    return able ? [{ ...asRival(rival), prepare: able }] : [];
  });
}

function asRival({ name, engine, fullOnly }: Rival): Pick<Contender<never, never>, "name" | "role" | "engine" | "fullOnly"> {
  return { name, role: "rival", engine, ...(fullOnly ? { fullOnly } : {}) };
}

/** A function of our own hand as a rival. */
export function localRival<I>(name: string, run: (input: I) => Values): Contender<I, Values> {
  return { name, role: "rival", engine: "js", prepare: (input) => Promise.resolve({ run: () => run(input), read: (C) => C as Values }) };
}

/** One rival asked for the attention of one head. */
export function attentionContender<I>(
  rival: Rival,
  taskOf: (input: I) => AttentionTask,
  options: Pick<Contender<I, Values>, "role" | "allowedError" | "hidden">,
): readonly Contender<I, Values>[] {
  const attention = rival.attention?.bind(rival);
  const limit = rival.attentionLimit ?? Infinity;
  if (!attention) return [];
  const unfit = (size: Size): string | undefined => (Number(size.n) > limit ? `n x n scores do not fit above n = ${limit}` : undefined);
  return [{ name: rival.name, engine: rival.engine, unfit, prepare: (input: I) => attention(taskOf(input)), ...options }];
}
