/** Every rival library, and what it takes part in. */
import { eigen } from "./eigen.js";
import { fftJs, fourierTransform, mlFft } from "./ffts.js";
import { locate } from "./load.js";
import { jaxJs } from "./jax-js.js";
import { mathjs } from "./mathjs.js";
import { mlMatrix } from "./ml-matrix.js";
import { ndarrayGemm } from "./ndarray-gemm.js";
import { npyjs } from "./npyjs.js";
import { numeric } from "./numeric.js";
import { numpy } from "./numpy.js";
import { numpyTs } from "./numpy-ts.js";
import { onnxruntimeNode, onnxruntimeNodeFused, onnxruntimeWeb, onnxruntimeWebFused } from "./onnxruntime.js";
import { hasPython } from "./python-server.js";
import type { Rival } from "./rival.js";
import { scikitLearn, scipy } from "./scipy.js";
import { svdJs } from "./svd-js.js";
import { tfjsWasm } from "./tfjs-wasm.js";

export const rivals: readonly Rival[] = [
  onnxruntimeWeb,
  onnxruntimeWebFused,
  onnxruntimeNode,
  onnxruntimeNodeFused,
  tfjsWasm,
  jaxJs,
  numpyTs,
  eigen,
  ndarrayGemm,
  mlMatrix,
  numeric,
  svdJs,
  mathjs,
  fftJs,
  fourierTransform,
  mlFft,
  npyjs,
  numpy,
  scipy,
  scikitLearn,
];

/** Whether the packages of a rival can be found; they may still fail to load. */
export function isInstalled(rival: Rival): boolean {
  if (rival.python) return hasPython(rival.python);
  return rival.packages.every((name) => locate(name, rival.home) !== undefined);
}
