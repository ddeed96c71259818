/** numeric: arrays of arrays of numbers in plain JavaScript. */
import type { Prepared, Values } from "../src/case.js";
import { loadPackage } from "./load.js";
import type { MatrixTask, MatrixWork, Rival } from "./rival.js";
import { flipped, joined, rowsOf, sortedSvd, type Rows } from "./rows.js";

interface Numeric {
  dot(a: Rows, b: Rows): Rows;
  svd(A: Rows): { readonly U: Rows; readonly S: number[]; readonly V: Rows };
  solve(A: Rows, b: readonly number[]): number[];
}

export const numeric: Rival = {
  name: "numeric",
  packages: ["numeric"],
  home: ".",
  engine: "js",
  licence: "MIT",
  gemmLimit: { float64: 1024 },
  async gemm({ m, k, n, A, B }) {
    const { library, version } = await load();
    const [a, b] = [rowsOf(A, m, k), rowsOf(B, k, n)];
    return { version, run: () => library.dot(a, b), read: (C): Values => joined(C as Rows) };
  },
  matrix: {
    // wide matrices are refused: their transpose is decomposed
    svd: work(500, ({ svd }, A) => svd(A), (answer, isWide) => {
      const { U, S, V } = answer as ReturnType<Numeric["svd"]>;
      return isWide ? sortedSvd(V, S, U) : sortedSvd(U, S, V);
    }),
    solve: work(1000, ({ solve }, A, b) => solve(A, b), (x) => joined(x as number[])),
  }, // prettier-ignore
};

function work(
  limit: number,
  run: (library: Numeric, A: Rows, b: readonly number[]) => unknown,
  read: (answer: unknown, isWide: boolean) => Values,
): MatrixWork {
  return {
    limit,
    async prepare({ m, n, A, B = new Float64Array(0) }: MatrixTask): Promise<Prepared<Values>> {
      const { library, version } = await load();
      const isWide = m < n;
      const a = isWide ? rowsOf(flipped(A, m, n), n, m) : rowsOf(A, m, n);
      const b = Array.from(B);
      return { version, run: () => run(library, a, b), read: (answer) => read(answer, isWide) };
    },
  };
}

async function load(): Promise<{ library: Numeric; version: string }> {
  const { module, version } = await loadPackage("numeric", ".");
  return { library: (module as { default: Numeric }).default, version };
}
