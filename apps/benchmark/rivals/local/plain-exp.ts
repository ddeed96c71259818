/** The exponential of every entry by `Math.exp`; one function a type, so that no loop sees two kinds of arrays. */

/** eˣ, float32. */
export function plainExp32(x: Float32Array): Float32Array {
  const y = new Float32Array(x.length);
  for (let p = 0; p < x.length; p++) y[p] = Math.exp(x[p]!);
  return y;
}

/** eˣ, float64. */
export function plainExp64(x: Float64Array): Float64Array {
  const y = new Float64Array(x.length);
  for (let p = 0; p < x.length; p++) y[p] = Math.exp(x[p]!);
  return y;
}
