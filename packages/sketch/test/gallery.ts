/** Point sets that are easy for some choices of pivots and hard for others, with the length scale to take. */
import { testRandom } from "@subquad/test-kit";

export interface Gallery {
  readonly points: number[][];
  readonly lengthScale: number;
}

/** n points of the plane each. */
export const galleries: Readonly<Record<string, (n: number) => Gallery>> = {
  /** A face: nine tenths of the points on its outline, the rest two eyes and a mouth. */
  smile: (n) => {
    const { normal, uniform } = testRandom("smile");
    const points = Array.from({ length: n }, (_, i) => {
      if (i < 0.9 * n)
        return [10 * Math.cos(2 * Math.PI * uniform()) + 0.1 * normal(), 10 * Math.sin(2 * Math.PI * uniform()) + 0.1 * normal()];
      if (i < 0.95 * n) return [(i % 2 === 0 ? -4 : 4) + 0.3 * normal(), 4 + 0.3 * normal()];
      const x = 12 * uniform() - 6;
      return [x, -6 + x * x / 12]; // prettier-ignore
    });
    return { points, lengthScale: 2 };
  },
  /** A logarithmic spiral, dense at its centre and sparse outside. */
  spiral: (n) => ({
    points: Array.from({ length: n }, (_, i) => {
      const t = (8 * Math.PI * i) / n;
      const radius = Math.exp(0.2 * t);
      return [radius * Math.cos(t), radius * Math.sin(t)];
    }),
    lengthScale: 10,
  }),
  /** One cluster, and a tenth of the points far from everything. */
  outliers: (n) => {
    const { normal } = testRandom("outliers");
    return {
      points: Array.from({ length: n }, (_, i) => (i < 0.9 * n ? [0.2 * normal(), 0.2 * normal()] : [1000 * normal(), 1000 * normal()])),
      lengthScale: 1,
    };
  },
  /** Two sets of different width: one that a few pivots explain, and one that takes many. */
  "two scales": (n) => {
    const { normal } = testRandom("two scales");
    return {
      points: Array.from({ length: n }, (_, i) => (i % 2 === 0 ? [0.05 * normal(), 0.05 * normal()] : [100 + 3 * normal(), 3 * normal()])),
      lengthScale: 1,
    };
  },
};
