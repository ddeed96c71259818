/** All cases in the order of a run: something of every package first, what the project is about last, where it stays on the screen. */
import type { Case } from "../src/case.js";
import { benchCase as attentionExact } from "./attention/exact.js";
import { benchCase as gptHeads } from "./attention/gpt-heads.js";
import { benchCase as realHeads } from "./attention/real-heads.js";
import { benchCase as gemmF32 } from "./linalg/gemm-f32.js";
import { benchCase as gemmF64 } from "./linalg/gemm-f64.js";
import { benchCase as threads } from "./linalg/threads.js";

export const cases: readonly Case[] = [gemmF32, attentionExact, gptHeads, gemmF64, threads, realHeads];
