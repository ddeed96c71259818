import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { build } from "vite";

vi.setConfig({ testTimeout: 60_000 }); // a loaded machine takes its time

const source = fileURLToPath(new URL("../../src/", import.meta.url));
let folder: string;

/** A script of its own that calls a product of two threads. */
const scripts = {
  // no closePool: the process must end although workers are asleep
  ends: `await ready(); const C = await matmulAsync(A, A, { threads: 2 }); print(C.get(0, 0), backend().reasons.join());`,
  // nothing but the job keeps Node alive: without that it would end here with exit code 13
  waits: `await ready(); let C; for (let i = 0; i < 20; i++) C = await matmulAsync(A, A, { threads: 2 }); print(C.get(0, 0), "");`,
  closes: `await matmulAsync(A, A, { threads: 2 }); await closePool(); print(matmul(A, A).get(0, 0), backend().reasons.join());`,
  single: `const C = await matmulAsync(A, A, { threads: 1 }); print(C.get(0, 0), "");`,
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "subquad-runtime-"));
  for (const [name, body] of Object.entries(scripts)) {
    const text = `
      import { matmul, matmulAsync } from ${JSON.stringify(join(source, "dense/matmul.ts"))};
      import { backend, closePool, ready } from ${JSON.stringify(join(source, "runtime/environment.ts"))};
      const A = { data: new Float64Array(300 * 300).fill(0.5), shape: [300, 300], stride: [300, 1], offset: 0 };
      const print = (...values) => { process.stdout.write(values.join(" ")); };
      ${body}`;
    await writeFile(join(folder, `${name}.ts`), text);
  }
  await build({
    configFile: false,
    root: folder,
    logLevel: "silent",
    ssr: { noExternal: true },
    build: {
      ssr: true,
      outDir: join(folder, "dist"),
      rollupOptions: { input: Object.keys(scripts).map((name) => join(folder, `${name}.ts`)), output: { entryFileNames: "[name].mjs" } },
    },
  });
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test.each([
  ["ends", []],
  ["waits", []],
  ["closes", []],
  ["single", []],
  ["ends", ["--disallow-code-generation-from-strings"]],
])("a script that %s ends by itself %j", async (name, flags) => {
  const { code, output } = await run(name, flags);
  expect(output).toMatch(/^75 /); // 300 · 0.5²
  expect(output).not.toContain("workers blocked");
  expect(code).toBe(0);
});

/** Runs a script; one that does not end is killed by the test's own timeout. */
function run(name: string, flags: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, join(folder, "dist", `${name}.mjs`)], { timeout: 30_000 });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", reject);
    child.on("exit", (code) => {
      resolve({ code, output });
    });
  });
}
