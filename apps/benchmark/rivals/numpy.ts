/** NumPy on one thread, for reference: machine code in a process of its own, timed there. */
import type { Prepared, Values } from "../src/case.js";
import { absentPython, operand, preparedPython } from "./python-server.js";
import type { MatrixJob, MatrixTask, MatrixWork, Rival } from "./rival.js";

export const numpy: Rival = {
  name: "NumPy",
  packages: [],
  python: "numpy",
  get: absentPython("NumPy").replace("not installed: ", ""),
  home: ".",
  engine: "native",
  licence: "BSD-3-Clause",
  fullOnly: true,
  gemmLimit: { float32: 4096, float64: 4096 },
  gemm: ({ m, k, n, A, B }) => preparedPython({ job: "gemm", operands: [operand(A, m, k), operand(B, k, n)] }),
  matrix: {
    svd: work("svd"),
    eigSymmetric: work("eigSymmetric"),
    qr: work("qr"),
    cholesky: work("cholesky"),
    solve: work("solve"),
    leastSquares: work("leastSquares"),
  },
  rfft: (x) => preparedPython({ job: "rfft", operands: [operand(x, x.length)] }),
  exp: (x) => preparedPython({ job: "exp", operands: [operand(x, x.length)] }),
  leverage: ({ m, n, A }) => preparedPython({ job: "leverage", operands: [operand(A, m, n)] }),
};

function work(job: MatrixJob): MatrixWork {
  const prepare = ({ m, n, A, p = 0, B }: MatrixTask): Promise<Prepared<Values>> =>
    preparedPython({ job, operands: [operand(A, m, n), ...(B ? [operand(B, m, p)] : [])] });
  return { limit: 1000, prepare };
}
