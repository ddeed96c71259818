import type { Certificate, NdArray, Plan, RunControl } from "@subquad/linalg-core";
import { expectTypeOf, test } from "vitest";
import {
  attention,
  attentionSync,
  exactAttention,
  exactAttentionSync,
  mergeAttention,
  nystromAttention,
  nystromAttentionSync,
  planAttention,
  type AttentionBounds,
  type AttentionDiagnostics,
  type AttentionOptions,
  type AttentionPlan,
  type AttentionResult,
  type HeadPlan,
  type HeadReport,
  type HeadsInput,
  type MethodName,
  type NamedAttentionOptions,
  type Refusal,
  type ShapeInput,
} from "../src/index.js";

declare const x: HeadsInput;
const tensor = { data: new Float32Array(24), shape: [2, 3, 4], stride: [12, 4, 1], offset: 0 };

test("promises and their Sync twins", () => {
  for (const call of [attention, exactAttention, nystromAttention]) expectTypeOf(call(x, x, x)).toEqualTypeOf<Promise<AttentionResult>>();
  for (const call of [attentionSync, exactAttentionSync, nystromAttentionSync])
    expectTypeOf(call(x, x, x)).toEqualTypeOf<AttentionResult>();
  expectTypeOf(attention).parameter(3).toEqualTypeOf<(AttentionOptions & RunControl) | undefined>();
  expectTypeOf(attentionSync).parameter(3).toEqualTypeOf<AttentionOptions | undefined>();
  expectTypeOf(planAttention({ q: x, k: x, v: x })).toEqualTypeOf<AttentionPlan>();
  expectTypeOf(mergeAttention([]).output).toEqualTypeOf<NdArray>();
});

test("what is accepted as an array", () => {
  expectTypeOf(tensor).toExtend<HeadsInput>();
  expectTypeOf<number[][]>().toExtend<HeadsInput>();
  expectTypeOf<Float32Array[]>().toExtend<HeadsInput>();
  expectTypeOf<NdArray>().toExtend<HeadsInput>();
  expectTypeOf<string>().not.toExtend<HeadsInput>();
  expectTypeOf<number>().not.toExtend<HeadsInput>();
});

test("options", () => {
  expectTypeOf<AttentionOptions["method"]>().toEqualTypeOf<"auto" | "exact" | "nystrom" | undefined>();
  expectTypeOf<AttentionOptions["causal"]>().toEqualTypeOf<boolean | { readonly offset: number } | undefined>();
  expectTypeOf<AttentionOptions["onMiss"]>().toEqualTypeOf<"exact" | "return" | "throw" | undefined>();
  expectTypeOf<AttentionOptions["toleranceUnit"]>().toEqualTypeOf<"spread" | "range" | "absolute" | undefined>();
  expectTypeOf<NamedAttentionOptions>().not.toHaveProperty("method");
  expectTypeOf<NamedAttentionOptions>().not.toHaveProperty("plan");
  // @ts-expect-error a method of a later part
  void attention(x, x, x, { method: "kde" });
  // @ts-expect-error a misspelt option
  void attention(x, x, x, { tolerence: 1e-2 });
  // @ts-expect-error control belongs to promises
  attentionSync(x, x, x, { threads: 2 });
  // @ts-expect-error the method is fixed by the name
  nystromAttentionSync(x, x, x, { method: "exact" });
  const options: AttentionOptions = {};
  // @ts-expect-error options are read-only
  options.seed = "1";
  void attention(x, x, x, {
    signal: new AbortController().signal,
    onProgress: (done, total) => expectTypeOf(done).toEqualTypeOf(total),
    threads: "auto",
  });
});

test("results", () => {
  const result = {} as AttentionResult;
  expectTypeOf(result.output).toEqualTypeOf<NdArray>();
  expectTypeOf(result.logSumExp).toEqualTypeOf<NdArray | undefined>();
  expectTypeOf(result.method).toEqualTypeOf<MethodName | "mixed">();
  expectTypeOf(result.certificate).toEqualTypeOf<Certificate>();
  expectTypeOf(result.bounds).toEqualTypeOf<AttentionBounds>();
  expectTypeOf(result.diagnostics).toEqualTypeOf<AttentionDiagnostics>();
  expectTypeOf(result.heads).toEqualTypeOf<readonly HeadReport[]>();
  expectTypeOf<HeadReport["refused"]>().toEqualTypeOf<readonly Refusal[]>();
  expectTypeOf(result.bounds.clip).toEqualTypeOf<readonly [low: NdArray, high: NdArray]>();
  if (result.certificate.kind === "statistical") expectTypeOf(result.certificate.confidence).toBeNumber();
  // @ts-expect-error results are read-only
  result.method = "exact";
});

test("plans", () => {
  expectTypeOf<AttentionPlan>().toExtend<Plan>();
  expectTypeOf<AttentionPlan["shape"]>().toEqualTypeOf<Required<ShapeInput>>();
  expectTypeOf<AttentionPlan["heads"]>().toEqualTypeOf<readonly HeadPlan[]>();
  planAttention({ queries: 1, keys: 1, keyDim: 1, valueDim: 1 });
  // @ts-expect-error a shape needs all of its lengths
  planAttention({ queries: 1, keys: 1 });
});
