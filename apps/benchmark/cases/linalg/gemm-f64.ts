/** float64 products: the type of most JavaScript linear algebra. */
import { gemmCase } from "./gemm.js";

export const benchCase = gemmCase("linalg/gemm-f64", "float64");
