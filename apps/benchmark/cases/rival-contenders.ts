/** Turns adapters into contenders of a case. */
import type { Contender, Size, Values } from "../src/case.js";
import { rivals } from "../rivals/index.js";
import type { AttentionTask, GemmTask, Rival } from "../rivals/rival.js";

/** Every rival that multiplies this type; too large products are "unfit". */
export function gemmRivals(dtype: "float32" | "float64"): readonly Contender<GemmTask, Values>[] {
  return rivals.flatMap((rival) => {
    const limit = rival.gemmLimit?.[dtype];
    const gemm = rival.gemm?.bind(rival);
    if (limit === undefined || !gemm) return [];
    const unfit = (size: Size): string | undefined => (Number(size.n) > limit ? `would take too long above n = ${limit}` : undefined);
    return [{ name: rival.name, role: "rival", engine: rival.engine, unfit, prepare: (task) => gemm(task) }];
  });
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
