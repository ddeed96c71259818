/** float32 products: the case every WebAssembly library takes part in. */
import { gemmCase } from "./gemm.js";

export const benchCase = gemmCase("linalg/gemm-f32", "float32");
