/**
 * The Fourier transform of one real float64 row, copies included.
 *
 *   x  [n]  standard normal     X_k = Σ_j x_j e^(−2πi jk/n), k = 0 … n/2: real parts, then imaginary parts
 */
import { rfft, rngFor, view, type NdArray } from "@subquad/linalg-core";
import type { Case, Values } from "../../src/case.js";
import { relativeToNorm } from "../difference.js";
import { rivalsFor } from "../rival-contenders.js";

interface Spectrum {
  readonly re: NdArray;
  readonly im: NdArray;
}

export const benchCase: Case<Float64Array, Values> = {
  id: "linalg/rfft",
  question: "How fast is the Fourier transform of real numbers, copies included?",
  sizes: { quick: [], full: [10, 14, 18].map((m) => ({ n: 2 ** m })) },
  errorUnit: "largest error, relative to ‖x‖₂",
  allowedError: 1e-12, // tables made by short recurrences stay below; a wrong entry is an error of 1e-3 and more at these lengths
  input: ({ n }, { seed }) => {
    const rng = rngFor(seed, `benchmark/rfft/${n}`);
    return Promise.resolve(new Float64Array(Number(n)).map(() => rng.normal()));
  },
  reference: (x) => {
    const { re, im } = byHalves(Float64Array.from(x));
    const half = x.length / 2 + 1;
    return Promise.resolve(Float64Array.from({ length: 2 * half }, (_, p) => (p < half ? re[p]! : im[p - half]!)));
  },
  error: relativeToNorm,
  contenders: [
    {
      name: "subquad",
      role: "ours",
      prepare: (x) => {
        const X = view(x, [x.length]);
        const read = (spectrum: unknown): Values => {
          const { re, im } = spectrum as Spectrum;
          return Float64Array.from([...(re.data as Float64Array), ...(im.data as Float64Array)]);
        };
        return Promise.resolve({ run: () => rfft(X), read });
      },
    },
    ...rivalsFor<Float64Array>(({ rfft: able }) => able && ((x) => able(x))),
  ],
};

/** Even and odd entries apart, every factor from sine and cosine themselves. */
function byHalves(x: Float64Array<ArrayBuffer>): { readonly re: Float64Array; readonly im: Float64Array } {
  const n = x.length;
  if (n === 1) return { re: x, im: new Float64Array(1) };
  const even = byHalves(x.filter((_, j) => j % 2 === 0));
  const odd = byHalves(x.filter((_, j) => j % 2 === 1));
  const [re, im] = [new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k < n / 2; k++) {
    const [c, s] = [Math.cos((2 * Math.PI * k) / n), Math.sin((2 * Math.PI * k) / n)];
    const [a, b] = [odd.re[k]! * c + odd.im[k]! * s, odd.im[k]! * c - odd.re[k]! * s];
    re[k] = even.re[k]! + a;
    im[k] = even.im[k]! + b;
    re[k + n / 2] = even.re[k]! - a;
    im[k + n / 2] = even.im[k]! - b;
  }
  return { re, im };
}
