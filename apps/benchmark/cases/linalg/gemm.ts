/**
 * One matrix product of one type, single-threaded.
 *
 *   A  [m, k]     B  [k, n]     C = A B     m = k = n unless the size says otherwise; entries standard normal
 */
import { matmul, rngFor, view, type NdArray } from "@subquad/linalg-core";
import { matmulOracle, plain } from "@subquad/test-kit";
import type { Case, Contender, Size, Values } from "../../src/case.js";
import type { GemmTask } from "../../rivals/rival.js";
import { gemmRivals } from "../rival-contenders.js";

type Dtype = "float32" | "float64";
// n products summed: 2 √n roundings in the typical case, against row norm times column norm; far below one wrong entry
const ALLOWED = { float32: 1e-6, float64: 1e-14 } as const;

interface GemmOptions {
  readonly question?: string;
  readonly sizes?: Case["sizes"];
  /** Beside the libraries. */
  readonly peers?: readonly Contender<GemmTask, Values>[];
}

/** The case of one type. */
export function gemmCase(id: string, dtype: Dtype, options: GemmOptions = {}): Case<GemmTask, Values> {
  const {
    question = `How fast is one ${dtype} matrix product on one thread?`,
    sizes = { quick: [256, 512].map(square), full: [...[128, 256, 512, 1024].map(square), { m: 16384, k: 64, n: 256 }] },
    peers = [],
  } = options;
  return {
    id,
    question,
    sizes,
    errorUnit: "largest error, relative to row norm times column norm",
    allowedError: ALLOWED[dtype],
    input: (size, { seed }) => Promise.resolve(randomTask(size, dtype, seed)),
    reference: ({ m, k, n, A, B }) => Promise.resolve(matmulOracle(plain(owned(A), [m, k]), plain(owned(B), [k, n])).data),
    error: relativeError,
    contenders: [
      {
        name: "subquad",
        role: "ours",
        prepare: ({ m, k, n, A, B }) => {
          const [a, b] = [view(A, [m, k]), view(B, [k, n])];
          return Promise.resolve({ run: () => matmul(a, b), read: (C) => (C as NdArray).data as Values });
        },
      },
      ...peers,
      ...gemmRivals(dtype),
    ],
  };
}

/** Square matrices. */
export function square(n: number): { readonly n: number } {
  return { n };
}

function randomTask(size: Size, dtype: Dtype, seed: string): GemmTask {
  const n = Number(size.n);
  const { m = n, k = n } = size as Readonly<Record<string, number>>;
  const rng = rngFor(seed, `benchmark/gemm/${n}`);
  const make = (length: number): Values =>
    (dtype === "float32" ? new Float32Array(length) : new Float64Array(length)).map(() => rng.normal());
  return { m, k, n, A: make(m * k), B: make(k * n) };
}

/** max_ij |C_ij - R_ij| / (|a_i| |b_j|). */
function relativeError(C: Values, R: Values, { m, k, n, A, B }: GemmTask): number {
  const rowNorms = new Float64Array(m);
  const columnNorms = new Float64Array(n);
  for (let p = 0; p < m * k; p++) rowNorms[Math.floor(p / k)]! += A[p]! ** 2;
  for (let p = 0; p < k * n; p++) columnNorms[p % n]! += B[p]! ** 2;
  let worst = 0;
  for (let p = 0; p < m * n; p++) {
    const scale = Math.sqrt(rowNorms[Math.floor(p / n)]! * columnNorms[p % n]!);
    const error = Math.abs(C[p]! - R[p]!) / scale;
    if (!(error <= worst)) worst = error; // a NaN stays
  }
  return C.length === m * n ? worst : NaN;
}

function owned(values: Values): Float64Array<ArrayBuffer> {
  return Float64Array.from(values);
}
