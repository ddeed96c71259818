/**
 * Certified attention on the 16 heads of a text recogniser: `auto` at two tolerances against our own exact method, the trivial answer and
 * what other libraries offer.
 *
 *   head "l.h"  one head of layer l      head "layer 0"  its eight heads in one call      V's spread is the unit of the tolerance
 */
import type { Case, Contender, Size, Values } from "../../src/case.js";
import { rivals } from "../../rivals/index.js";
import { favor } from "../../rivals/local/favor.js";
import { meanOfValues } from "../../rivals/local/mean-of-values.js";
import { naiveAttention } from "../../rivals/local/naive-attention.js";
import { attentionContender } from "../rival-contenders.js";
import { errorOfMostRows, errorsOfRows, trueAttention, verifyClaim, type AttentionInput } from "./attention-input.js";
import { ocrHeads } from "./heads.js";
import { auto, exact } from "./ours.js";

const SHOWN = "0.0"; // the head on which every library is timed; the others compare our own methods
const UNBOUNDED = "1.3"; // scores reach 50: no low-rank method applies
const TOLERANCES = [0.01, 0.03];
const HEADS = Array.from({ length: 16 }, (_, t) => `${Math.floor(t / 8)}.${t % 8}`);
const onOneHead: Pick<Contender<AttentionInput, Values>, "hidden"> = { hidden: ({ head }) => head !== SHOWN };
const onTwoHeads: Pick<Contender<AttentionInput, Values>, "hidden"> = { hidden: ({ head }) => head !== SHOWN && head !== UNBOUNDED };
const oneTask = ({ tasks }: AttentionInput): AttentionInput["tasks"][number] => tasks[0]!;

export const benchCase: Case<AttentionInput, Values> = {
  id: "attention/real-heads",
  question: "On real heads, how much faster is an answer within a certified tolerance?",
  sizes: {
    quick: [...lengths([1024, 2048, 4096], [SHOWN]), ...lengths([8192], ["layer 0", ...HEADS])],
    full: [...lengths([512], [SHOWN]), ...lengths([1024, 2048, 4096, 8192], ["layer 0", "layer 1", ...HEADS])],
  },
  errorUnit: "row error that 2 % of the rows exceed, in spreads of V",
  allowedError: Math.max(...TOLERANCES),
  input: ({ head, n }, context) => ocrHeads(context, Number(n), String(head)),
  reference: trueAttention,
  error: (output, truth, input) => errorOfMostRows(errorsOfRows(output, truth, input)),
  verify: verifyClaim,
  contenders: [
    exact,
    ...TOLERANCES.map(auto),
    ...attentionContender<AttentionInput>(meanOfValues, oneTask, { role: "trivial", ...onTwoHeads }),
    ...attentionContender<AttentionInput>(favor("0"), oneTask, { role: "rival", ...onTwoHeads }),
    ...[naiveAttention, ...rivals].flatMap((rival) =>
      attentionContender<AttentionInput>(rival, oneTask, { role: "rival", allowedError: 1e-3, ...onOneHead }),
    ),
  ],
};

function lengths(ns: readonly number[], heads: readonly string[]): readonly Size[] {
  return ns.flatMap((n) => heads.map((head) => ({ head, n })));
}
