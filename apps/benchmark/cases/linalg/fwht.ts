/**
 * The Walsh-Hadamard transform of one long float32 row, copies included.
 *
 *   x  [n]  standard normal
 */
import { fwht, rngFor, view, type NdArray } from "@subquad/linalg-core";
import { plainFwht } from "../../rivals/local/plain-fwht.js";
import type { Case, Values } from "../../src/case.js";
import { relativeToNorm } from "../difference.js";
import { localRival } from "../rival-contenders.js";

export const benchCase: Case<Float32Array, Values> = {
  id: "linalg/fwht",
  question: "How fast is the Walsh-Hadamard transform, copies included?",
  sizes: { quick: [], full: [10, 14, 18].map((m) => ({ n: 2 ** m })) },
  errorUnit: "largest error, relative to ‖x‖₂",
  allowedError: 2e-6, // 18 levels, each one rounding of 6e-8; a wrong sign is an error of 2 x_j / ‖x‖ and more
  input: ({ n }, { seed }) => {
    const rng = rngFor(seed, `benchmark/fwht/${n}`);
    return Promise.resolve(new Float32Array(Number(n)).map(() => rng.normal()));
  },
  reference: (x) => Promise.resolve(byHalves(Float64Array.from(x))),
  error: relativeToNorm,
  contenders: [
    {
      name: "subquad",
      role: "ours",
      prepare: (x) => {
        const X = view(x, [x.length]);
        return Promise.resolve({ run: () => fwht(X), read: (y) => (y as NdArray).data as Values });
      },
    },
    localRival("plain radix 2", plainFwht),
  ],
};

/** By definition of the matrix: H_2n = [[H, H], [H, −H]]. */
function byHalves(x: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  if (x.length === 1) return x;
  const half = x.length / 2;
  const [top, bottom] = [byHalves(x.slice(0, half)), byHalves(x.slice(half))];
  return Float64Array.from(x, (_, k) => (k < half ? top[k]! + bottom[k]! : top[k - half]! - bottom[k - half]!));
}
