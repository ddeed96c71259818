/** What holds of every function of the package that takes a matrix. */
import { isNumericsError, view, type NdArray } from "@subquad/linalg-core";
import { gaussianArray } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import * as sketch from "../src/index.js";

interface Control {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}
type Call = (A: NdArray, control: Control) => Promise<unknown>;

const S = sketch.sampleSketch(sketch.sparseSign(64, 300));
const other = gaussianArray([64, 12], { seed: "sketched" });
const calls: Readonly<Record<string, Call>> = {
  applyLeft: (A, control) => S.applyLeft(A, control),
  applyRight: (A, control) => S.applyRight(view(A.data, [12, 300], [1, 12]), control),
  applyTranspose: (A, control) => sketch.sampleSketch(sketch.gaussian(300, 50)).applyTranspose(A, control),
  embedSubspace: (A, control) => sketch.embedSubspace(A, { epsilon: 0.9, failure: 0.5, ...control }),
  measureDistortion: (A, control) => sketch.measureDistortion(A, other, control),
  leverageScores: (A, control) => sketch.leverageScores(A, control),
  sampleRows: (A, control) => sketch.sampleRows(A, { count: 20, ...control }),
  sampleColumns: (A, control) => sketch.sampleColumns(A, { count: 5, by: "norm", ...control }),
  qbDecomposition: (A, control) => sketch.qbDecomposition(A, { rank: 4, ...control }),
  randomizedSvd: (A, control) => sketch.randomizedSvd(A, { rank: 4, ...control }),
  interpolativeDecomposition: (A, control) => sketch.interpolativeDecomposition(A, { rank: 4, ...control }),
  cur: (A, control) => sketch.cur(A, { rank: 4, ...control }),
  // asynchronous, since kernelOracle throws where all others reject
  psdLowRank: async (A, control) => sketch.psdLowRank(sketch.kernelOracle(A), { rank: 20, ...control }),
  measureFeatures: (A, control) => sketch.measureFeatures(sketch.tensorSketch(12, 64), A, control),
  monomialFeatures: (A, control) => sketch.monomialFeatures(12).apply(A, control),
  tensorSketch: (A, control) => sketch.tensorSketch(12, 64).apply(A, control),
  tensorTree: (A, control) => sketch.tensorTree(12, 64).apply(A, control),
  expFeatures: (A, control) => sketch.expFeatures(12, 200, 1, { tolerance: 50 }).apply(A, control),
};
const matrix = (): NdArray => view(gaussianArray([300, 12], { seed: "every", deviation: 0.2 }).data, [300, 12]);

/** Results compared by their numbers: functions are left out. */
function told(result: unknown): string {
  return JSON.stringify(result, (_, value: unknown) => (ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value));
}

describe("laws", () => {
  for (const [name, call] of Object.entries(calls)) {
    it(`${name}: A is not written to, and the same call has the same bits`, async () => {
      const A = matrix();
      const first = told(await call(A, {}));
      expect(A.data).toEqual(matrix().data);
      expect(told(await call(A, {}))).toBe(first);
    });
  }
});

describe("errors", () => {
  for (const [name, call] of Object.entries(calls)) {
    it(`${name}: aborted before, or at its first progress, rejects with the reason, and the next call is right`, async () => {
      const A = matrix();
      const wanted = told(await call(A, {}));
      const reason = new Error("enough");
      await expect(call(A, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      const controller = new AbortController();
      let [done, total] = [0, 1];
      const onProgress = (...seen: [number, number]): void => {
        [done, total] = seen;
        controller.abort(reason);
      };
      const outcome = await call(A, { signal: controller.signal, onProgress }).catch((error: unknown) => error);
      // a run that said only that it is done has its result
      if (controller.signal.aborted && done < total) expect(outcome).toBe(reason);
      else expect(outcome === reason || told(outcome) === wanted).toBe(true);
      expect(told(await call(A, {}))).toBe(wanted);
    });

    it(`${name}: a number that is not finite is an error that names its place, whichever it is`, async () => {
      for (const bad of [NaN, Infinity, -Infinity]) {
        for (const [i, j] of [
          [0, 0],
          [299, 11],
          [170, 5],
        ] as const) /* prettier-ignore */ {
          const A = matrix();
          A.data[12 * i + j] = bad;
          const error: unknown = await call(A, {}).catch((thrown: unknown) => thrown);
          if (!isNumericsError(error)) throw new Error(`no typed error: ${String(error)}`);
          expect(error.code).toBe("ERR_NON_FINITE");
          const place = name === "applyRight" ? `[${j}, ${i}]` : `[${i}, ${j}]`;
          expect(error.message).toContain(place);
        }
      }
    });
  }
});
