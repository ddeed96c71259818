/** svd-js: the algorithm of Golub and Reinsch over arrays of arrays. */
import type { Values } from "../src/case.js";
import { loadPackage } from "./load.js";
import type { Rival } from "./rival.js";
import { flipped, rowsOf, sortedSvd, type Rows } from "./rows.js";

interface Answer {
  readonly u: Rows;
  readonly q: number[];
  readonly v: Rows;
}

export const svdJs: Rival = {
  name: "svd-js",
  packages: ["svd-js"],
  home: ".",
  engine: "js",
  licence: "MIT",
  matrix: {
    svd: {
      limit: 500,
      async prepare({ m, n, A }) {
        const { module, version } = await loadPackage("svd-js", ".");
        const { SVD } = module as { SVD(A: Rows): Answer };
        const isWide = m < n; // refused: the transpose is decomposed
        const a = isWide ? rowsOf(flipped(A, m, n), n, m) : rowsOf(A, m, n);
        const read = (answer: unknown): Values => {
          const { u, q, v } = answer as Answer;
          return isWide ? sortedSvd(v, q, u) : sortedSvd(u, q, v);
        };
        return { version, run: () => SVD(a), read };
      },
    },
  },
};
