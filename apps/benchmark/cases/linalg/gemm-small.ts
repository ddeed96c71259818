/** Small float64 products: from which size on is there something to gain over a plain loop? */
import { plainGemm } from "../../rivals/local/plain-product.js";
import { gemmCase, square } from "./gemm.js";

export const benchCase = gemmCase("linalg/gemm-small", "float64", {
  question: "From which size on does a small float64 product beat a plain loop?",
  sizes: { quick: [], full: [4, 8, 16, 32, 64].map(square) },
  peers: [{ name: plainGemm.name, role: "rival", engine: plainGemm.engine, prepare: (task) => plainGemm.gemm!(task) }],
});
