/** Matrices on which certificates have to be honest, drawn by seeds, written without the packages under test. */
import { testRandom, type TestRandom } from "@subquad/test-kit";
import type { Dense } from "./dense.js";
import { withSingularValues } from "./spectra.js";

type Make = (n: number, d: number, random: TestRandom) => Dense;

function normal(n: number, d: number, { normal: next }: TestRandom): Dense {
  return Float64Array.from({ length: n * d }, () => next());
}

/** Of singular values s(0), s(1), … */
function steered(n: number, d: number, random: TestRandom, s: (j: number) => number): Dense {
  return withSingularValues(n, d, (j) => s(j - 1), `steered/${random.below(2 ** 30)}`).A;
}

/** Of full column rank where n ≥ d, but for rounding. */
export const fullRank: Readonly<Record<string, Make>> = {
  normal,
  "condition 1e8": (n, d, random) => steered(n, d, random, (c) => 10 ** ((-8 * c) / Math.max(1, Math.min(n, d) - 1))),
  "condition 1e10": (n, d, random) => steered(n, d, random, (c) => 10 ** ((-10 * c) / Math.max(1, Math.min(n, d) - 1))),
  "one direction a million times the others": (n, d, random) => steered(n, d, random, (c) => (c === 0 ? 1e6 : 1)),
  "coherent: the identity above small numbers": (n, d, random) =>
    normal(n, d, random).map((x, p) => (Math.floor(p / d) === p % d ? 1 : 1e-9 * x)),
  "spiky rows": (n, d, random) => {
    const sizes = Float64Array.from({ length: n }, () => (random.uniform() < 0.2 ? 1e7 : 1));
    return normal(n, d, random).map((x, p) => x * sizes[Math.floor(p / d)]!);
  },
  "graded columns": (n, d, random) => normal(n, d, random).map((x, p) => x * 10 ** (-2 * (p % d))),
  "duplicated rows": (n, d, random) => {
    const distinct = Math.min(n, d + 2);
    const A = normal(distinct, d, random);
    return Float64Array.from({ length: n * d }, (_, p) => A[(Math.floor(p / d) % distinct) * d + (p % d)]!);
  },
  "columns 1e-9 apart": (n, d, random) => {
    const A = normal(n, d, random);
    return A.map((x, p) => (p % d === 0 ? x : A[p - (p % d)]! + 1e-9 * x));
  },
};

/** These, and some that lack rank, exactly or but for rounding. */
export const anyRank: Readonly<Record<string, Make>> = {
  ...fullRank,
  "rank a third": (n, d, random) => steered(n, d, random, (c) => (3 * c < Math.min(n, d) ? 1 : 0)),
  "a cliff of 1e-13": (n, d, random) => steered(n, d, random, (c) => (3 * c < Math.min(n, d) ? 1 : 1e-13)),
  "equal columns": (n, d, random) => {
    const A = normal(n, d, random);
    return A.map((_, p) => A[p - (p % d) + (p % 2)]!);
  },
  "rank one and one entry": (n, d, random) => {
    const [x, y] = [normal(n, 1, random), normal(1, d, random)];
    return Float64Array.from({ length: n * d }, (_, p) => x[Math.floor(p / d)]! * y[p % d]! + (p === d + 1 ? 1e-5 : 0));
  },
  "mostly zeros": (n, d, random) => normal(n, d, random).map((x) => (random.uniform() < 0.85 ? 0 : x)),
  zeros: (n, d) => new Float64Array(n * d),
};

/** Binary exponents of the scales 1, 1e150 and 1e-150, twice an even number. */
export const exponents: readonly number[] = [0, 498, -498, 0];

/** Case `at` of those of a kind: seeded by its number. */
export function hard(kind: Make, n: number, d: number, at: number): Dense {
  return kind(n, d, testRandom(`hard/${at}/${n}/${d}`));
}

/** x 2^e, in two steps that do not overflow. */
export function scaled(x: Float64Array, e: number): Dense {
  const [first, second] = [2 ** Math.trunc(e / 2), 2 ** (e - Math.trunc(e / 2))];
  return Float64Array.from(x, (value) => value * first * second);
}

/** B T and B, n × d and n × r, of integers below 2^20: T is the identity and combinations of its columns, so that sums with B are exact. */
export function deficient(n: number, r: number, d: number, at: number): { A: Dense; B: Dense } {
  const random = testRandom(`deficient/${at}`);
  const isCoherent = random.below(3) === 0;
  const B = Float64Array.from({ length: n * r }, (_, p) => {
    const [i, j] = [Math.floor(p / r), p % r];
    if (isCoherent) return i === 3 * j ? 1000 : i % 11 === 0 ? random.below(3) - 1 : 0;
    return random.below(2 ** 19) - 2 ** 18;
  });
  const T = Float64Array.from({ length: r * d }, (_, p) => (p % d < r ? Number(Math.floor(p / d) === p % d) : random.below(7) - 3));
  const A = new Float64Array(n * d);
  for (let i = 0; i < n; i++) for (let c = 0; c < r; c++) for (let j = 0; j < d; j++) A[i * d + j]! += B[i * r + c]! * T[c * d + j]!;
  return { A, B };
}

/** G Gᵀ of short numbers, N × N: every entry is exact, so that it is positive semidefinite and not only nearly so. */
export function exactlySemidefinite(N: number, at: number): Dense {
  const random = testRandom(`semidefinite/${at}`);
  const columns = [2, Math.ceil(N / 3), N, N + 3][random.below(4)]!;
  const decay = random.below(3) * (22 / columns); // the last column is 2^−22 or 2^−44 of the first, or as large
  const distinct = random.below(3) === 0 ? Math.ceil(N / 2) : N; // duplicated points
  const grades = random.below(2) === 0 ? 1 : 3;
  const size = Float64Array.from({ length: N }, () => 2 ** -random.below(grades));
  const G = Float64Array.from({ length: N * columns }, (_, p) => {
    const [i, c] = [Math.floor(p / columns), p % columns];
    return i < distinct ? (random.below(17) - 8) * 2 ** -Math.floor(decay * c * 0.4) * size[i]! : 0;
  });
  for (let i = distinct; i < N; i++) G.copyWithin(i * columns, (i - distinct) * columns, (i - distinct + 1) * columns);
  const K = new Float64Array(N * N);
  for (let i = 0; i < N; i++)
    for (let j = 0; j < N; j++) for (let c = 0; c < columns; c++) K[i * N + j]! += G[i * columns + c]! * G[j * columns + c]!;
  return K;
}
