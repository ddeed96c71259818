// Compiled by the consumer test against the packed packages: strict, without skipLibCheck, as ESM and as CommonJS.
import { openSafetensors } from "@subquad/array-io";
import { attention, attentionSync, planAttention, type AttentionOptions, type AttentionResult } from "@subquad/attention-approx";
import { asArray, isNumericsError, matmul, type Certificate, type NdArray, type Plan, type RunControl } from "@subquad/linalg-core";
import { psdLowRank } from "@subquad/sketch";

const options: AttentionOptions & RunControl = { tolerance: 1e-2, signal: new AbortController().signal, threads: 1 };

export async function useAll(q: NdArray, k: NdArray, v: NdArray, bytes: Uint8Array): Promise<Certificate> {
  const plan: Plan = planAttention({ q, k, v }, { tolerance: 1e-2 });
  const result: AttentionResult = await attention(q, k, v, options);
  const same: NdArray = attentionSync(q, k, v).output;
  const product: NdArray = matmul(asArray([[1, plan.predicted.seconds]], "useAll(plan)"), same, { transposeA: false });
  const names: readonly string[] = (await openSafetensors(bytes)).names;
  if (names.length > product.size && typeof psdLowRank !== "function") throw new Error(result.method);
  return result.certificate;
}

export function code(error: unknown): string {
  return isNumericsError(error) ? error.code : "";
}
