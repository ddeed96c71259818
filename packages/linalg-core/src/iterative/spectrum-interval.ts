/**
 * An interval that holds the whole spectrum, with a stated confidence over a random start.
 *
 *   A  n × n symmetric, λ_min … λ_max      k Lanczos steps from a start drawn uniformly from the sphere      θ_min, θ_max  extreme Ritz values
 *
 *   P[λ_max − θ_max > ε (λ_max − λ_min)] ≤ 1.648 √n e^(−√ε (2k − 1)), and the same at the other end
 *
 * With ε such that both together fail with probability δ, the width w = λ_max − λ_min is at most (θ_max − θ_min) / (1 − 2ε), and the
 * interval is [θ_min − ε w, θ_max + ε w].
 * Where the basis ends early with a rest β, A + E with ‖E‖ ≤ 2 β leaves its span invariant. An eigenvector q of A with a part c = ‖Vᵀq‖ in it
 * has its eigenvalue within ‖E‖ / c of a Ritz value, and c is at least the part of q in the start: P[c < t] ≤ t √(2n/π), t = δ/2 √(π/2n).
 *
 * Source: Kuczyński and Woźniakowski 1992, applied to A − λ_min I and λ_max I − A, which Lanczos cannot tell from A.
 */
import { UNIT_ROUND_OFF } from "../array/cast.js";
import type { Certificate } from "../certificate.js";
import { OptionError, ShapeError } from "../errors.js";
import { log } from "../math/log.js";
import type { CheckedOperator } from "../operator.js";
import { assertInRange, assertInteger, assertKnownOptions } from "../options.js";
import { normalizeSeed, rngFor, type Seed } from "../rng.js";
import type { Scope } from "../runtime/scope.js";
import { pause, RUN_CONTROL, runAsync, runSync, type RunControl, type Steps } from "../runtime/steps.js";
import { extendBasis, startBasis } from "./krylov.js";
import { readOperand, withScope } from "./operand.js";
import { symmetricOperand } from "./symmetric-operand.js";
import { extremesOfTridiagonal } from "./tridiagonal-extremes.js";
import { euclideanNorm, type Operand } from "./vectors.js";

export interface SpectrumIntervalOptions {
  /** k, products with A; 1 or more. Default: as many as make ε = 0.01, at most n. */
  readonly steps?: number;
  /** 1 − δ. In [0.5, 1 − 1e-12]. Default 0.99. */
  readonly confidence?: number;
  /** Of the start. Default "0". */
  readonly seed?: Seed;
}

export interface SpectrumIntervalResult {
  /** Every eigenvalue lies in [low, high], with the confidence of the certificate. */
  readonly low: number;
  readonly high: number;
  /** Both ends are eigenvalues of a compression of A: λ_min ≤ innerLow, innerHigh ≤ λ_max, always. */
  readonly innerLow: number;
  readonly innerHigh: number;
  readonly method: "lanczos";
  /** `bound`: how far low and high may lie outside of the spectrum. */
  readonly certificate: Certificate;
  readonly diagnostics: { readonly steps: number; readonly seed: string };
}

const OPTION_NAMES = ["steps", "confidence", "seed"];
/** ε where no number of steps is given: the interval is about 2 % wider than the spectrum. */
const WIDTH = 0.01;

/**
 * An interval that holds all eigenvalues of a symmetric operator.
 *
 * For step sizes, shifts and polynomial methods, which want bounds and not estimates.
 * @param A shape [n, n]: dense or sparse, checked to be symmetric up to round-off, and then its symmetric part; or an operator, which must be.
 * @param options see SpectrumIntervalOptions, and RunControl.
 * @returns a promise of SpectrumIntervalResult.
 * @throws (rejects) ShapeError; OptionError, also for so few steps that nothing can be said; NonFiniteError; AssumptionError.
 * @complexity k products and 4 n k² flops, k about 5 ln(n) + 40 by default; fails with probability at most δ over the seed.
 * @source Kuczyński and Woźniakowski 1992.
 * @example const { low, high } = await spectrumInterval([[2, 1], [1, 2]]);
 */
export function spectrumInterval(A: Operand, options: SpectrumIntervalOptions & RunControl = {}): Promise<SpectrumIntervalResult> {
  return runAsync(spectrumIntervalSteps("spectrumInterval", A, options, [...OPTION_NAMES, ...RUN_CONTROL]), options, "spectrumInterval");
}

/** `spectrumInterval` on the calling thread: same arguments, same errors, same bits. */
export function spectrumIntervalSync(A: Operand, options: SpectrumIntervalOptions = {}): SpectrumIntervalResult {
  return runSync(spectrumIntervalSteps("spectrumIntervalSync", A, options));
}

/** The generator behind both; other algorithms reach it by `yield*`. */
export function* spectrumIntervalSteps(
  where: string,
  A: Operand,
  options: SpectrumIntervalOptions = {},
  known: readonly string[] = OPTION_NAMES,
): Steps<SpectrumIntervalResult> {
  assertKnownOptions(where, options, known);
  return yield* withScope((scope) => intervalIn(scope, where, A, options));
}

function* intervalIn(scope: Scope, where: string, A: Operand, options: SpectrumIntervalOptions): Steps<SpectrumIntervalResult> {
  const { confidence = 0.99, seed: givenSeed = "0" } = options;
  assertInRange(where, { confidence }, 0.5, 1 - 1e-12);
  const seed = normalizeSeed(givenSeed, where);
  const read = yield* readOperand(scope, A, `${where}(A)`);
  const [n, columns] = read.operator.shape;
  if (n !== columns || n === 0) throw new ShapeError(where, "A", "a square matrix with rows", read.operator.shape);
  const { operator } = yield* symmetricOperand(where, read);
  const exponent = log((1.648 * Math.sqrt(n)) / ((1 - confidence) / 2)); // √ε (2k − 1) at least this
  const { steps = Math.min(n, Math.ceil((exponent / Math.sqrt(WIDTH) + 1) / 2)) } = options;
  assertInteger(where, { steps }, 1, n);

  const { θ, done, rest, ratio } = yield* ritzExtremes(operator, steps, seed);
  const root = exponent / (2 * steps - 1);
  const ε = done ? 0 : root * root; // an invariant subspace holds every eigenvalue that a random start meets: all of them
  if (!(ε < 0.5)) {
    const least = Math.ceil((exponent / Math.sqrt(0.5) + 1) / 2) + 1;
    throw new OptionError(where, "steps", `at least ${least}, for the spectrum to be bounded with this confidence`, steps);
  }
  const width = (θ.high - θ.low) / (1 - 2 * ε);
  const size = Math.max(Math.abs(θ.low), Math.abs(θ.high));
  const hidden = done ? (2 * rest * Math.sqrt((2 * n) / Math.PI)) / ((1 - confidence) / 2) : 0;
  // and the rounding of the basis, whose vectors are of length 1 up to 2^-1074 / β
  const rounding = 8 * n * UNIT_ROUND_OFF.float64 * (size + width) + n * Number.MIN_VALUE * ratio;
  const margin = ε * width + hidden + rounding;
  return {
    low: θ.low - margin,
    high: θ.high + margin,
    innerLow: θ.low,
    innerHigh: θ.high,
    method: "lanczos",
    certificate: { kind: "statistical", bound: margin, norm: "distance of low and high from the spectrum", fraction: 0, confidence },
    diagnostics: { steps, seed },
  };
}

interface Extremes {
  readonly θ: { readonly low: number; readonly high: number };
  /** The span has become invariant, up to `rest`. */
  readonly done: boolean;
  readonly rest: number;
  /** ‖T‖ over the smallest β, at least 1. */
  readonly ratio: number;
}

/** The extreme eigenvalues of T after so many steps. */
function* ritzExtremes(A: CheckedOperator, steps: number, seed: string): Steps<Extremes> {
  const [n] = A.shape;
  const rng = rngFor(seed, "linalg-core/spectrum-interval");
  const start = Float64Array.from({ length: n }, () => rng.normal());
  const length = euclideanNorm(start);
  const basis = startBasis(start.map((x) => x / length));
  const [diagonal, beside]: [number[], number[]] = [[], []];
  let size = 0;
  for (let k = 0; k < steps; k++) {
    yield pause(k, steps);
    yield* extendBasis(A, basis, size);
    diagonal.push(basis.T[k]![k]!);
    size = Math.max(size, Math.abs(diagonal[k]!), basis.β);
    if (basis.β === 0) break;
    beside.push(basis.β);
  }
  const θ = extremesOfTridiagonal(Float64Array.from(diagonal), Float64Array.from(beside.slice(0, diagonal.length - 1)));
  const least = beside.reduce((least, β) => Math.min(least, β), Infinity);
  return { θ, done: basis.β === 0 || diagonal.length === n, rest: basis.rest, ratio: Math.max(1, size / least) };
}
