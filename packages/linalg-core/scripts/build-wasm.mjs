// Compiles each group of kernels, assembly/groups/*.ts, twice, and writes the two binaries as hexadecimal constants (brotli makes half as much of them as of base64, whose
// letters straddle bytes):
//   src/generated/<group>.ts  <GROUP>_SIMD: 128-bit SIMD, every operation rounded
//                             <GROUP>_RELAXED: the same source with relaxed SIMD, which fuses multiply-add where the machine can
//   src/generated/hash.ts     KERNEL_HASH, which names the runtime that copies of one version share
//
// All groups work in one memory, so the constants of each have a place of their own there.
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

const groups = ["core", "attention", "factor", "transform", "elementwise", "bits", "sketch"];
const builds = [
  { name: "SIMD", features: "simd,threads,bulk-memory" },
  { name: "RELAXED", features: "simd,threads,bulk-memory,relaxed-simd" },
];

/** Where the constants of the first group lie, and the room of each; those of the last end below FACTORS of src/runtime/layout.ts. */
const CONSTANTS = 1024;
const ROOM = 4096;

writeRegisterTiles();
const hash = createHash("sha256").update(JSON.parse(await readFile(join(root, "package.json"), "utf8")).version);
await mkdir(generated, { recursive: true });
for (const [place, group] of groups.entries()) {
  const base = CONSTANTS + place * ROOM;
  let text = banner();
  for (const { name, features } of builds) {
    const binary = await compile(group, features, base);
    const end = WebAssembly.validate(binary) ? await constantsEnd(binary) : base; // Node 20 has no relaxed SIMD; the constants are those of the other binary
    if (end > base + ROOM) throw new Error(`${group}: the constants take ${String(end - base)} bytes, more than ${String(ROOM)}`);
    hash.update(binary);
    text += `export const ${group.toUpperCase()}_${name} =\n  "${binary.toString("hex")}";\n`;
    process.stdout.write(`${group}, ${name.toLowerCase()}: ${String(binary.length)} bytes\n`);
  }
  await writeFile(join(generated, `${group}.ts`), text);
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

/** The binary of a group for one feature set, its constants from `base` on; throws with the compiler's own message. */
async function compile(group, features, base) {
  const checks = process.argv.includes("--asserts") ? [] : ["--noAssert"];
  const memory = ["--importMemory", "--sharedMemory", "--initialMemory", "16", "--maximumMemory", "65536"];
  const args = [
    `assembly/groups/${group}.ts`,
    "-O3",
    "--shrinkLevel",
    "1",
    ...checks,
    "--runtime",
    "stub",
    ...memory,
    "--memoryBase",
    String(base),
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

/** The first byte behind the constants that a binary writes into memory when it is instantiated. */
async function constantsEnd(binary) {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 65536, shared: true });
  await WebAssembly.instantiate(binary, { env: { memory, abort: () => undefined } });
  return new Uint8Array(memory.buffer).findLastIndex((byte) => byte !== 0) + 1;
}

function banner() {
  return "// Written by scripts/build-wasm.mjs. Do not edit.\n";
}
