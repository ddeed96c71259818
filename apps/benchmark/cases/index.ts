/** All cases in the order of a run: something of every package first, what the project is about last, where it stays on the screen. */
import type { Case } from "../src/case.js";
import { benchCase as attentionExact } from "./attention/exact.js";
import { benchCase as gptHeads } from "./attention/gpt-heads.js";
import { benchCase as realHeads } from "./attention/real-heads.js";
import { benchCase as half } from "./io/half.js";
import { benchCase as npy } from "./io/npy.js";
import { benchCase as npyRows } from "./io/npy-rows.js";
import { benchCase as cholesky } from "./linalg/cholesky.js";
import { benchCase as conjugateGradient } from "./linalg/conjugate-gradient.js";
import { benchCase as eigSymmetric } from "./linalg/eig-symmetric.js";
import { benchCase as exp } from "./linalg/exp.js";
import { benchCase as fwht } from "./linalg/fwht.js";
import { benchCase as gemmF32 } from "./linalg/gemm-f32.js";
import { benchCase as gemmF64 } from "./linalg/gemm-f64.js";
import { benchCase as gemmSmall } from "./linalg/gemm-small.js";
import { benchCase as gram } from "./linalg/gram.js";
import { benchCase as jsBackend } from "./linalg/js-backend.js";
import { benchCase as leastSquares } from "./linalg/least-squares.js";
import { benchCase as lu } from "./linalg/lu.js";
import { benchCase as qr } from "./linalg/qr.js";
import { benchCase as rfft } from "./linalg/rfft.js";
import { benchCase as signProducts } from "./linalg/sign-products.js";
import { benchCase as solve } from "./linalg/solve.js";
import { benchCase as sparse } from "./linalg/sparse.js";
import { benchCase as streamingAttention } from "./linalg/streaming-attention.js";
import { benchCase as strides } from "./linalg/strides.js";
import { benchCase as svd } from "./linalg/svd.js";
import { benchCase as svdBattery } from "./linalg/svd-battery.js";
import { benchCase as threads } from "./linalg/threads.js";
import { benchCase as sketchAccumulator } from "./sketch/accumulator.js";
import { benchCase as distortion } from "./sketch/distortion.js";
import { benchCase as families } from "./sketch/families.js";
import { benchCase as hardInputs } from "./sketch/hard-inputs.js";
import { benchCase as sketchHeads } from "./sketch/heads.js";
import { benchCase as leverage } from "./sketch/leverage.js";
import { benchCase as psdLowRank } from "./sketch/psd-low-rank.js";
import { benchCase as randomizedSvd } from "./sketch/randomized-svd.js";
import { benchCase as sizeSweep } from "./sketch/size-sweep.js";
import { benchCase as sparseEmbedding } from "./sketch/sparse-embedding.js";

export const cases: readonly Case[] = [
  gemmF32,
  attentionExact,
  gptHeads,
  gemmF64,
  gemmSmall,
  jsBackend,
  gram,
  strides,
  svdBattery,
  svd,
  eigSymmetric,
  qr,
  cholesky,
  lu,
  solve,
  leastSquares,
  sparse,
  conjugateGradient,
  exp,
  fwht,
  rfft,
  signProducts,
  streamingAttention,
  npy,
  npyRows,
  half,
  threads,
  families,
  hardInputs,
  sizeSweep,
  sparseEmbedding,
  sketchAccumulator,
  distortion,
  leverage,
  randomizedSvd,
  psdLowRank,
  sketchHeads,
  realHeads,
];
