/**
 * What a dense product will do and cost, before it runs.
 *
 *   C  m × n = A B      k  depth
 *
 * Source: Subquad; the choices are those of product-choice.ts, which `matmul` itself makes.
 */
import type { DType } from "../array/types.js";
import { assertInteger, assertKnownOptions, assertOneOf } from "../options.js";
import type { Plan } from "../plan.js";
import { plannedThreads } from "../runtime/pool-keeper.js";
import { bytesOf } from "../runtime/dtype-kernels.js";
import { secondsPerUnit } from "../runtime/rates.js";
import { loaded } from "../runtime/runtime.js";
import { openScope } from "../runtime/scope.js";
import { runSync, type Steps } from "../runtime/steps.js";
import { assertThreads, WORTH_A_POOL } from "../runtime/threads.js";
import type { Loaded } from "../runtime/types.js";
import { multiplyOperands, type Operand } from "./packed-product.js";
import { isSmallProduct, MOST_SMALL_WORK, packedProductBytes, productTiles, productWork, smallProductBytes } from "./product-choice.js";

export interface PlanMatmulOptions {
  /** Of the result: float32 only where A and B both are. Default "float64". */
  readonly dtype?: DType;
  /** As for `matmulAsync`; `matmul` takes one. Default "auto". */
  readonly threads?: number | "auto";
}

export interface MatmulPlan extends Plan {
  /** "small": in one tile in the scratch of the calling thread. "packed": operands packed, tiles on any thread. "empty": nothing to sum. */
  readonly method: "small" | "packed" | "empty";
  /** m, n, k. */
  readonly shape: readonly [number, number, number];
  readonly dtype: DType;
  readonly backend: Loaded["name"];
  /** Those that `matmulAsync` uses once the pool is up. */
  readonly threads: number;
  /** Rectangles of C that threads share out: their height, width and number. */
  readonly tiles: { readonly rows: number; readonly columns: number; readonly count: number };
}

/** Seconds of a call however small, and of carrying a byte in, packing it, or carrying it out: whatever the backend. */
const CALL_SECONDS = 1e-6;
const BYTE_SECONDS = 2.5e-10;
/** Length of the product that is timed, and the milliseconds in which it is repeated: what coarse clocks can tell. */
const TIMED = 96;
const TIMED_MILLISECONDS = 0.5;

/**
 * The plan of `matmul(A, B)` for dense A, m × k, and B, k × n.
 *
 * To learn what a product would cost, and when threads share it. A sparse product costs 2 nnz n flops, and goes by its pattern.
 * @param m rows of op(A).
 * @param n columns of op(B).
 * @param k columns of op(A), rows of op(B).
 * @param options see PlanMatmulOptions.
 * @returns MatmulPlan. `predicted.seconds` is counted work at a rate that is measured once (5 ms), or committed with `deterministic`; nothing
 * else reads a clock. Where `predicted.bytes` exceed `configure({ maxBytes })`, matmul fails with ERR_LIMIT.
 * @throws OptionError.
 * @complexity O(1).
 * @source Subquad.
 * @example planMatmul(1024, 1024, 1024, { dtype: "float32" }).method // -> "packed"
 */
export function planMatmul(m: number, n: number, k: number, options: PlanMatmulOptions = {}): MatmulPlan {
  const where = "planMatmul";
  assertKnownOptions(where, options, ["dtype", "threads"]);
  const { dtype = "float64", threads = "auto" } = options;
  assertInteger(where, { m, n, k }, 0, 2 ** 31 - 1);
  assertOneOf(where, { dtype }, ["float32", "float64"]);
  assertThreads(where, threads);
  const { name, joinable } = loaded();
  const work = m * n * k;
  const method = work === 0 ? "empty" : isSmallProduct(m, n, k, dtype) ? "small" : "packed";
  const { rows, columns } = method === "packed" ? productTiles(m, n, k, dtype) : { rows: m, columns: n };
  const count = method === "packed" ? Math.ceil(m / rows) * Math.ceil(n / columns) : Math.min(1, work);
  const wanted = joinable === undefined ? 1 : threads === "auto" ? plannedThreads() : threads;
  const values = m * k + k * n + m * n;
  const rate = work === 0 ? 0 : secondsPerUnit("multiply-add", dtype, 1, () => runSync(timedProduct(dtype)));
  return {
    method,
    shape: [m, n, k],
    dtype,
    backend: name,
    threads: method === "packed" && work >= WORTH_A_POOL ? Math.min(wanted, count) : 1,
    tiles: { rows, columns, count },
    predicted: {
      seconds: CALL_SECONDS + BYTE_SECONDS * bytesOf(dtype) * values + rate * productWork(m, n, k, dtype),
      bytes: work === 0 ? 0 : method === "small" ? smallProductBytes(m, n, k, dtype) : packedProductBytes(m, n, k, dtype),
    },
    rejected: rejectedBy(method, work),
  };
}

function rejectedBy(method: MatmulPlan["method"], work: number): MatmulPlan["rejected"] {
  if (method === "empty") return [];
  if (method === "small") return [{ method: "packed", reason: `m n k = ${work}: its allocations would take as long as the product` }];
  const limit = work > MOST_SMALL_WORK ? `above ${MOST_SMALL_WORK}` : "but operands and result do not fit the scratch of a thread";
  return [{ method: "small", reason: `m n k = ${work}, ${limit}` }];
}

/** Seconds of a multiply-add of a packed product. */
function* timedProduct(dtype: DType): Steps<number> {
  const scope = openScope();
  try {
    const zeros = (): Operand => ({ address: scope.zeros(bytesOf(dtype) * TIMED * TIMED), length: TIMED, depth: TIMED });
    const [A, B] = [zeros(), zeros()]; // 96 is a whole number of slivers on either side
    const C = scope.alloc(bytesOf(dtype) * TIMED * TIMED);
    let [count, elapsed] = [0, 0];
    for (const start = performance.now(); elapsed < TIMED_MILLISECONDS; count++, elapsed = performance.now() - start)
      yield* multiplyOperands(scope, dtype, A, B, C);
    return elapsed / 1000 / (count * TIMED * TIMED * TIMED);
  } finally {
    scope.release();
  }
}
