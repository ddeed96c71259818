/**
 * Operands of the iterative algorithms: read once a call, and a dense matrix of some size kept in compute memory while it lasts, where its
 * products are work of a kernel.
 *
 *   A  m × n      kept row-major, float64
 *
 * The kernel and the plain loop have the same sums (`matvec`): where the matrix lies does not change a bit.
 * Source: Subquad's own convention.
 */
import { indicesOf } from "../array/layout.js";
import { asMatrix } from "../array/operands.js";
import type { NdArray } from "../array/types.js";
import { multiplyChunk } from "../dense/matvec.js";
import { isNumericsError, NonFiniteError, splitSite } from "../errors.js";
import {
  asOperator,
  checkProduct,
  isLinearOperator,
  OVERFLOW,
  type CheckedOperator,
  type LinearOperator,
  type Operand,
} from "../operator.js";
import { callKernel } from "../runtime/dtype-kernels.js";
import { runtime } from "../runtime/runtime.js";
import { openScope, type Scope } from "../runtime/scope.js";
import { eachSlice } from "../runtime/slices.js";
import { rest, runSync, type Steps } from "../runtime/steps.js";
import { fillSteps } from "../runtime/transfer.js";
import { isCsr, type CsrMatrix } from "../sparse/csr.js";
import { asCsr } from "../sparse/structure.js";
import { coreKernels } from "../kernels/core.js";

/** An operand as algorithms use it. */
export interface ReadOperand {
  /** What the caller gave, read: from here on nothing is converted a second time. */
  readonly given: NdArray | CsrMatrix | LinearOperator;
  /** Its products; of a dense matrix until the scope is released. */
  readonly operator: CheckedOperator;
  /** y ← Aᵀ (A x), on the calling thread; a matrix that is kept is read once for it. */
  multiplyNormal(x: Float64Array, y: Float64Array): void;
}

/** Below so many entries, the plain loop is as fast as the call of a kernel: as in `matvec`. */
const SMALL = 2 ** 12;
/** Entries of A whose rows meet x and then add to Aᵀ (A x): they stay in the second cache. */
const BLOCK = 2 ** 16;
/** Entries that a kernel checks between two turns of the event loop: about a millisecond. */
const CHECKED = 2 ** 21;

/** Reads and checks an operand; errors as `asOperator`. */
export function* readOperand(scope: Scope, input: Operand, site: string): Steps<ReadOperand> {
  const given = isCsr(input) ? asCsr(input, site) : isLinearOperator(input) ? input : asMatrix(input, site);
  if ("data" in given && given.size >= SMALL) {
    const address = roomFor(scope, 8 * given.size);
    if (address !== undefined) return yield* keep(scope, given, address, site);
  }
  const operator = asOperator(given, site);
  return { given, operator, multiplyNormal: (x, y) => { inTwo(operator, x, y); } }; // prettier-ignore
}

function inTwo(operator: CheckedOperator, x: Float64Array, y: Float64Array): void {
  const product = new Float64Array(operator.shape[0]);
  operator.multiply(x, product);
  operator.multiplyTranspose(product, y);
}

/** Runs an algorithm with a scope for its operands. */
export function* withScope<R>(algorithm: (scope: Scope) => Steps<R>): Steps<R> {
  const scope = openScope();
  try {
    return yield* algorithm(scope);
  } finally {
    scope.release();
  }
}

/** Room in compute memory, where there is some: the limit of that is no limit of ordinary arrays. */
function roomFor(scope: Scope, bytes: number): number | undefined {
  try {
    return scope.alloc(bytes);
  } catch (error) {
    if (isNumericsError(error) && error.code === "ERR_LIMIT") return undefined;
    throw error;
  }
}

function* keep(scope: Scope, A: NdArray, address: number, site: string): Steps<ReadOperand> {
  const [m = 0, n = 0] = A.shape;
  yield* fillSteps(A, "float64", address);
  yield rest();
  yield* eachSlice(m * n, CHECKED, (from, to) => {
    const bad = from + callKernel(coreKernels, "firstNonFinite", "float64", to - from, address + 8 * from);
    if (bad < from) return;
    const { where, argument } = splitSite(site);
    throw new NonFiniteError(where, argument, runtime().memory.f64[address / 8 + bad]!, indicesOf(bad, A.shape));
  });
  const [wide, high] = [scope.alloc(8 * n), scope.alloc(8 * m)];
  function* product(transpose: boolean, from: Float64Array, to: Float64Array): Steps<void> {
    const [factors, y] = transpose ? [high, wide] : [wide, high];
    runtime().memory.f64.set(from, factors / 8);
    runtime().memory.f64.fill(0, y / 8, y / 8 + to.length);
    yield* multiplyChunk(scope, "float64", transpose, { count: m, n, chunk: address, factors, y, first: 0 });
    to.set(runtime().memory.f64.subarray(y / 8, y / 8 + to.length));
    checkProduct(to, site, OVERFLOW);
  }
  /** Rows by rows, so that columns of them are read where they lie side by side. */
  function* normal(x: Float64Array, y: Float64Array): Steps<void> {
    const sum = scope.alloc(8 * n);
    runtime().memory.f64.set(x, wide / 8);
    runtime().memory.f64.fill(0, sum / 8, sum / 8 + n);
    const step = Math.max(8, 8 * Math.floor(BLOCK / (8 * n)));
    for (let first = 0; first < m; first += step) {
      const rows = { count: Math.min(step, m - first), n, chunk: address + 8 * first * n, first };
      yield* multiplyChunk(scope, "float64", false, { ...rows, factors: wide, y: high });
      yield* multiplyChunk(scope, "float64", true, { ...rows, factors: high, y: sum });
    }
    y.set(runtime().memory.f64.subarray(sum / 8, sum / 8 + n));
    scope.free(sum);
    checkProduct(y, site, OVERFLOW);
  }
  const operator: CheckedOperator = {
    shape: [m, n],
    hasTranspose: true,
    multiply: (x, y) => {
      runSync(product(false, x, y));
    },
    multiplyTranspose: (y, x) => {
      runSync(product(true, y, x));
    },
    multiplySteps: (x, y) => product(false, x, y),
  };
  return {
    given: A,
    operator,
    multiplyNormal: (x, y) => {
      runSync(normal(x, y));
    },
  };
}
