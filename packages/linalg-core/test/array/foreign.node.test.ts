/**
 * Arrays of other libraries, the real ones, as users hold them: there and back.
 *
 * They lie where the benchmark installs them; what is not there is skipped, and says so. @stdlib's ndarray does not install from the registry
 * alone (it asks for repositories), so that its layout, { data, shape, strides, offset }, stands in for it here.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { stderr } from "node:process";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { array, asArray, csrToDense, csr, matmul, toNested, transpose, type MatrixInput } from "../../src/index.js";

const WANT = [
  [1, 2.5, -3],
  [4, 0, 1e-3],
];

interface Peer {
  readonly name: string;
  readonly home: "." | "rivals-mathjs" | "rivals-tfjs";
  /** WANT as this library's value, and what a user hands over of it; an array of ours as this library's, and back to lists. */
  read(library: never): Promise<unknown>;
  write(library: never, rows: number[][]): unknown;
}

/** As loose as an import of a library that may not be there. */
type Loose = Record<string, (...values: unknown[]) => unknown>;

const peers: readonly Peer[] = [
  {
    name: "ml-matrix",
    home: ".",
    read: ({ Matrix }: { Matrix: new (rows: number[][]) => unknown }) => Promise.resolve(new Matrix(WANT)), // rows, columns, get
    write: ({ Matrix }: { Matrix: new (rows: number[][]) => { to2DArray(): unknown } }, rows) => new Matrix(rows).to2DArray(),
  },
  {
    name: "numpy-ts",
    home: ".",
    read: (np: Loose) => Promise.resolve(np.array!(WANT)), // data, shape, strides
    write: (np: Loose, rows) => (np.array!(rows) as { toArray(): unknown }).toArray(),
  },
  {
    name: "@jax-js/jax",
    home: ".",
    read: async (jax: { numpy: Loose } & Record<"init" | "defaultDevice", (device: string) => unknown>) => {
      await prepareJax(jax);
      return (jax.numpy.array!(WANT) as { js(): unknown }).js(); // single precision, and used up by the call
    },
    write: (jax: { numpy: Loose } & Record<"init" | "defaultDevice", (device: string) => unknown>, rows) =>
      (jax.numpy.array!(rows) as { js(): unknown }).js(),
  },
  {
    name: "mathjs",
    home: "rivals-mathjs",
    read: (math: Loose) => Promise.resolve(math.matrix!(WANT)), // toArray
    write: (math: Loose, rows) => (math.matrix!(rows) as { toArray(): unknown }).toArray(),
  },
  {
    name: "mathjs, sparse",
    home: "rivals-mathjs",
    read: (math: Loose) => Promise.resolve(math.sparse!(WANT)),
    write: (math: Loose, rows) => (math.sparse!(rows) as { toArray(): unknown }).toArray(),
  },
  {
    name: "@tensorflow/tfjs-core",
    home: "rivals-tfjs",
    read: async (tf: Loose) => {
      await prepareTensors(tf);
      return (tf.tensor2d!(WANT) as { arraySync(): unknown }).arraySync(); // single precision
    },
    write: (tf: Loose, rows) => (tf.tensor2d!(rows) as { arraySync(): unknown }).arraySync(),
  },
];

describe("laws", () => {
  for (const peer of peers) {
    const file = locate(peer);
    if (file === undefined) stderr.write(`${peer.name} is not installed: its arrays are not tried (npm run rivals installs it)\n`);
    test.skipIf(file === undefined)(`${peer.name}: its matrix is read, there and back`, async () => {
      const library = await load(file!);
      if (library === undefined) return;
      const given = (await peer.read(library as never)) as MatrixInput;
      const A = asArray(given, "f(A)");
      expect(A.shape).toEqual([2, 3]);
      near(toNested(A) as number[][], WANT);
      near(toNested(matmul(given, transpose(given))) as number[][], toNested(matmul(WANT, transpose(WANT))) as number[][]);
      near(peer.write(library as never, toNested(array(WANT)) as number[][]) as number[][], WANT);
    });
  }

  test("the layout of @stdlib's ndarray", () => {
    const flat = Float64Array.from(WANT.flat());
    expect(toNested(array({ data: flat, shape: [2, 3], strides: [3, 1], offset: 0 }))).toEqual(WANT);
    expect(toNested(array({ data: flat, shape: [3, 2], strides: [1, 3], offset: 0 }))).toEqual(toNested(transpose(WANT)));
  });

  test("compressed rows and nested lists", () => {
    expect(toNested(csrToDense(csr([2, 3], [0, 3, 5], [0, 1, 2, 0, 2], [1, 2.5, -3, 4, 1e-3])))).toEqual(WANT);
    expect(toNested(array(WANT))).toEqual(WANT);
  });
});

/** Some compute in single precision. */
function near(got: number[][], want: number[][]): void {
  expect(got.length).toBe(want.length);
  want.forEach((row, i) => {
    row.forEach((x, j) => {
      expect(Math.abs(got[i]![j]! - x)).toBeLessThanOrEqual(2 ** -20 * (1 + Math.abs(x))); // a few units of 2^-24
    });
  });
}

function locate({ name, home }: Pick<Peer, "name" | "home">): string | undefined {
  const manifest = new URL(`../../../../apps/benchmark/${home}/package.json`, import.meta.url);
  if (!existsSync(manifest)) return undefined;
  try {
    return createRequire(manifest).resolve(name.split(",")[0]!);
  } catch {
    return undefined;
  }
}

/** The library, or nothing where this version of Node cannot load it. */
async function load(file: string): Promise<object | undefined> {
  try {
    return (await import(pathToFileURL(file).href)) as object;
  } catch (error) {
    stderr.write(`${file} does not load here, its arrays are not tried: ${String(error)}\n`);
    return undefined;
  }
}

async function prepareJax(jax: Record<"init" | "defaultDevice", (device: string) => unknown>): Promise<void> {
  (globalThis as { navigator?: unknown }).navigator ??= {}; // it looks there for WebGPU
  await (jax.init("wasm") as Promise<unknown>);
  jax.defaultDevice("wasm");
}

/** Its values live in a backend. */
async function prepareTensors(tf: Loose): Promise<void> {
  const file = locate({ name: "@tensorflow/tfjs-backend-wasm", home: "rivals-tfjs" })!;
  const backend = (await import(pathToFileURL(file).href)) as Loose;
  backend.setWasmPaths!(`${dirname(file)}/`);
  await (tf.setBackend!("wasm") as Promise<unknown>);
}
