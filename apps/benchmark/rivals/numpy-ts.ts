/** numpy-ts: NumPy's interface over WebAssembly kernels. Its heap is freed by `dispose()` only, and full it falls to a twentieth of its speed. */
import type { Prepared, Values } from "../src/case.js";
import { loadPackage } from "./load.js";
import type { MatrixTask, MatrixWork, Rival } from "./rival.js";
import { truncatedBy, type Arithmetic, type TruncatedFactors } from "./local/range-finder.js";
import { flipped, joined, leading } from "./rows.js";

interface NumpyArray {
  readonly data: Values;
  readonly shape: readonly number[];
  reshape(shape: readonly number[]): NumpyArray;
  dispose(): void;
}
type Answer = Readonly<Record<string, NumpyArray>>;
interface Numpy {
  array(values: Values, dtype: "float32" | "float64"): NumpyArray;
  matmul(a: NumpyArray, b: NumpyArray): NumpyArray;
  exp(x: NumpyArray): NumpyArray;
  transpose(A: NumpyArray): NumpyArray;
  readonly fft: { rfft(x: NumpyArray): NumpyArray };
  readonly linalg: {
    svd(A: NumpyArray, full: boolean): Answer;
    eigh(A: NumpyArray): Answer;
    qr(A: NumpyArray): Answer;
    cholesky(A: NumpyArray): NumpyArray;
    solve(A: NumpyArray, B: NumpyArray): NumpyArray;
    lstsq(A: NumpyArray, B: NumpyArray): Answer;
  };
}

export const numpyTs: Rival = {
  name: "numpy-ts",
  packages: ["numpy-ts"],
  home: ".",
  engine: "wasm",
  licence: "MIT",
  gemmLimit: { float32: 4096, float64: 4096 },
  async gemm({ m, k, n, A, B }) {
    const { np, version } = await load();
    const flat = [fromValues(np, A), fromValues(np, B)] as const;
    const [a, b] = [flat[0].reshape([m, k]), flat[1].reshape([k, n])];
    return {
      ...single(version, () => np.matmul(a, b), m * n),
      close: () => {
        for (const array of [a, b, ...flat]) array.dispose();
      },
    };
  },
  matrix: {
    svd: work(200, ({ linalg }, A) => linalg.svd(A, false), ({ u, s, vt }) => {
      const [k = 0, n = 0] = vt!.shape;
      return joined(entries(u!), entries(s!), flipped(entries(vt!), k, n));
    }),
    eigSymmetric: work(100, ({ linalg }, A) => linalg.eigh(A), ({ w, v }) => joined(entries(w!), entries(v!))),
    qr: work(500, ({ linalg }, A) => linalg.qr(A), ({ q, r }) => joined(entries(q!), entries(r!))),
    cholesky: work(1000, ({ linalg }, A) => ({ L: linalg.cholesky(A) }), ({ L }) => joined(entries(L!))),
    solve: work(1000, ({ linalg }, A, B) => ({ X: linalg.solve(A, B) }), ({ X }) => joined(entries(X!))),
    leastSquares: work(200, ({ linalg }, A, B) => linalg.lstsq(A, B), ({ x }) => joined(entries(x!))),
  }, // prettier-ignore
  async truncatedSvd({ m, n, k, A, directions }) {
    const { np, version } = await load();
    const columns = directions.length / n;
    const flat = [fromValues(np, A), fromValues(np, directions)] as const;
    const [a, omega] = [flat[0].reshape([m, n]), flat[1].reshape([n, columns])];
    let made: NumpyArray[] = [];
    return {
      version,
      run: () => truncatedBy(arithmetic(np, made), a, omega),
      read: (output) => {
        const { U, s, V } = output as TruncatedFactors<NumpyArray>;
        return leading(k, joined(entries(U), s, entries(V)), { m, n, columns });
      },
      release: () => {
        for (const array of made) array.dispose();
        made = [];
      },
      close: () => {
        for (const array of [a, omega, ...flat]) array.dispose();
      },
    };
  },
  async rfft(x) {
    const { np, version } = await load();
    const a = fromValues(np, x);
    const half = x.length / 2 + 1;
    const { run, release } = single(version, () => np.fft.rfft(a), 2 * half);
    const read = (X: unknown): Values => {
      const { data } = X as NumpyArray; // pairs
      return Float64Array.from({ length: 2 * half }, (_, p) => (p < half ? data[2 * p]! : data[2 * (p - half) + 1]!));
    };
    return { version, run, release, read, close: () => { a.dispose(); } }; // prettier-ignore
  },
  async exp(x) {
    const { np, version } = await load();
    const a = fromValues(np, x);
    return { ...single(version, () => np.exp(a), x.length), close: () => { a.dispose(); } }; // prettier-ignore
  },
};

/** Every array that is made goes into `made`, to be disposed of. */
function arithmetic({ matmul, transpose, linalg }: Numpy, made: NumpyArray[]): Arithmetic<NumpyArray> {
  const kept = (A: NumpyArray): NumpyArray => {
    made.push(A);
    return A;
  };
  return {
    multiply: (A, B) => kept(matmul(A, B)),
    flip: (A) => kept(transpose(A)),
    basis: (A) => {
      const { q, r } = linalg.qr(A);
      kept(r!);
      return kept(q!);
    },
    factors: (A) => {
      const { u, s, vt } = linalg.svd(kept(transpose(A)), false); // of more columns than rows it gives NaN
      made.push(u!, s!, vt!);
      return { U: kept(transpose(vt!)), s: entries(s!), V: u! };
    },
  };
}

/** A contender that returns one array. */
function single(version: string, run: () => NumpyArray, length: number) {
  return {
    version,
    run,
    read: (C: unknown): Values => (C as NumpyArray).data.slice(0, length),
    release: (C: unknown): void => {
      (C as NumpyArray).dispose();
    },
  };
}

function work(limit: number, run: (np: Numpy, A: NumpyArray, B: NumpyArray) => Answer, read: (answer: Answer) => Values): MatrixWork {
  return {
    limit,
    async prepare({ m, n, A, p = 0, B = new Float64Array(0) }: MatrixTask): Promise<Prepared<Values>> {
      const { np, version } = await load();
      const flat = [fromValues(np, A), fromValues(np, B)] as const;
      const [a, b] = [flat[0].reshape([m, n]), flat[1].reshape([B.length === 0 ? 0 : m, p])];
      return {
        version,
        run: () => run(np, a, b),
        read: (answer) => read(answer as Answer),
        release: (answer) => {
          for (const part of Object.values(answer as Answer))
            if (typeof (part as Partial<NumpyArray>).dispose === "function") part.dispose();
        },
        close: () => {
          for (const array of [a, b, ...flat]) array.dispose();
        },
      };
    },
  };
}

function entries({ data, shape }: NumpyArray): Values {
  return data.slice(0, shape.reduce((product, length) => product * length, 1)); // prettier-ignore
}

function fromValues(np: Numpy, values: Values): NumpyArray {
  return np.array(values, values instanceof Float32Array ? "float32" : "float64");
}

async function load(): Promise<{ np: Numpy; version: string }> {
  const { module, version } = await loadPackage("numpy-ts", ".");
  return { np: module as Numpy, version };
}
