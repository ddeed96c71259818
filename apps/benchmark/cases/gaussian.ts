/** Seeded standard normal matrices. */
import { rngFor, view, type NdArray } from "@subquad/linalg-core";

/**
 * Independent standard normal entries, float32.
 * @param seed of the run.
 * @param name of the matrix; different names give independent matrices.
 * @param rows n.
 * @param columns d.
 * @returns shape [n, d].
 */
export function gaussian(seed: string, name: string, rows: number, columns: number): NdArray {
  const rng = rngFor(seed, `benchmark/${name}/${rows}`);
  return view(
    new Float32Array(rows * columns).map(() => rng.normal()),
    [rows, columns],
  );
}
