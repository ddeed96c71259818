/** float64 products where there is no WebAssembly, against libraries in plain JavaScript. */
import { besides } from "../../rivals/side.js";
import { plainGemm } from "../../rivals/local/plain-product.js";
import type { Case, Values } from "../../src/case.js";
import type { GemmTask } from "../../rivals/rival.js";
import { gemmRivals } from "../rival-contenders.js";
import { gemmCase, square } from "./gemm.js";

const kind = "subquad without WebAssembly";

export const benchCase: Case<GemmTask, Values> = {
  ...gemmCase("linalg/js-backend", "float64", {
    question: "How fast is a float64 product without WebAssembly?",
    sizes: { quick: [], full: [128, 512].map(square) },
  }),
  contenders: [
    { name: kind, role: "ours", prepare: (task) => besides({ kind, task }) },
    { name: plainGemm.name, role: "rival", engine: plainGemm.engine, prepare: (task) => plainGemm.gemm!(task) },
    ...gemmRivals("float64").filter(({ engine }) => engine === "js"),
  ],
};
