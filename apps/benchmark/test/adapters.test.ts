import { matrixOracle } from "@subquad/sketch";
import { attentionOracle, matmulOracle, plain, testRandom } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import { AbsentError, type CaseContext, type Prepared, type Values } from "../src/case.js";
import { favor } from "../rivals/local/favor.js";
import { meanOfValues } from "../rivals/local/mean-of-values.js";
import { naiveAttention } from "../rivals/local/naive-attention.js";
import { rivals } from "../rivals/index.js";
import { plainConjugateGradient } from "../rivals/local/plain-conjugate-gradient.js";
import { plainCsrProduct } from "../rivals/local/plain-csr.js";
import { plainExp32, plainExp64 } from "../rivals/local/plain-exp.js";
import { plainFwht } from "../rivals/local/plain-fwht.js";
import { plainHalf } from "../rivals/local/plain-half.js";
import { uniformNystrom } from "../rivals/local/uniform-nystrom.js";
import { besides, type SideJob } from "../rivals/side.js";
import { plainGemm } from "../rivals/local/plain-product.js";
import type { AttentionTask, EmbeddingTask, GemmTask, MatrixJob, MatrixTask, SparseTask, TruncatedTask } from "../rivals/rival.js";
import { benchCase as choleskyCase } from "../cases/linalg/cholesky.js";
import { benchCase as eigSymmetricCase } from "../cases/linalg/eig-symmetric.js";
import { benchCase as leastSquaresCase } from "../cases/linalg/least-squares.js";
import { benchCase as luCase } from "../cases/linalg/lu.js";
import { benchCase as qrCase } from "../cases/linalg/qr.js";
import { benchCase as solveCase } from "../cases/linalg/solve.js";
import { benchCase as svdCase } from "../cases/linalg/svd.js";

const { normal } = testRandom("adapters");
const SIZE = { m: 8, k: 6, n: 10 };
const products = { float32: gemmTask("float32"), float64: gemmTask("float64") };
const head = attentionTask(16, 4, false);
const context: CaseContext = { seed: "7", threads: 1, once: (_, make) => make() };
/** [[1, 0, 2], [0, 4, 0]] times [[1, 0], [3.25, 2], [1, 0]]. */
const sparseTask: SparseTask = {
  m: 2,
  n: 3,
  p: 2,
  rowPointers: Int32Array.of(0, 2, 3),
  columns: Int32Array.of(0, 2, 1),
  values: Float64Array.of(1, 2, 4),
  B: Float64Array.of(1, 0, 3.25, 2, 1, 0),
};

function gemmTask(dtype: "float32" | "float64"): GemmTask {
  const make = (length: number): Values => (dtype === "float32" ? new Float32Array(length) : new Float64Array(length)).map(normal);
  return { ...SIZE, A: make(SIZE.m * SIZE.k), B: make(SIZE.k * SIZE.n) };
}

function attentionTask(n: number, d: number, causal: boolean): AttentionTask {
  const make = (): Float32Array => new Float32Array(n * d).map(normal);
  return { n, d, Q: make(), K: make(), V: make(), scale: 1 / Math.sqrt(d), causal };
}

/** 5 u₁ v₁ᵀ + 3 u₂ v₂ᵀ, the u and v of equal entries in the first and in the second half. */
function rankTwo(m: number, n: number): Float64Array {
  const size = 2 / Math.sqrt(m * n);
  return Float64Array.from({ length: m * n }, (_, p) => {
    const [low, right] = [Math.floor(p / n) >= m / 2, p % n >= n / 2];
    return low === right ? (low ? 3 : 5) * size : 0;
  });
}

function matrix(values: Values, rows: number, columns: number) {
  return plain(Float64Array.from(values), [rows, columns]);
}

function truth({ n, d, Q, K, V, causal }: AttentionTask): Float64Array {
  return attentionOracle(matrix(Q, n, d), matrix(K, n, d), matrix(V, n, d), { causal }).output.data;
}

/** Three runs, each read and released; null when the library is not installed. */
async function answers(prepare: () => Promise<Prepared<Values>>): Promise<readonly Values[] | null> {
  try {
    const prepared = await prepare();
    const read: Values[] = [];
    for (let run = 0; run < 3; run++) {
      const output = await prepared.run();
      read.push(await prepared.read(output));
      if (prepared.seconds) expect(prepared.seconds(output)).toBeGreaterThan(0);
      prepared.release?.(output);
    }
    await prepared.close?.();
    return read;
  } catch (error) {
    if (!(error instanceof AbsentError)) throw error;
    expect(error.message).toMatch(/not installed: (npm (start|run rivals)|needs python3)|not built|does not load/);
    return null;
  }
}

function expectClose(got: readonly Values[] | null, want: Float64Array, tolerance: number): void {
  for (const values of got ?? []) {
    expect(values).toHaveLength(want.length);
    for (const [p, value] of values.entries()) expect(Math.abs(value - want[p]!)).toBeLessThan(tolerance);
  }
}

describe("oracle", () => {
  const products64 = (task: GemmTask) => matmulOracle(matrix(task.A, SIZE.m, SIZE.k), matrix(task.B, SIZE.k, SIZE.n)).data;
  const multiplying = rivals.flatMap((rival) => (["float32", "float64"] as const).filter((dtype) => rival.gemmLimit?.[dtype]).map((dtype) => ({ rival, dtype, name: rival.name }))); // prettier-ignore
  test.each(multiplying.filter(({ rival }) => rival.gemm))(
    "$name multiplies $dtype, or says that it is absent",
    async ({ rival, dtype }) => {
      const task = products[dtype];
      // six products of normal numbers, summed in the type: 6 ulp of about 10
      expectClose(await answers(() => rival.gemm!(task)), products64(task), dtype === "float32" ? 1e-5 : 1e-13);
    },
  );

  test.each(["onnxruntime-web (2 threads)", "subquad without WebAssembly"] satisfies SideJob["kind"][])(
    "%s multiplies in a worker and says how long it took, or says that it is absent",
    async (kind) => {
      const [dtype, tolerance] = kind.startsWith("onnx") ? (["float32", 1e-5] as const) : (["float64", 1e-13] as const);
      expectClose(await answers(() => besides({ kind, task: products[dtype] })), products64(products[dtype]), tolerance);
    },
  );

  test("eigen leaves out the products that would break it, whatever their shape", () => {
    const unfit = rivals.find(({ name }) => name === "eigen")!.gemmUnfit!;
    const cube = (n: number) => unfit({ m: n, k: n, n });
    expect([32, 64, 132, 1024].map(cube)).toEqual([undefined, undefined, undefined, undefined]);
    expect(cube(128)).toContain("its stack runs over");
    expect(unfit({ m: 16384, k: 64, n: 256 })).toContain("its stack runs over");
  });

  test.each(rivals.filter(({ attention }) => attention))("$name attends, or says that it is absent", async (rival) => {
    expectClose(await answers(() => rival.attention!(head)), truth(head), 1e-5);
  });

  const judges = { svd: svdCase, eigSymmetric: eigSymmetricCase, qr: qrCase, cholesky: choleskyCase, lu: luCase, solve: solveCase, leastSquares: leastSquaresCase } as const; // prettier-ignore
  const decomposing = rivals.flatMap(({ name, matrix = {} }) =>
    (Object.keys(matrix) as MatrixJob[]).map((job) => ({ name, job, work: matrix[job]! })),
  );
  test.each(decomposing)("$name does $job, or says that it is absent", async ({ job, work }) => {
    const judge = judges[job];
    const task: MatrixTask = await judge.input({ n: 8 }, context);
    for (const answer of (await answers(() => work.prepare(task))) ?? []) {
      // in roundings: factors that are mixed up are off by 1e15; not every library is exact to a few
      expect(judge.error(answer, new Float64Array(0), task)).toBeLessThan(1e6);
    }
  });

  test.each(rivals.filter(({ sparse }) => sparse))("$name multiplies a sparse matrix, or says that it is absent", async (rival) => {
    expectClose(await answers(() => rival.sparse!(sparseTask)), plainCsrProduct(sparseTask), 1e-15);
  });

  test.each(rivals.filter(({ rfft }) => rfft))("$name transforms, or says that it is absent", async (rival) => {
    const x = Float64Array.of(1, 2, 3, 4);
    expectClose(await answers(() => rival.rfft!(x)), Float64Array.of(10, -2, -2, 0, 2, 0), 1e-14);
  });

  test.each(rivals.filter(({ exp }) => exp))("$name exponentiates, or says that it is absent", async (rival) => {
    const x = Float64Array.of(-1, 0, 2);
    expectClose(await answers(() => rival.exp!(x)), x.map(Math.exp), 1e-14); // 2 ulp of 7.4
  });

  test.each(rivals.filter(({ leverage }) => leverage))("$name scores rows, or says that it is absent", async (rival) => {
    const A = Float64Array.of(1, 0, 0, 1, 0, 1); // rows e₁, e₂, e₂
    expectClose(await answers(() => rival.leverage!({ m: 3, n: 2, A })), Float64Array.of(1, 0.5, 0.5), 1e-14);
  });

  test.each(rivals.filter(({ truncatedSvd }) => truncatedSvd))("$name truncates, or says that it is absent", async (rival) => {
    const [m, n, k] = [40, 24, 2];
    const task: TruncatedTask = {
      m,
      n,
      k,
      A: rankTwo(m, n).map((x) => x + 1e-6 * normal()),
      directions: new Float64Array(n * (k + 10)).map(normal),
    };
    for (const answer of (await answers(() => rival.truncatedSvd!(task))) ?? []) {
      expect(answer).toHaveLength((m + 1 + n) * k);
      expect([...answer.subarray(m * k, m * k + k)].map((x) => Math.round(1e3 * x) / 1e3)).toEqual([5, 3]);
      const product = (p: number): number =>
        [0, 1].reduce((sum, c) => sum + answer[Math.floor(p / n) * k + c]! * answer[m * k + c]! * answer[(m + 1 + (p % n)) * k + c]!, 0);
      expectClose([Float64Array.from(task.A, (_, p) => product(p))], task.A, 2e-5); // the norm of what was added is at most 1.2e-5 or so
    }
  });

  test.each(rivals.filter(({ embedding }) => embedding))("$name embeds a sparse matrix, or says that it is absent", async (rival) => {
    // one entry of 2: every nonzero of a column of S keeps its share of the norm
    const task: EmbeddingTask = { n: 50, d: 3, m: 16, nonzeros: 16, rowPointers: new Int32Array(51).fill(1, 8), columns: Int32Array.of(1), values: Float64Array.of(2) }; // prettier-ignore
    for (const SA of (await answers(() => rival.embedding!(task))) ?? []) {
      expect(SA).toHaveLength(16 * 3);
      expect(Float64Array.from(SA).reduce((sum, x) => sum + x * x, 0)).toBeCloseTo(4, 12);
      expect(SA.every((x, p) => x === 0 || p % 3 === 1)).toBe(true);
    }
  });

  test("our own loops are right", async () => {
    expectClose(await answers(() => plainGemm.gemm!(products.float64)), products64(products.float64), 1e-13);
    expect(plainCsrProduct(sparseTask)).toEqual(Float64Array.of(3, 0, 13, 8));
    expect(plainFwht(Float32Array.of(1, 0, 0, 2))).toEqual(Float32Array.of(3, -1, -1, 3));
    expect(plainExp32(Float32Array.of(1))[0]).toBeCloseTo(Math.E, 6);
    expect(plainExp64(Float64Array.of(1))[0]).toBe(Math.E);
    expect(plainHalf(Uint16Array.of(0x3c00, 0xc000, 1, 0x7bff, 0x7c00, 0x8000))).toEqual(
      Float32Array.of(1, -2, 2 ** -24, 65504, Infinity, -0),
    );
    const { rowPointers, columns, values } = { rowPointers: Int32Array.of(0, 2, 4), columns: Int32Array.of(0, 1, 0, 1), values: Float64Array.of(2, 1, 1, 3) }; // prettier-ignore
    const x = plainConjugateGradient({ rowPointers, columns, values, b: Float64Array.of(4, 7) }, 1e-12);
    expectClose([x], Float64Array.of(1, 2), 1e-11);
  });

  test("uniform columns of all rows leave nothing, and of none but one what it does not reach", () => {
    const K = matrixOracle([[4, 2, 0], [2, 5, 0], [0, 0, 9]]); // prettier-ignore
    expect(uniformNystrom(K, 3, "0")).toBeLessThan(1e-14);
    const left = [4 + 5 + 9 - (4 + 1), 4 + 5 + 9 - (5 + 4 / 5), 4 + 5]; // after the first, second or third column
    expect(left.map((trace) => Math.abs(uniformNystrom(K, 1, "0") - trace)).some((distance) => distance < 1e-14)).toBe(true);
  });

  test("the naive method is right, causal too", async () => {
    const causal = attentionTask(17, 3, true);
    expectClose(await answers(() => naiveAttention.attention!(head)), truth(head), 1e-6);
    expectClose(await answers(() => naiveAttention.attention!(causal)), truth(causal), 1e-6);
  });

  test("the mean of V is what equal scores give", async () => {
    const flat = { ...attentionTask(9, 3, true), Q: new Float32Array(27) };
    expectClose(await answers(() => meanOfValues.attention!(flat)), truth(flat), 1e-6);
  });

  test("FAVOR+ comes near the truth when scores are small", async () => {
    const small = { ...attentionTask(64, 4, false), scale: 0.05 };
    const want = attentionOracle(matrix(small.Q, 64, 4), matrix(small.K, 64, 4), matrix(small.V, 64, 4), { scale: 0.05 }).output.data;
    // scores of 0.1: 256 features leave a relative error of about 0.1 · 2/√256 on a weight, averaged over 64 keys
    expectClose(await answers(() => favor("0").attention!(small)), want, 0.02);
  });
});
