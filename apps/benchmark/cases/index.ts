/** All cases, in the order of a run: an interrupted run still holds something of everything. */
import type { Case } from "../src/case.js";
import { benchCase as attentionExact } from "./attention/exact.js";
import { benchCase as gptHeads } from "./attention/gpt-heads.js";
import { benchCase as realHeads } from "./attention/real-heads.js";
import { benchCase as gemmF32 } from "./linalg/gemm-f32.js";
import { benchCase as gemmF64 } from "./linalg/gemm-f64.js";
import { benchCase as threads } from "./linalg/threads.js";

export const cases: readonly Case[] = [gemmF32, attentionExact, gptHeads, realHeads, gemmF64, threads];
