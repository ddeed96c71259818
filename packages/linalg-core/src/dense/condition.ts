/**
 * The condition of a square matrix, from below.
 *
 *   κ₁ = ‖A‖₁ ‖A⁻¹‖₁      v  a vector that A shrinks      κ₁ ≥ ‖A‖₁ ‖v‖₁ / ‖A v‖₁
 *
 * v comes from the 1-norm estimator on the factors, at most six solves; A v is then summed in two terms, so the bound holds whatever
 * the factors are worth. As a rule κ₁ is within 3 times the estimate.  Source: Hager 1984, Higham 1988; Dekker 1971 for exact products.
 */
import type { MatrixInput } from "../array/types.js";
import type { Certificate } from "../certificate.js";
import { exponentOf, scaleByPowerOfTwo } from "../math/bits.js";
import { assertKnownOptions, assertOneOf } from "../options.js";
import { runtime } from "../runtime/runtime.js";
import { openScope } from "../runtime/scope.js";
import { runSync, type Steps } from "../runtime/steps.js";
import { excessOf } from "./backward-error.js";
import { rowBlock, type Block } from "./blocks.js";
import type { CholeskyResult } from "./cholesky.js";
import { recordOf, type FactorRecord } from "./factor-record.js";
import { inverseNorm, norm1, type Factored } from "./inverse-norm.js";
import { luSteps, type LuResult } from "./lu.js";
import { eachRowSteps, largestOf, positionOf } from "./work.js";

export interface ConditionEstimateOptions {
  /** The norm: 1, the largest column sum. Default 1. */
  readonly norm?: 1;
}

export interface ConditionEstimateResult {
  /** At most κ₁, but for n units of rounding; Infinity for a matrix with a pivot 0. */
  readonly estimate: number;
  /** Kind "none": a lower bound proves nothing about what depends on κ₁ from above. */
  readonly certificate: Certificate;
}

const FROM_BELOW: Certificate = { kind: "none", reason: "an estimate from below: κ₁ may be larger" };

/**
 * A lower bound of κ₁(A), as a rule within a factor of 3.
 *
 * To tell whether a solution can be trusted. An upper bound it is not: seldom, it is too small by more.
 * @param A shape [n, n], float32 or float64, any stride; or what `lu` or `cholesky` returned for it (then A + jitter I), which saves
 * factoring it again.
 * @param options see ConditionEstimateOptions.
 * @returns ConditionEstimateResult.
 * @throws ShapeError; OptionError; NonFiniteError.
 * @complexity 12 n² flops, after 2 n³ / 3 when A is not factored.
 * @source Hager 1984, Higham 1988.
 * @example conditionEstimate([[1, 0], [0, 4]]).estimate // -> 4
 */
export function conditionEstimate(
  A: MatrixInput | LuResult | CholeskyResult,
  options: ConditionEstimateOptions = {},
): ConditionEstimateResult {
  const where = "conditionEstimate";
  assertKnownOptions(where, options, ["norm"]);
  const { norm = 1 } = options;
  assertOneOf(where, { norm }, [1]);
  return runSync(estimateSteps(where, A));
}

function* estimateSteps(where: string, A: MatrixInput | LuResult | CholeskyResult): Steps<ConditionEstimateResult> {
  const record = recordOf(A) ?? recordOf(yield* luSteps(where, A as MatrixInput))!;
  if (record.n === 0) return { estimate: 0, certificate: FROM_BELOW };
  if (record.isSingular) return { estimate: Infinity, certificate: FROM_BELOW };
  const scope = openScope();
  try {
    const { v, estimate } = yield* inverseNorm(scope, yield* nearOne(record, yield* record.load(scope)));
    return estimate < Infinity ? yield* lowerBound(record, v) : { estimate, certificate: FROM_BELOW };
  } finally {
    scope.release();
  }
}

/** Solves with A 2^(−exponent), whose inverse is in range wherever κ₁ is. */
function* nearOne({ n, entries }: FactorRecord, system: Factored): Steps<Factored> {
  const exponent = exponentOf(yield* largestOf(entries(), n));
  const scale = (B: Block): void => {
    const { f64 } = runtime().memory;
    for (let i = 0; i < n; i++) {
      const from = positionOf(B, i);
      for (let p = from; p < from + B.columns; p++) f64[p] = scaleByPowerOfTwo(f64[p]!, exponent);
    }
  };
  return {
    n,
    *solve(scope, B, isTransposed) {
      scale(B);
      yield* system.solve(scope, B, isTransposed);
    },
    *solveVector(scope, x, isTransposed) {
      scale(rowBlock(x, n, 1));
      yield* system.solveVector(scope, x, isTransposed);
    },
  };
}

/** ‖A‖₁ ‖v‖₁ / ‖A v‖₁, but for n units of rounding; n² 2^−104 |A||v| for what two terms lose of A v. */
function* lowerBound({ n, entries }: FactorRecord, v: Float64Array): Steps<ConditionEstimateResult> {
  const a = entries();
  const down = -excessOf(yield* largestOf(a, n));
  const downV = -excessOf(yield* largestOf(v, n));
  const x = Float64Array.from(v, (value) => scaleByPowerOfTwo(value, downV));
  const columns = new Float64Array(n);
  let [image, lost] = [0, 0];
  yield* eachRowSteps(n, 8 * n, (i) => {
    let [sum, low, size] = [0, 0, 0];
    for (let j = 0; j < n; j++) {
      const y = down === 0 ? a[i * n + j]! : scaleByPowerOfTwo(a[i * n + j]!, down);
      columns[j] = columns[j]! + Math.abs(y);
      const product = y * x[j]!;
      const total = sum + product;
      const shift = total - sum;
      low += sum - (total - shift) + (product - shift) + productError(y, x[j]!, product);
      sum = total;
      size += Math.abs(product);
    }
    image += Math.abs(sum + low);
    lost += size;
  });
  const top = columns.reduce((most, sum) => Math.max(most, sum), 0);
  const reach = image + lost * (n * n * 2 ** -104) + n * n * 2 ** -600;
  return { estimate: Math.max(1, (top * norm1(x)) / reach), certificate: FROM_BELOW }; // κ₁ ≥ 1 in any case
}

/** x y − product, exactly, for numbers far from the ends of float64: halves of 26 bits. */
function productError(x: number, y: number, product: number): number {
  const [cx, cy] = [134217729 * x, 134217729 * y]; // 2^27 + 1
  const [xHigh, yHigh] = [cx - (cx - x), cy - (cy - y)];
  const [xLow, yLow] = [x - xHigh, y - yHigh];
  return xLow * yLow - (product - xHigh * yHigh - xLow * yHigh - xHigh * yLow);
}
