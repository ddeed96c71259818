import { expectTypeOf, test } from "vitest";
import {
  conjugateGradient,
  conjugateGradientSync,
  csr,
  expAction,
  expActionSync,
  lanczos,
  lanczosSync,
  lsqr,
  lsqrSync,
  spectrumInterval,
  spectrumIntervalSync,
  type Certificate,
  type ConjugateGradientResult,
  type ExpActionResult,
  type LanczosResult,
  type LinearOperator,
  type LsqrResult,
  type NdArray,
  type SpectrumIntervalResult,
} from "../src/index.js";

const operator: LinearOperator = { shape: [1, 1], apply: (x) => x };
const S = csr([1, 1], [0, 1], [0], [1]);
const signal = new AbortController().signal;

test("promises by the plain name, with the control of runs; values by Sync, without it", () => {
  expectTypeOf(conjugateGradient(operator, [1], { signal, threads: 2 })).toEqualTypeOf<Promise<ConjugateGradientResult>>();
  expectTypeOf(lsqr(S, [1], { onProgress: (done, total) => done / total })).toEqualTypeOf<Promise<LsqrResult>>();
  expectTypeOf(lanczos([[1]], { threads: "auto" })).toEqualTypeOf<Promise<LanczosResult>>();
  expectTypeOf(spectrumInterval(operator, { signal })).toEqualTypeOf<Promise<SpectrumIntervalResult>>();
  expectTypeOf(expAction(S, [[1, 2]], { signal })).toEqualTypeOf<Promise<ExpActionResult>>();
  expectTypeOf(conjugateGradientSync([[1]], [1])).toEqualTypeOf<ConjugateGradientResult>();
  expectTypeOf(lsqrSync([[1]], [1])).toEqualTypeOf<LsqrResult>();
  expectTypeOf(lanczosSync([[1]])).toEqualTypeOf<LanczosResult>();
  expectTypeOf(spectrumIntervalSync([[1]])).toEqualTypeOf<SpectrumIntervalResult>();
  expectTypeOf(expActionSync([[1]], [1])).toEqualTypeOf<ExpActionResult>();
  // @ts-expect-error a Sync twin has no signal
  conjugateGradientSync([[1]], [1], { signal });
  // @ts-expect-error nor threads
  lanczosSync([[1]], { threads: 2 });
});

test("options and results", () => {
  const { x, stopped, certificate } = conjugateGradientSync([[1]], [1], {
    tolerance: 1e-8,
    maxIterations: 3,
    preconditioner: operator,
    initial: [0],
    eigenvalueFloor: 1,
    onMiss: "return",
  });
  expectTypeOf(x).toEqualTypeOf<NdArray>();
  expectTypeOf(stopped).toEqualTypeOf<"tolerance" | "iterations" | "stagnation">();
  expectTypeOf(certificate).toEqualTypeOf<Certificate>();
  expectTypeOf(lsqrSync(S, [1], { damping: 1, preconditioner: S }).residualNorm).toBeNumber();
  expectTypeOf(lanczosSync(S, { count: 1, which: "smallest", start: [1], seed: 7, maxDimension: 1 }).values).toEqualTypeOf<NdArray>();
  expectTypeOf(spectrumIntervalSync(S, { steps: 1, confidence: 0.9, seed: "0" }).low).toBeNumber();
  expectTypeOf(expActionSync(S, [1], { time: -1, spectrumUpper: 0, maxDimension: 9 }).y).toEqualTypeOf<NdArray>();
  // @ts-expect-error both ends: spectrumInterval
  lanczosSync(S, { which: "both" });
  // @ts-expect-error an operator says its shape
  lsqrSync({ apply: (v: NdArray) => v }, [1]);
});
