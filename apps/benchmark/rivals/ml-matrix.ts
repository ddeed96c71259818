/** ml-matrix: rows of Float64Arrays, a blocked loop in plain JavaScript; factorizations after JAMA. */
import type { Prepared, Values } from "../src/case.js";
import { loadPackage } from "./load.js";
import type { MatrixTask, MatrixWork, Rival } from "./rival.js";
import { truncatedBy, type Arithmetic, type TruncatedFactors } from "./local/range-finder.js";
import { joined, leading, sortedSvd, squaredNorms } from "./rows.js";

interface Matrix {
  mmul(other: Matrix): Matrix;
  transpose(): Matrix;
  to1DArray(): number[];
  to2DArray(): number[][];
}
interface Decompositions {
  readonly EigenvalueDecomposition: new (A: Matrix, options: object) => { realEigenvalues: number[]; eigenvectorMatrix: Matrix };
  readonly QrDecomposition: new (A: Matrix) => { orthogonalMatrix: Matrix; upperTriangularMatrix: Matrix };
  readonly CholeskyDecomposition: new (A: Matrix) => { lowerTriangularMatrix: Matrix };
  readonly LuDecomposition: new (A: Matrix) => {
    lowerTriangularMatrix: Matrix;
    upperTriangularMatrix: Matrix;
    pivotPermutationVector: number[];
  };
  readonly SingularValueDecomposition: new (
    A: Matrix,
    options: object,
  ) => { leftSingularVectors: Matrix; diagonal: number[]; rightSingularVectors: Matrix };
  solve(A: Matrix, B: Matrix): Matrix;
}
interface MlMatrix extends Decompositions {
  readonly Matrix: { from1DArray(rows: number, columns: number, values: ArrayLike<number>): Matrix };
}

const home = ".";

export const mlMatrix: Rival = {
  name: "ml-matrix",
  packages: ["ml-matrix"],
  home,
  engine: "js",
  licence: "MIT",
  gemmLimit: { float64: 1024 },
  async gemm({ m, k, n, A, B }) {
    const { module, version } = await loadPackage("ml-matrix", home);
    const { Matrix } = module as MlMatrix;
    const [a, b] = [Matrix.from1DArray(m, k, A), Matrix.from1DArray(k, n, B)];
    return { version, run: () => a.mmul(b), read: (C): Values => Float64Array.from((C as Matrix).to1DArray()) };
  },
  matrix: {
    svd: work(
      ({ SingularValueDecomposition }, A) => {
        const { leftSingularVectors, diagonal, rightSingularVectors } = new SingularValueDecomposition(A, { autoTranspose: true });
        return [leftSingularVectors, diagonal, rightSingularVectors] as const;
      },
      ([U, s, V]) => sortedSvd(U.to2DArray(), s, V.to2DArray()),
    ),
    eigSymmetric: work(
      ({ EigenvalueDecomposition }, A) => {
        const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(A, { assumeSymmetric: true });
        return [realEigenvalues, eigenvectorMatrix] as const;
      },
      ([values, vectors]) => joined(values, vectors.to1DArray()),
    ),
    qr: work(
      ({ QrDecomposition }, A) => {
        const { orthogonalMatrix, upperTriangularMatrix } = new QrDecomposition(A);
        return [orthogonalMatrix, upperTriangularMatrix] as const; // getters that compute
      },
      ([Q, R]) => joined(Q.to1DArray(), R.to1DArray()),
    ),
    cholesky: work(
      ({ CholeskyDecomposition }, A) => new CholeskyDecomposition(A).lowerTriangularMatrix,
      (L) => joined(L.to1DArray()),
    ),
    lu: work(
      ({ LuDecomposition }, A) => {
        const { lowerTriangularMatrix, upperTriangularMatrix, pivotPermutationVector } = new LuDecomposition(A);
        return [lowerTriangularMatrix, upperTriangularMatrix, pivotPermutationVector] as const;
      },
      ([L, U, permutation]) => joined(L.to1DArray(), U.to1DArray(), permutation),
    ),
    solve: work(({ solve }, A, B) => solve(A, B), (X) => joined(X.to1DArray())), // prettier-ignore
    leastSquares: work(({ solve }, A, B) => solve(A, B), (X) => joined(X.to1DArray())), // prettier-ignore
  },
  leverage: work(
    ({ SingularValueDecomposition }, A) =>
      new SingularValueDecomposition(A, { autoTranspose: true, computeRightSingularVectors: false }).leftSingularVectors,
    (U) => squaredNorms(U.to2DArray()),
  ).prepare,
  async truncatedSvd({ m, n, k, A, directions }) {
    const { module, version } = await loadPackage("ml-matrix", home);
    const library = module as MlMatrix;
    const [a, omega] = [library.Matrix.from1DArray(m, n, A), library.Matrix.from1DArray(n, directions.length / n, directions)];
    const run = (): TruncatedFactors<Matrix> => truncatedBy(arithmetic(library), a, omega);
    const read = (output: unknown): Values => {
      const { U, s, V } = output as TruncatedFactors<Matrix>;
      return leading(k, sortedSvd(U.to2DArray(), Array.from(s), V.to2DArray()), { m, n, columns: s.length });
    };
    return { version, run, read };
  },
};

function arithmetic({ QrDecomposition, SingularValueDecomposition }: MlMatrix): Arithmetic<Matrix> {
  return {
    multiply: (A, B) => A.mmul(B),
    flip: (A) => A.transpose(),
    basis: (A) => new QrDecomposition(A).orthogonalMatrix,
    factors: (A) => {
      const { leftSingularVectors: U, diagonal: s, rightSingularVectors: V } = new SingularValueDecomposition(A, { autoTranspose: true });
      return { U, s, V };
    },
  };
}

function work<T>(run: (library: MlMatrix, A: Matrix, B: Matrix) => T, read: (answer: T) => Values): MatrixWork {
  return {
    limit: 1000,
    async prepare({ m, n, A, p = 0, B }: MatrixTask): Promise<Prepared<Values>> {
      const { module, version } = await loadPackage("ml-matrix", home);
      const library = module as MlMatrix;
      const a = library.Matrix.from1DArray(m, n, A);
      const b = B ? library.Matrix.from1DArray(m, p, B) : a;
      return { version, run: () => run(library, a, b), read: (answer) => read(answer as T) };
    },
  };
}
