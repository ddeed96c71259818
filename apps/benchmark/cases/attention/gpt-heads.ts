/**
 * The heads of a small causal character model: scores of 15 to 44, where no approximation keeps a promise. `auto` must say so and cost no
 * more than exact.
 */
import type { Case, Values } from "../../src/case.js";
import { meanOfValues } from "../../rivals/local/mean-of-values.js";
import { naiveAttention } from "../../rivals/local/naive-attention.js";
import { attentionContender } from "../rival-contenders.js";
import { errorOfMostRows, errorsOfRows, trueAttention, verifyClaim, type AttentionInput } from "./attention-input.js";
import { gptHead } from "./heads.js";
import { auto, exact } from "./ours.js";

const HEADS = ["0.0", "0.1", "0.2", "0.3", "1.0", "1.1", "1.2", "1.3"];
const sizes = HEADS.map((head) => ({ head, n: 1024 }));
const oneTask = ({ tasks }: AttentionInput): AttentionInput["tasks"][number] => tasks[0]!;

export const benchCase: Case<AttentionInput, Values> = {
  id: "attention/gpt-heads",
  question: "Where no approximation can keep its promise, does auto run exact, and what does deciding cost?",
  sizes: { quick: sizes, full: sizes },
  errorUnit: "row error that 2 % of the rows exceed, in spreads of V",
  allowedError: 0.01,
  input: ({ head, n }, context) => gptHead(context, Number(n), String(head)),
  reference: trueAttention,
  error: (output, truth, input) => errorOfMostRows(errorsOfRows(output, truth, input)),
  verify: verifyClaim,
  contenders: [
    exact,
    auto(0.01),
    ...attentionContender<AttentionInput>(meanOfValues, oneTask, { role: "trivial" }),
    ...attentionContender<AttentionInput>(naiveAttention, oneTask, { role: "rival", allowedError: 1e-3 }),
  ],
};
