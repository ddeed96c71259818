// What a user gets: packs the published packages, installs the tarballs in an empty project outside the workspace, and runs
// every README's first example and one seeded program in Node (ESM, CommonJS, a worker), other runtimes, and pages built by Vite
// and by webpack, under three Content-Security-Policies, cross-origin isolated and not. All must show what the READMEs say, and the
// seeded program must give the same bits everywhere. `--keep` leaves the project behind.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import ts from "typescript";
import { ci, root } from "./bootstrap.mjs";
import { openPages } from "./consumer-page.mjs";
import { fencesOf, showsSource, withAssertions } from "./fences.mjs";
import { findChromium, noChromium } from "./find-chromium.mjs";
import { otherRuntimes } from "./runtimes.mjs";
import { packageFolders } from "./subpaths.mjs";

const home = join(mkdtempSync(join(tmpdir(), "subquad-")), "a consumer"); // with a space, as users have them
const problems = [];
const hashes = new Map(); // hash -> runtimes that gave it
mkdirSync(home);

try {
  install();
  checkManifests();
  writePrograms();
  checkTypes();
  runNode();
  for (const runtime of otherRuntimes()) runOther(runtime);
  await runPages();
  if (hashes.size > 1)
    problems.push(`the seeded result differs: ${[...hashes].map(([hash, names]) => `${hash} in ${names.join(", ")}`).join("; ")}`);
} finally {
  if (process.argv.includes("--keep")) console.log(`kept ${home}`);
  else rmSync(dirname(home), { recursive: true, force: true });
}
for (const problem of problems) console.error(`consumer test: ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;

/** Tarballs only, without a network: what the packages depend on comes from this workspace's own copies. */
function install() {
  const overrides = {};
  for (const folder of packageFolders) {
    pnpm(["pack", "--pack-destination", home], folder);
    collectThirdParty(folder, overrides);
  }
  const tarballs = readdirSync(home).filter((file) => file.endsWith(".tgz"));
  const dependencies = Object.fromEntries(
    tarballs.map((file) => [`@subquad/${/^subquad-(.+)-\d+\.\d+\.\d+.*\.tgz$/.exec(file)[1]}`, `file:${file}`]),
  );
  const manifest = {
    name: "a-consumer",
    private: true,
    type: "module",
    dependencies,
    pnpm: { overrides: { ...overrides, ...dependencies } },
  };
  writeFileSync(join(home, "package.json"), JSON.stringify(manifest, null, 2));
  pnpm(["install", "--offline", "--ignore-workspace", "--ignore-scripts", "--no-frozen-lockfile", "--config.node-linker=hoisted"], home);
}

function collectThirdParty(folder, overrides) {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  for (const name of Object.keys(dependencies)) {
    if (name.startsWith("@subquad/") || overrides[name]) continue;
    const inside = join(folder, "node_modules", name); // a workspace package has its own node_modules, one in the pnpm store has siblings
    const copy = realpathSync(
      existsSync(inside) ? inside : join(folder.slice(0, folder.lastIndexOf("node_modules")), "node_modules", name),
    );
    overrides[name] = `file:${copy}`;
    collectThirdParty(copy, overrides);
  }
}

function pnpm(args, cwd) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${root}node_modules/pnpm/bin/pnpm.cjs`, ...args], {
    cwd,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`pnpm ${args.join(" ")} failed in ${cwd}:\n${stdout}${stderr}`);
}

function checkManifests() {
  for (const folder of packageFolders) {
    const name = basename(folder); // pnpm adds the root's LICENSE, unless the package has a file of such a name
    if (!existsSync(join(home, "node_modules/@subquad", name, "LICENSE"))) problems.push(`${name} is packed without its LICENSE`);
  }
  for (const path of readdirSync(join(home, "node_modules"), { recursive: true })) {
    if (basename(path) !== "package.json" || path.startsWith(".")) continue;
    const { name, scripts = {} } = JSON.parse(readFileSync(join(home, "node_modules", path), "utf8"));
    for (const script of ["preinstall", "install", "postinstall"]) {
      if (scripts[script]) problems.push(`${name} has an install script (${script})`);
    }
  }
}

/** program/*.js twice: as ES modules in esm/, as CommonJS in cjs/. */
function writePrograms() {
  const sources = { seeded: readFileSync(`${root}tooling/consumer/src/seeded.ts`, "utf8"), main: mainSource() };
  for (const folder of packageFolders) {
    const [fence] = existsSync(join(folder, "README.md")) ? fencesOf(join(folder, "README.md")).filter(({ runs }) => runs) : [];
    if (!fence) problems.push(`packages/${basename(folder)}/README.md has no example to run`);
    sources[`example-${basename(folder)}`] = fence
      ? asFunction(withAssertions(fence.code).code)
      : "export async function run(): Promise<void> {}";
  }
  for (const [format, module, type] of [
    ["esm", ts.ModuleKind.ESNext, "module"],
    ["cjs", ts.ModuleKind.CommonJS, "commonjs"],
  ]) {
    mkdirSync(join(home, format));
    writeFileSync(join(home, format, "package.json"), JSON.stringify({ type }));
    for (const [name, source] of Object.entries(sources)) {
      const { outputText } = ts.transpileModule(source, {
        compilerOptions: { target: ts.ScriptTarget.ES2022, module, verbatimModuleSyntax: false },
      });
      writeFileSync(join(home, format, `${name}.js`), outputText);
    }
  }
  writeFileSync(
    join(home, "esm/node.js"),
    'import { main } from "./main.js";\nconsole.log(`RESULT ${JSON.stringify(await main(true))}`);\n',
  );
  writeFileSync(
    join(home, "cjs/node.js"),
    'require("./main.js").main(true).then((result) => console.log(`RESULT ${JSON.stringify(result)}`));\n',
  );
  writeFileSync(
    join(home, "esm/in-worker.js"),
    'import { Worker } from "node:worker_threads";\nnew Worker(new URL("./node.js", import.meta.url)).on("error", (error) => { throw error; });\n',
  );
}

/** An example's statements as a function, so that it may await in CommonJS too; its imports stay outside. */
function asFunction(code) {
  const { statements } = ts.createSourceFile("example.ts", code, ts.ScriptTarget.ES2022, true);
  const text = (wanted) =>
    statements
      .filter((node) => ts.isImportDeclaration(node) === wanted)
      .map((node) => node.getFullText())
      .join("");
  return `${text(true)}\nexport async function run(): Promise<void> {${text(false)}\n}\n// @ts-nocheck\n${showsSource}`;
}

function mainSource() {
  const names = packageFolders.map((folder) => basename(folder));
  const ofNode = names.filter((name) => /from "node:/.test(exampleOf(name)));
  const shared = names.filter((name) => !ofNode.includes(name));
  if (ofNode.length > 0) console.log(`examples that use Node's own modules, and so stay out of the page: ${ofNode.join(", ")}`);
  return `
    import { seeded } from "./seeded.js";
    ${shared.map((name, i) => `import { run as run${i} } from "./example-${name}.js";`).join("\n")}
    export async function main(node: boolean) {
      ${shared.map((_, i) => `await run${i}();`).join("\n")}
      if (node) { ${ofNode.map((name) => `await (await import("./example-${name}.js")).run();`).join("\n")} }
      return seeded();
    }`;
}

function exampleOf(name) {
  const readme = join(root, "packages", name, "README.md");
  return existsSync(readme) ? (fencesOf(readme).find(({ runs }) => runs)?.code ?? "") : "";
}

function checkTypes() {
  const base = {
    strict: true,
    skipLibCheck: false,
    noEmit: true,
    target: "ES2022",
    lib: ["ES2022", "DOM"],
    types: [],
    exactOptionalPropertyTypes: true,
  };
  for (const [name, file, options] of [
    ["ESM", "types.mts", { module: "NodeNext" }],
    ["CommonJS", "types.cts", { module: "NodeNext" }],
    ["bundler", "types.ts", { module: "ESNext", moduleResolution: "bundler" }],
  ]) {
    cpSync(`${root}tooling/consumer/src/types.ts`, join(home, file));
    writeFileSync(join(home, "tsconfig.json"), JSON.stringify({ compilerOptions: { ...base, ...options }, files: [file] }));
    const { status, stdout } = spawnSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-p", home], { encoding: "utf8" });
    console.log(`${status === 0 ? "ok" : "FAILED"} types, ${name}`);
    if (status !== 0) problems.push(`types as ${name}:\n${stdout}`);
  }
}

function runNode() {
  const name = `Node ${process.versions.node}`;
  execute(`${name} ESM`, process.execPath, ["esm/node.js"]);
  execute(`${name} CommonJS`, process.execPath, ["cjs/node.js"]);
  execute(`${name} worker_threads`, process.execPath, ["esm/in-worker.js"]);
}

function runOther({ name, command, args }) {
  if (command) return execute(name, command, [...args, "esm/node.js"]);
  console.log(`skipped ${name}: not installed (\`npm run test:full\` installs it where it exists)`);
  if (ci) problems.push(`${name} is absent, and CI needs it`);
}

function execute(name, command, args) {
  const env = { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: home, encoding: "utf8", env, timeout: 180_000 });
  const result = /^RESULT (.*)$/m.exec(stdout ?? "")?.[1];
  if (status !== 0 || !result) problems.push(`${name} failed (${error?.message ?? `exit status ${status}`}):\n${stdout}${stderr}`);
  record(name, status === 0 && result ? JSON.parse(result) : undefined);
}

async function runPages() {
  const executablePath = findChromium();
  if (!executablePath) {
    console.log(noChromium);
    if (ci) problems.push("Chromium is absent, and CI needs it");
    return;
  }
  for (const { name, result, error } of await openPages(home, executablePath)) {
    if (error) problems.push(`${name}: ${error}`);
    record(name, result);
  }
}

function record(name, result) {
  if (!result) return console.log(`FAILED ${name}`);
  console.log(`ok ${name}: ${result.method}, ${result.certificate}, ${result.backend}, ${result.threads} threads, ${result.hash}`);
  hashes.set(result.hash, [...(hashes.get(result.hash) ?? []), name]);
}
