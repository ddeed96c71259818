import { expectTypeOf, test } from "vitest";
import type { DType, NdArray } from "../src/array/types.js";
import type { Certificate } from "../src/certificate.js";
import {
  streamingAttention,
  streamingAttentionSync,
  type StreamingAttentionOptions,
  type StreamingAttentionResult,
} from "../src/attention/streaming.js";
import type { RunControl } from "../src/runtime/steps.js";

test("both forms", () => {
  expectTypeOf(streamingAttention).parameter(3).toEqualTypeOf<(StreamingAttentionOptions & RunControl) | undefined>();
  expectTypeOf(streamingAttentionSync).parameter(3).toEqualTypeOf<StreamingAttentionOptions | undefined>();
  expectTypeOf(streamingAttention).returns.resolves.toEqualTypeOf<StreamingAttentionResult>();
  expectTypeOf(streamingAttentionSync).returns.toEqualTypeOf<StreamingAttentionResult>();
  // @ts-expect-error three operands
  streamingAttentionSync([[1]], [[1]]);
  // @ts-expect-error a synchronous call has no signal
  streamingAttentionSync([[1]], [[1]], [[1]], { signal: AbortSignal.abort() });
});

test("result and options", () => {
  expectTypeOf<StreamingAttentionResult["output"]>().toEqualTypeOf<NdArray>();
  expectTypeOf<StreamingAttentionResult["logSumExp"]>().toEqualTypeOf<NdArray>();
  expectTypeOf<StreamingAttentionResult["method"]>().toEqualTypeOf<"exact">();
  expectTypeOf<StreamingAttentionResult["certificate"]>().toEqualTypeOf<Certificate>();
  expectTypeOf<StreamingAttentionResult["diagnostics"]["arithmetic"]>().toEqualTypeOf<DType>();
  expectTypeOf<StreamingAttentionOptions["causal"]>().toEqualTypeOf<boolean | { readonly offset: number } | undefined>();
  expectTypeOf<StreamingAttentionOptions["out"]>().toEqualTypeOf<NdArray | undefined>();
  streamingAttentionSync([[1]], [[1]], [[1]], { keyMask: [1], keyBias: new Float32Array(1), mask: [[0]] });
});
