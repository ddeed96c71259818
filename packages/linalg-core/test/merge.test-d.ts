import { expectTypeOf, test } from "vitest";
import type { MatrixInput, NdArray, VectorInput } from "../src/array/types.js";
import { mergeAttention, type AttentionPart } from "../src/attention/merge.js";
import { streamingAttentionSync } from "../src/attention/streaming.js";

test("parts in, one part out", () => {
  expectTypeOf<Parameters<typeof mergeAttention>>().toEqualTypeOf<[parts: readonly AttentionPart[]]>();
  expectTypeOf(mergeAttention).returns.toEqualTypeOf<{ readonly output: NdArray; readonly logSumExp: NdArray }>();
  expectTypeOf<AttentionPart>().toEqualTypeOf<{ readonly output: MatrixInput; readonly logSumExp: VectorInput }>();
  const part = streamingAttentionSync([[1]], [[1]], [[1]]);
  mergeAttention([part, mergeAttention([part]), { output: [[1]], logSumExp: [0] }]);
  // @ts-expect-error both are needed
  mergeAttention([{ output: [[1]] }]);
});
