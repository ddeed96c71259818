export { attention, attentionSync } from "./attention.js";
export { exactAttention, exactAttentionSync, nystromAttention, nystromAttentionSync, type NamedAttentionOptions } from "./methods.js";
export { planAttention } from "./plan-attention.js";
export type * from "./types.js";
export { mergeAttention } from "@subquad/linalg-core";
