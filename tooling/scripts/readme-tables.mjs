// Writes the measured tables of the READMEs from the committed results of the benchmark; `--check` says where they differ.
//
//   <!-- measured --> … <!-- /measured -->     apps/benchmark/results/<name>-node20.json, <name>-node24.json: the first name that is there
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import prettier from "prettier";
import { root } from "./bootstrap.mjs";
import { comparisonTable, contenderTable, provenance, troubles } from "./measured.mjs";

const product = (label, id, size) => ({ label, id: `linalg/${id}`, size, ours: "subquad" });
const factors = (n, ids) => ids.map(([label, id]) => product(`${label}, n = ${n}`, id, { n }));
const tall = { m: 16384, k: 64, n: 256 };
const FACTORIZATIONS = [["Cholesky", "cholesky"], ["LU", "lu"], ["QR with Q", "qr"], ["symmetric eigenvalues and vectors", "eig-symmetric"], ["singular values and vectors", "svd"], ["linear system", "solve"]]; // prettier-ignore

const LINALG = [
  {
    title: "Products",
    rows: [
      ...[512, 1024].map((n) => product(`float32, n = ${n}`, "gemm-f32", { n })),
      product("float32, 16384 × 64 × 256", "gemm-f32", tall),
      ...[256, 512, 1024].map((n) => product(`float64, n = ${n}`, "gemm-f64", { n })),
      product("float64, 16384 × 64 × 256", "gemm-f64", tall),
      ...[8, 32].map((n) => product(`float64, n = ${n}`, "gemm-small", { n })),
      { ...product("float64, n = 512, without WebAssembly", "js-backend", { n: 512 }), ours: "subquad without WebAssembly" },
      { ...product("Aᵀ A of 4096 × 512", "gram", { m: 4096, n: 512 }), ours: "gram" },
      product("sparse × 16 columns", "sparse", { columns: 16, n: 233 }),
      { ...product("signs, 4096 × 4096 × 1024", "sign-products", { d: 1024, n: 4096 }), ours: "packed signs", over: "float32 product" },
    ],
  },
  { title: "Factorizations, float64", rows: factors(500, FACTORIZATIONS) },
  { title: "Small ones", rows: factors(100, FACTORIZATIONS) },
  {
    title: "Transforms and functions",
    rows: [
      ...[10, 14, 18].map((e) => product(`real Fourier, float64, 2^${e}`, "rfft", { n: 2 ** e })),
      ...[10, 14, 18].map((e) => product(`Walsh–Hadamard, float32, 2^${e}`, "fwht", { n: 2 ** e })),
      ...["float32", "float64"].map((dtype) => product(`a million exponentials, ${dtype}`, "exp", { dtype, n: 1_000_000 })),
    ],
  },
  {
    title: "Exact attention, float32, d = 64",
    rows: [2048, 4096, 8192].map((n) => ({ label: `n = ${n}`, id: "attention/exact", size: { d: 64, n }, ours: "exact" })),
  },
  {
    title: "Two threads",
    rows: [
      { ...product("float32 product, n = 1024", "threads", { task: "product", n: 1024 }), ours: "2 threads" },
      { ...product("the same, against one thread", "threads", { task: "product", n: 1024 }), ours: "2 threads", over: "1 thread" },
      { ...product("attention, n = 4096, against one thread", "threads", { task: "attention", n: 4096 }), ours: "2 threads", over: "1 thread" },
    ],
  },
]; // prettier-ignore
const IO = [
  {
    title: "Files",
    rows: [
      { label: ".npy, 20,000 × 64 float32", id: "io/npy", size: { n: 20_000 }, ours: "readNpy" },
      { label: "the same, against its bytes alone", id: "io/npy", size: { n: 20_000 }, ours: "readNpy", over: "bytes alone" },
      { label: "blocks of rows, 64 MiB", id: "io/npy-rows", size: { n: 262_144 }, ours: "rowBlocks", over: "positioned reads" },
      { label: "float16 of safetensors, 2^22 numbers", id: "io/half", size: { n: 2 ** 22 }, ours: "openSafetensors" },
    ],
  },
]; // prettier-ignore
const families = { d: 64, m: 512, n: 16_384 };
const long = { d: 64, m: 512, n: 131_072 };
const embedded = (label, ours, more) => ({ label, id: "sketch/families", size: families, ours, ...more });
const SKETCH = [
  {
    title: "Embeddings of 16384 × 64 to 512 rows, against a product with a stored S",
    rows: [embedded("countSketch", "countSketch"), embedded("sparseSign, 8 a column", "sparseSign"), embedded("srht", "srht"), embedded("gaussian", "gaussian")],
  },
  {
    title: "The same of 131072 × 64, against one pass of column sums",
    rows: ["countSketch", "sparseSign", "srht", "gaussian"].map((ours) => embedded(ours, ours, { size: long, over: "column sums" })),
  },
  {
    title: "A sparse matrix of texts, 23705 × 233, to 1864 rows",
    rows: ["countSketch", "sparseSign"].map((ours) => ({ label: ours, id: "sketch/sparse-embedding", size: { d: 233, n: 23_705 }, ours })).concat({ label: "sparseSign, against making it dense first", id: "sketch/sparse-embedding", size: { d: 233, n: 23_705 }, ours: "sparseSign", over: "sparseSign, made dense first" }),
  },
  {
    title: "Leverage scores",
    rows: [
      { label: "exact, 16384 × 128", id: "sketch/leverage", size: { d: 128, n: 16_384 }, ours: "exact" },
      { label: "within a certified factor, 131072 × 256, against exact", id: "sketch/leverage", size: { d: 256, n: 131_072 }, ours: "fast", over: "exact" },
      { label: "distortion by Lanczos, sparse 100000 × 500, against exact", id: "sketch/distortion", size: { d: 500, n: 100_000 }, ours: "lanczos", over: "exact" },
    ],
  },
  {
    title: "Low rank",
    rows: [
      { label: "randomizedSvd, k = 20 of 4000 × 1000", id: "sketch/randomized-svd", size: { k: 20, m: 4000, n: 1000 }, ours: "randomizedSvd" },
      { label: "the same, one power iteration, against svd", id: "sketch/randomized-svd", size: { k: 20, m: 4000, n: 1000 }, ours: "one power iteration", over: "svd" },
      { label: "psdLowRank, k = 1000 of 18914 points, against one pivot at a time", id: "sketch/psd-low-rank", size: { k: 1000, n: 18_914 }, ours: "accelerated", over: "rpcholesky" },
    ],
  },
]; // prettier-ignore
const HEADS = {
  id: "attention/real-heads",
  size: { head: "0.0", n: 8192 },
  labels: { "onnxruntime-node (fused)": "onnxruntime-node (fused; machine code)", "onnxruntime-node": "onnxruntime-node (machine code)" },
  more: ["auto 0.01", "exact"].flatMap((name) => [
    { label: `${name}, eight heads in one call`, id: "attention/real-heads", size: { head: "layer 0", n: 8192 }, name },
    { label: `${name}, the head with scores of 50`, id: "attention/real-heads", size: { head: "1.3", n: 8192 }, name },
  ]),
};

const pages = [
  { page: "packages/linalg-core/README.md", names: ["full", "quick"], table: (results) => comparisonTable(LINALG, results), ids: ["linalg/"] },
  { page: "packages/array-io/README.md", names: ["full", "quick"], table: (results) => comparisonTable(IO, results), ids: ["io/"] },
  { page: "packages/sketch/README.md", names: ["sketch"], table: (results) => comparisonTable(SKETCH, results), ids: ["sketch/"] },
  { page: "packages/attention-approx/README.md", names: ["quick"], table: (results) => contenderTable(HEADS, results), ids: [] },
]; // prettier-ignore

/** Where a README differs from what the results say. */
export async function tableProblems() {
  const problems = [];
  for (const page of pages) {
    const { path, before, after } = await written(page);
    if (before !== after) problems.push(`${path}: its measured table is not that of the results: node tooling/scripts/readme-tables.mjs`);
  }
  return problems;
}

async function written({ page, names, table, ids }) {
  const path = join(root, page);
  const before = readFileSync(path, "utf8");
  const parts = /^([^]*<!-- measured -->\n)[^]*(<!-- \/measured -->[^]*)$/.exec(before);
  if (!parts) throw new Error(`${page}: expected <!-- measured --> and <!-- /measured -->, each on a line`);
  const text = `${parts[1]}\n${measured(names, table, ids)}\n\n${parts[2]}`;
  return {
    path: page,
    file: path,
    before,
    after: await prettier.format(text, { ...(await prettier.resolveConfig(path)), filepath: path }),
  };
}

function measured(names, table, ids) {
  for (const name of names) {
    const files = [20, 24].map((node) => `${name}-node${node}.json`);
    const paths = files.map((file) => join(root, "apps/benchmark/results", file));
    if (!paths.every((path) => existsSync(path))) continue;
    const results = paths.map((path) => JSON.parse(readFileSync(path, "utf8")));
    const rows = table(results);
    if (rows === "") continue;
    const links = files.map((file) => `[${file}](../../apps/benchmark/results/${file})`);
    const trouble = troubles(results, ids);
    return [
      provenance(results, links),
      rows,
      ...(trouble.length > 0 ? ["Wrong, failed, timed out or not tried:", trouble.join("\n")] : []),
    ].join("\n\n");
  }
  return "No committed result of the benchmark holds these cases.";
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--check")) {
    const problems = await tableProblems();
    for (const problem of problems) console.error(problem);
    process.exitCode = problems.length > 0 ? 1 : 0;
  } else {
    for (const page of pages) {
      const { path, file, before, after } = await written(page);
      if (before !== after) writeFileSync(file, after);
      console.log(`${path}: ${before === after ? "unchanged" : "written"}`);
    }
  }
}
