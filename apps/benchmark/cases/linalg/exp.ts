/** eˣ of a long vector, its way into compute memory and back included: x normal, of standard deviation 5. */
import { exp, rngFor, view, type NdArray } from "@subquad/linalg-core";
import { plainExp32, plainExp64 } from "../../rivals/local/plain-exp.js";
import type { Case, Values } from "../../src/case.js";
import { localRival, rivalsFor } from "../rival-contenders.js";

const sizes = ["float32", "float64"].map((dtype) => ({ dtype, n: 1_000_000 }));

export const benchCase: Case<Values, Values> = {
  id: "linalg/exp",
  question: "How much faster than Math.exp are a million exponentials?",
  sizes: { quick: [], full: sizes },
  errorUnit: "ulp of the type, relative to Math.exp in float64",
  allowedError: 2, // one of ours and of others, one of Math.exp itself
  input: ({ dtype, n }, { seed }) => {
    const rng = rngFor(seed, "benchmark/exp");
    return Promise.resolve((dtype === "float32" ? new Float32Array(Number(n)) : new Float64Array(Number(n))).map(() => 5 * rng.normal()));
  },
  reference: (x) => Promise.resolve(Float64Array.from(x, (value) => Math.exp(value))),
  error: (y, reference, x) => {
    const ulp = x instanceof Float32Array ? 2 ** -23 : 2 ** -52;
    let worst = y.length === x.length ? 0 : NaN;
    for (let p = 0; p < y.length; p++) {
      const error = Math.abs(y[p]! - reference[p]!) / (reference[p]! * ulp);
      if (!(error <= worst)) worst = error; // a NaN stays
    }
    return worst;
  },
  contenders: [
    {
      name: "subquad",
      role: "ours",
      prepare: (x) => {
        const X = view(x, [x.length]);
        return Promise.resolve({ run: () => exp(X), read: (y) => (y as NdArray).data as Values });
      },
    },
    localRival("Math.exp loop", (x) => (x instanceof Float32Array ? plainExp32(x) : plainExp64(x))),
    ...rivalsFor<Values>(({ exp: able }) => able && ((x) => able(x))),
  ],
};
