/** SciPy and scikit-learn on one thread, for reference: machine code in the process that serves NumPy, timed there. */
import type { Prepared, Values } from "../src/case.js";
import { absentPython, operand, preparedPython } from "./python-server.js";
import type { EmbeddingTask, Rival, TruncatedTask } from "./rival.js";

const common = { packages: [], home: ".", engine: "native", licence: "BSD-3-Clause", fullOnly: true } as const;

export const scipy: Rival = {
  ...common,
  name: "SciPy",
  python: "scipy",
  get: absentPython("SciPy").replace("not installed: ", ""),
  truncatedSvd: (task) => truncated("svds", task),
  embedding: (task) => embedded("clarksonWoodruff", task),
};

export const scikitLearn: Rival = {
  ...common,
  name: "scikit-learn",
  python: "sklearn",
  get: absentPython("scikit-learn").replace("not installed: ", ""),
  truncatedSvd: (task) => truncated("randomizedSvd", task),
  embedding: (task) => embedded("sparseRandomProjection", task),
};

function truncated(job: string, { m, n, A, k }: TruncatedTask): Promise<Prepared<Values>> {
  return preparedPython({ job, operands: [operand(A, m, n)], parameters: { k } });
}

function embedded(job: string, { n, d, m, nonzeros, rowPointers, columns, values }: EmbeddingTask): Promise<Prepared<Values>> {
  const operands = [values, columns, rowPointers].map((part) => operand(part, part.length));
  return preparedPython({ job, operands, parameters: { shape: [n, d], rows: m, nonzeros } });
}
