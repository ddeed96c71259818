/**
 * The trivial answer: every query gets the mean of the values it can see.
 */
import { matrixShape, type PlainArray, type Strided } from "./arrays.js";
import { overHeads } from "./heads.js";

/**
 * Mean of V, the answer every approximation must beat.
 * @param Q shape [.., n, d]; only its shape matters.
 * @param K shape [.., m, d]; only its shape matters.
 * @param V shape [.., m, dv].
 * @param options `causal`: mean over keys j ≤ i + offset only.
 * @returns shape [.., n, dv]; zeros where no key is visible.
 */
export function meanAttention(
  Q: Strided,
  K: Strided,
  V: Strided,
  options: { readonly causal?: boolean | { readonly offset: number } } = {},
): PlainArray {
  const { causal = false } = options;
  const { n } = matrixShape(Q);
  const offset = causal === false ? Infinity : causal === true ? 0 : causal.offset;
  return overHeads("meanAttention", Q, K, V, n, ({ V: values, m, dv }) => {
    const O = new Float64Array(n * dv);
    const sum = new Float64Array(dv);
    for (let i = 0, j = 0; i < n; i++) {
      for (; j < m && j <= i + offset; j++) {
        for (let c = 0; c < dv; c++) sum[c]! += values[j * dv + c]!;
      }
      if (j > 0) for (let c = 0; c < dv; c++) O[i * dv + c] = sum[c]! / j;
    }
    return O;
  });
}
