/**
 * Matrices on which singular value decompositions are known to fail: how many answers of each library are wrong?
 *
 *   hard     rank 1, ones, zeros, one row, one column, equal values, Hilbert, entries near 1e±160
 *   random   5 x 12, 5 x 40 and 20 x 30, twenty each
 *
 * An answer is wrong when it is missing, has another shape, holds a NaN, is not in order or negative, or when ‖A − U S Vᵀ‖ or the departure of U
 * or V from orthogonality exceeds 50 in LAPACK's units. A library may leave NaN behind in memory that later answers are made in, as
 * numpy-ts does: the matrices that most libraries get right come first, all in one process.
 */
import { rngFor, svd, view, type Rng, type SvdResult } from "@subquad/linalg-core";
import type { Case, Contender, Prepared, Values } from "../../src/case.js";
import { rivals } from "../../rivals/index.js";
import type { MatrixTask } from "../../rivals/rival.js";
import { joined } from "../../rivals/rows.js";
import { svdError } from "./svd.js";

const THRESHOLD = 50;

export const benchCase: Case<readonly MatrixTask[], Values> = {
  id: "linalg/svd-battery",
  question: "Who decomposes difficult matrices rightly?",
  sizes: { quick: [{ matrices: "hard", n: 11 }], full: [{ matrices: "hard", n: 11 }, { matrices: "random", n: 60 }] }, // prettier-ignore
  errorUnit: "wrong answers",
  allowedError: 0,
  input: ({ matrices }, { seed }) => {
    const rng = rngFor(seed, `benchmark/svd-battery/${matrices}`);
    return Promise.resolve(matrices === "hard" ? hard(rng) : random(rng));
  },
  reference: () => Promise.resolve(new Float64Array(0)), // factors are judged by what they multiply to
  error: (answers, _, tasks) => {
    let [from, wrong] = [0, 0];
    for (const task of tasks) {
      const to = from + lengthOf(task);
      if (!(svdError(answers.subarray(from, to) as Float64Array, task) <= THRESHOLD)) wrong++;
      from = to;
    }
    return wrong;
  },
  contenders: [
    ours("subquad", "auto"),
    ours("golub-kahan", "golub-kahan"),
    ...rivals.flatMap(({ name, engine, matrix }): readonly Contender<readonly MatrixTask[], Values>[] => {
      const work = matrix?.svd;
      if (!work || engine === "native") return []; // LAPACK set the thresholds
      const prepare = async (tasks: readonly MatrixTask[]): Promise<Prepared<Values>> => together(tasks, await inOrder(tasks, work.prepare.bind(work))); // prettier-ignore
      return [{ name, role: "rival", engine, prepare }];
    }),
  ],
};

function ours(name: string, method: "auto" | "golub-kahan"): Contender<readonly MatrixTask[], Values> {
  return {
    name,
    role: "ours",
    prepare: (tasks) => {
      const prepared = tasks.map(({ m, n, A }): Prepared<Values> => {
        const a = view(A, [m, n]);
        return {
          run: () => svd(a, { method }),
          read: (result) => {
            const { U, s, V } = result as SvdResult;
            return joined(...[U!, s, V!].map(({ data }) => data as Float64Array));
          },
        };
      });
      return Promise.resolve(together(tasks, prepared));
    },
  };
}

/** All matrices one after the other; what throws leaves NaN. */
function together(tasks: readonly MatrixTask[], prepared: readonly Prepared<Values>[]): Prepared<Values> {
  const version = prepared[0]?.version;
  return {
    ...(version ? { version } : {}),
    run: () =>
      prepared.map((each) => {
        try {
          return each.run();
        } catch {
          return undefined;
        }
      }),
    read: async (outputs) => {
      const answers: ArrayLike<number>[] = [];
      for (const [i, output] of (outputs as readonly unknown[]).entries()) {
        const length = lengthOf(tasks[i]!);
        const answer = output === undefined ? [] : await readOrNothing(prepared[i]!, output);
        answers.push(answer.length === length ? answer : new Float64Array(length).fill(NaN));
      }
      return joined(...answers);
    },
    release: (outputs) => {
      for (const [i, output] of (outputs as readonly unknown[]).entries()) if (output !== undefined) prepared[i]!.release?.(output);
    },
    close: async () => {
      for (const each of prepared) await each.close?.();
    },
  };
}

async function readOrNothing(prepared: Prepared<Values>, output: unknown): Promise<ArrayLike<number>> {
  try {
    return await prepared.read(output);
  } catch {
    return [];
  }
}

async function inOrder<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

function lengthOf({ m, n }: MatrixTask): number {
  return (m + 1 + n) * Math.min(m, n);
}

function hard(rng: Rng): readonly MatrixTask[] {
  const normal = (): number => rng.normal();
  const one = (): number => 1;
  return [
    matrix(1, 6, normal),
    matrix(6, 1, normal),
    matrix(8, 8, (i, j) => (parity(i & j) ? -1 : 1)), // orthogonal times √8: all values are equal
    matrix(12, 12, (i, j) => 1 / (i + j + 1)),
    matrix(10, 10, () => 1e160 * normal()),
    matrix(10, 10, () => 1e-160 * normal()),
    matrix(6, 4, (i, j) => (i + 1) * (j - 2.5)),
    matrix(2, 2, one),
    matrix(4, 4, one),
    matrix(40, 40, one),
    matrix(5, 5, () => 0),
  ];
}

function random(rng: Rng): readonly MatrixTask[] {
  const shapes = [[20, 30], [5, 12], [5, 40]] as const; // prettier-ignore
  return shapes.flatMap(([m, n]) => Array.from({ length: 20 }, () => matrix(m, n, () => rng.normal())));
}

function matrix(m: number, n: number, entry: (i: number, j: number) => number): MatrixTask {
  return { m, n, A: Float64Array.from({ length: m * n }, (_, p) => entry(Math.floor(p / n), p % n)) };
}

/** Whether the number of ones in k is odd. */
function parity(k: number): boolean {
  return k.toString(2).replaceAll("0", "").length % 2 === 1;
}
