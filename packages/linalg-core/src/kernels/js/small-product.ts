/**
 * Products of small matrices, as in assembly/small-product.ts: each entry one sum, from 0, ascending along k.
 */
import type { ComputeMemory } from "../abi.js";
import { round, type Real } from "./real.js";

export function smallProduct(memory: ComputeMemory, real: Real, m: number, n: number, k: number, a: number, b: number, c: number): number {
  const { bytes, single } = real;
  const v = real.view(memory);
  const [A, B, C] = [a / bytes, b / bytes, c / bytes];
  let isFinite = true;
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let l = 0; l < k; l++) sum = round(single, sum + round(single, v[A + i * k + l]! * v[B + l * n + j]!));
      v[C + i * n + j] = sum;
      isFinite &&= Number.isFinite(sum);
    }
  }
  return isFinite ? 1 : 0;
}
