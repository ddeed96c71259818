/**
 * eigen: the C++ library of that name in WebAssembly, float64.
 *
 * What it returns lives until the next flush: operands are put on its list of exceptions first. Its stack is small and not guarded, and a module
 * whose stack ran over is of no more use. Factorizations copy matrices there: the limits are well below that. Products copy panels there unless
 * they exceed 128 KiB. Its LU returns no usable L.
 */
import type { Prepared, Values } from "../src/case.js";
import { loadPackage } from "./load.js";
import type { MatrixTask, MatrixWork, Rival } from "./rival.js";
import { joined, rowsOf, type Rows } from "./rows.js";

interface Matrix {
  matMul(other: Matrix): Matrix;
  rows(): number;
  cols(): number;
  get(i: number, j: number): number;
}
type Answer = Readonly<Record<string, Matrix>>;
interface Eigen {
  readonly ready: Promise<void>;
  readonly GC: { pushException(...kept: readonly Matrix[]): void; popException(...kept: readonly Matrix[]): void; flush(): number };
  readonly Matrix: new (rows: Rows) => Matrix;
  readonly Decompositions: {
    cholesky(A: Matrix): Answer;
    qr(A: Matrix): Answer;
    svd(A: Matrix, thin: boolean): Answer;
  };
}

const [STACK, HEAP] = [2 ** 15, 2 ** 17]; // bytes, by trial: products of n = 72 to 128 break it, those of 64 and of 132 and more do not

export const eigen: Rival = {
  name: "eigen",
  packages: ["eigen"],
  home: ".",
  engine: "wasm",
  licence: "MIT, MPL-2.0",
  gemmLimit: { float64: 1024 },
  gemmUnfit: ({ m, k, n }) => {
    const panel = 8 * k * Math.min(m, n);
    return panel > STACK && panel <= HEAP ? "its stack runs over where a panel takes 32 to 128 KiB" : undefined;
  },
  async gemm({ m, k, n, A, B }) {
    const { library, version } = await load();
    const [a, b] = [new library.Matrix(rowsOf(A, m, k)), new library.Matrix(rowsOf(B, k, n))];
    return prepared(library, version, [a, b], () => ({ C: a.matMul(b) }), ({ C }) => joined(entries(C!))); // prettier-ignore
  },
  matrix: {
    svd: work(64, ({ svd }, A) => svd(A, true), ({ U, sv, V }) => joined(entries(U!), entries(sv!), entries(V!))),
    qr: work(100, ({ qr }, A) => qr(A), ({ Q, R }) => joined(entries(Q!), entries(R!))),
    cholesky: work(100, ({ cholesky }, A) => cholesky(A), ({ L }) => joined(entries(L!))),
  }, // prettier-ignore
};

function work(limit: number, run: (library: Eigen["Decompositions"], A: Matrix) => Answer, read: (answer: Answer) => Values): MatrixWork {
  return {
    limit,
    async prepare({ m, n, A }: MatrixTask): Promise<Prepared<Values>> {
      const { library, version } = await load();
      const a = new library.Matrix(rowsOf(A, m, n));
      return prepared(library, version, [a], () => run(library.Decompositions, a), read);
    },
  };
}

function prepared(
  library: Eigen,
  version: string,
  operands: readonly Matrix[],
  run: () => Answer,
  read: (answer: Answer) => Values,
): Prepared<Values> {
  const { GC } = library;
  GC.pushException(...operands);
  const flush = (): void => void GC.flush();
  return {
    version,
    run,
    read: (answer) => read(answer as Answer),
    release: flush,
    close: () => {
      GC.popException(...operands);
      flush();
    },
  };
}

function entries(A: Matrix): Values {
  const [m, n] = [A.rows(), A.cols()];
  return Float64Array.from({ length: m * n }, (_, p) => A.get(Math.floor(p / n), p % n));
}

async function load(): Promise<{ library: Eigen; version: string }> {
  const { module, version } = await loadPackage("eigen", ".");
  const library = (module as { default: Eigen }).default;
  await library.ready;
  return { library, version };
}
