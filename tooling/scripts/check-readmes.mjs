// Every ts fence of every README (and page of the docs) compiles against the built packages, runs, and shows what it says it shows; and the
// measured tables are those of the committed results.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import ts from "typescript";
import { root } from "./bootstrap.mjs";
import { fencesOf, showsSource, withAssertions } from "./fences.mjs";
import { tableProblems } from "./readme-tables.mjs";
import { packageFolders } from "./subpaths.mjs";

// a fence is put where it can import what it names: a package's own into the package, the others into the app that depends on all
const app = join(root, "apps/benchmark");
const pages = [
  ...packageFolders.map((folder) => ({ path: join(folder, "README.md"), home: folder })),
  { path: join(root, "README.md"), home: app },
  ...markdownBelow(join(root, "apps/docs")).map((path) => ({ path, home: join(root, "apps/docs") })),
].filter(({ path }) => existsSync(path));

const fences = pages.flatMap(({ path, home }) =>
  fencesOf(path).map((fence, i) => {
    const page = path.slice(root.length);
    return { ...fence, page, file: join(home, ".cache/readme", `${page.replace(/\W+/g, "-")}-${i + 1}.mts`) };
  }),
);
for (const folder of new Set(fences.map(({ file }) => dirname(file)))) rmSync(folder, { recursive: true, force: true });
const problems = [...(await tableProblems())];
for (const fence of fences) {
  mkdirSync(dirname(fence.file), { recursive: true });
  writeFileSync(fence.file, fence.code + "\nexport {};\n");
}
typecheck();
for (const fence of fences) if (fence.runs) execute(fence);

const still = fences.filter(({ runs }) => !runs);
for (const { page, line, reason } of still) console.log(`not run: ${page}:${line} (${reason || "no reason given"})`);
if (still.some(({ reason }) => !reason)) problems.push("a fence that does not run says why: ```ts no-run: reason");
for (const problem of problems) console.error(problem);
console.log(`${fences.length} fences of ${pages.length} pages, ${fences.length - still.length} run, ${problems.length} problems`);
process.exitCode = problems.length > 0 ? 1 : 0;

function typecheck() {
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, "tsconfig.base.json"),
    { noUnusedLocals: false },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} },
  );
  const program = ts.createProgram(
    fences.map(({ file }) => file),
    { ...config.options, noEmit: true },
  );
  for (const { file, start, messageText } of ts.getPreEmitDiagnostics(program)) {
    const fence = fences.find((candidate) => candidate.file === file?.fileName);
    const line = fence ? fence.line + file.getLineAndCharacterOfPosition(start).line : 0;
    problems.push(`${fence ? `${fence.page}:${line}` : (file?.fileName ?? "")} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`);
  }
}

function execute({ page, line, code, file }) {
  try {
    const program = file.replace(/\.mts$/, ".mjs");
    const { outputText } = ts.transpileModule(withAssertions(code).code, { compilerOptions: { target: "ES2022", module: "ESNext" } });
    writeFileSync(program, outputText + showsSource);
    const { status, stdout, stderr } = spawnSync(process.execPath, [program], { cwd: dirname(file), encoding: "utf8", timeout: 120_000 });
    if (status !== 0) problems.push(`${page}:${line} failed (${status ?? "timeout"}):\n${stdout}${stderr}`);
  } catch (error) {
    problems.push(`${page}:${line} ${error.message}`);
  }
}

function markdownBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((path) => path.endsWith(".md") && !/node_modules|\.vitepress|(^|[\\/])api[\\/]/.test(path))
    .map((path) => join(folder, path));
}
