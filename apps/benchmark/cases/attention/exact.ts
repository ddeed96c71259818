/**
 * Exact attention, one head, float32, one thread: our streaming kernel against libraries that build the n x n scores.
 *
 *   d = 15  a real head     d = 64  synthetic, standard normal
 */
import type { Case, Size, Values } from "../../src/case.js";
import { rivals } from "../../rivals/index.js";
import { naiveAttention } from "../../rivals/local/naive-attention.js";
import { largestDifference } from "../difference.js";
import { attentionContender } from "../rival-contenders.js";
import { trueAttention, verifyClaim, type AttentionInput } from "./attention-input.js";
import { gaussianHead, ocrHeads } from "./heads.js";
import { exact } from "./ours.js";

const sizes = (d: number, lengths: readonly number[]): readonly Size[] => lengths.map((n) => ({ d, n }));

export const benchCase: Case<AttentionInput, Values> = {
  id: "attention/exact",
  question: "Who computes exact attention fastest, and what does the n x n matrix cost?",
  sizes: {
    quick: [...sizes(15, [1024, 2048]), ...sizes(64, [1024, 2048])],
    full: [...sizes(15, [1024, 2048, 4096, 8192]), ...sizes(64, [1024, 2048, 4096, 8192])],
  },
  errorUnit: "largest error of an entry",
  allowedError: 1e-5,
  input: ({ d, n }, context) =>
    d === 15 ? ocrHeads(context, Number(n), "0.0") : Promise.resolve(gaussianHead(context, Number(n), Number(d))),
  reference: trueAttention,
  error: largestDifference,
  verify: verifyClaim,
  contenders: [
    { ...exact, allowedError: 1e-5 },
    ...[naiveAttention, ...rivals].flatMap((rival) =>
      attentionContender<AttentionInput>(rival, ({ tasks }) => tasks[0]!, { role: "rival", allowedError: 1e-4 }),
    ),
  ],
};
