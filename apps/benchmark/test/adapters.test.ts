import { attentionOracle, matmulOracle, plain, testRandom } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import { AbsentError, type Prepared, type Values } from "../src/case.js";
import { favor } from "../rivals/local/favor.js";
import { meanOfValues } from "../rivals/local/mean-of-values.js";
import { naiveAttention } from "../rivals/local/naive-attention.js";
import { rivals } from "../rivals/index.js";
import type { AttentionTask, GemmTask } from "../rivals/rival.js";

const { normal } = testRandom("adapters");
const SIZE = { m: 8, k: 6, n: 10 };
const products = { float32: gemmTask("float32"), float64: gemmTask("float64") };
const head = attentionTask(16, 4, false);

function gemmTask(dtype: "float32" | "float64"): GemmTask {
  const make = (length: number): Values => (dtype === "float32" ? new Float32Array(length) : new Float64Array(length)).map(normal);
  return { ...SIZE, A: make(SIZE.m * SIZE.k), B: make(SIZE.k * SIZE.n) };
}

function attentionTask(n: number, d: number, causal: boolean): AttentionTask {
  const make = (): Float32Array => new Float32Array(n * d).map(normal);
  return { n, d, Q: make(), K: make(), V: make(), scale: 1 / Math.sqrt(d), causal };
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
      prepared.release?.(output);
    }
    await prepared.close?.();
    return read;
  } catch (error) {
    if (!(error instanceof AbsentError)) throw error;
    expect(error.message).toMatch(/not installed: npm (start|run rivals)|does not load/);
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

  test.each(rivals.filter(({ attention }) => attention))("$name attends, or says that it is absent", async (rival) => {
    expectClose(await answers(() => rival.attention!(head)), truth(head), 1e-5);
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
