// Compiles assembly/index.ts twice and writes the binaries as hexadecimal constants (brotli makes half as much of them as of base64, whose letters straddle bytes):
//   src/generated/simd.ts     128-bit SIMD, every operation rounded
//   src/generated/relaxed.ts  the same source with relaxed SIMD: multiply-add is fused where the machine can
//   src/generated/hash.ts     KERNEL_HASH, which names the runtime that copies of one version share
//
// and src/worker.ts, stripped of its types, as a string that starts a worker without a file:
//   src/generated/worker.ts   WORKER_SOURCE
//
// `--asserts` keeps AssemblyScript's bounds checks (the debug build), for hunting a kernel that writes out of bounds.
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import ts from "typescript";
import { writeRegisterTiles } from "./register-tiles.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const generated = join(root, "src", "generated");

const builds = [
  { name: "simd", features: "simd,threads,bulk-memory" },
  { name: "relaxed", features: "simd,threads,bulk-memory,relaxed-simd" },
];

writeRegisterTiles();
const hash = createHash("sha256").update(JSON.parse(await readFile(join(root, "package.json"), "utf8")).version);
await mkdir(generated, { recursive: true });
for (const { name, features } of builds) {
  const binary = await compile(features);
  hash.update(binary);
  const text = `export const ${name.toUpperCase()}_HEX =\n  "${binary.toString("hex")}";\n`;
  await writeFile(join(generated, `${name}.ts`), banner() + text);
  process.stdout.write(`${name}: ${String(binary.length)} bytes\n`);
}
await writeFile(join(generated, "hash.ts"), `${banner()}export const KERNEL_HASH = "${hash.digest("hex").slice(0, 16)}";\n`);
await writeFile(join(generated, "worker.ts"), `${banner()}export const WORKER_SOURCE = ${JSON.stringify(await workerSource())};\n`);

/** The worker as a classic script: no types, no comments, no export mark. */
async function workerSource() {
  const typed = await readFile(join(root, "src", "worker.ts"), "utf8");
  const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, removeComments: true };
  const script = ts
    .transpileModule(typed, { compilerOptions })
    .outputText.replace(/^export \{\};\n/m, "")
    .replace(/^ +/gm, "");
  if (/^\s*(import|export)\b/m.test(script)) throw new Error("src/worker.ts must import nothing");
  return script;
}

/** The binary of one feature set; throws with the compiler's own message. */
async function compile(features) {
  const checks = process.argv.includes("--asserts") ? [] : ["--noAssert"];
  const memory = ["--importMemory", "--sharedMemory", "--initialMemory", "16", "--maximumMemory", "65536"];
  const args = [
    "assembly/index.ts",
    "-O3",
    "--shrinkLevel",
    "1",
    ...checks,
    "--runtime",
    "stub",
    ...memory,
    "--enable",
    features,
    "-o",
    "kernels.wasm",
  ];
  const files = new Map();
  const messages = [];
  const { error } = await asc.main([...args, "--baseDir", root], {
    stderr: { write: (text) => void messages.push(text) },
    writeFile: (name, contents) => void files.set(name, contents),
  });
  if (error) throw new Error(`${messages.join("")}\n${error.message}`);
  return Buffer.from(files.get("kernels.wasm"));
}

function banner() {
  return "// Written by scripts/build-wasm.mjs. Do not edit.\n";
}
