/**
 * Low-rank factors of a Gaussian kernel of points in clusters, by accelerated and by plain randomly pivoted Cholesky.
 *
 *   points  [n, 6]     K  [n, n]  e^(−‖x_i − x_j‖² / 2ℓ²), ℓ = √6     F  [n, k]     judged by tr(K − F Fᵀ) / tr K
 */
import { rngFor, view } from "@subquad/linalg-core";
import { kernelOracle, psdLowRankSync, type PsdLowRank } from "@subquad/sketch";
import type { Case, Contender, Values } from "../../src/case.js";

interface Task {
  readonly n: number;
  readonly k: number;
  readonly points: Float64Array;
}

const CLUSTERS = 40;
const COORDINATES = 6;

export const benchCase: Case<Task, Values> = {
  id: "sketch/psd-low-rank",
  question: "What do blocks of pivots save?",
  sizes: { quick: [], full: [{ n: 4096, k: 256 }, { n: 18_914, k: 1000 }] }, // prettier-ignore
  errorUnit: "residual trace over trace",
  allowedError: 0.2,
  input: ({ n, k }, { seed }) => {
    const rng = rngFor(seed, `benchmark/psd/${n}`);
    const centres = Float64Array.from({ length: CLUSTERS * COORDINATES }, () => 3 * rng.normal());
    const points = new Float64Array(Number(n) * COORDINATES);
    for (let i = 0; i < Number(n); i++) {
      const c = rng.below(CLUSTERS);
      for (let j = 0; j < COORDINATES; j++) points[i * COORDINATES + j] = centres[c * COORDINATES + j]! + 0.5 * rng.normal();
    }
    return Promise.resolve({ n: Number(n), k: Number(k), points });
  },
  reference: () => Promise.resolve(new Float64Array(1)),
  error: ([residual, trace]) => residual! / trace!,
  contenders: (["accelerated", "rpcholesky"] as const).map((method): Contender<Task, Values> => ({
    name: method,
    role: "ours",
    prepare: ({ n, k, points }, { seed }) => {
      const oracle = kernelOracle(view(points, [n, COORDINATES]), { kernel: "gaussian", lengthScale: Math.sqrt(COORDINATES) });
      return Promise.resolve({
        run: () => psdLowRankSync(oracle, { rank: k, method, seed }),
        read: (low) => Float64Array.of((low as PsdLowRank).residualTrace, (low as PsdLowRank).trace),
      });
    },
  })),
};
