// npm test: every gate of the repository, then the tally. `--full` also runs what is too slow for every day.
import { existsSync, readFileSync, rmSync } from "node:fs";
import process from "node:process";
import { bootstrap, ci, root, run, tool } from "./bootstrap.mjs";
import { findChromium, noChromium } from "./find-chromium.mjs";

const full = process.argv.includes("--full");
const failed = []; // names of steps
const tests = { node: 0, "without WebAssembly": 0, "without code generation": 0, chromium: 0, site: 0, failed: 0 };
const hosts = { "node-without-wasm": "without WebAssembly", "node-without-codegen": "without code generation" };
process.chdir(root);
if (full) process.env.SUBQUAD_TEST_PROFILE = "full";

const script = (name, ...args) => run(process.execPath, [`${root}tooling/scripts/${name}.mjs`, ...args]);
const turbo = (...tasks) =>
  tool("turbo", ["run", ...tasks, "--continue=dependencies-successful", "--output-logs=errors-only", "--log-order=grouped"]);

bootstrap({ runtimes: ci || full });
step("lockfile names no host", () => (/tarball:|https?:\/\//.test(readFileSync("pnpm-lock.yaml", "utf8")) ? 1 : 0));
if (step("build", () => turbo("build"))) {
  step("typecheck and package checks", () => Math.max(turbo("typecheck", "check:pkg"), tool("typescript:tsc", ["-p", "."])));
  step("sync-exports", () => script("sync-exports", "--check"));
  step("eslint", () => tool("eslint", ["--cache", "--cache-location", "node_modules/.cache/eslint/", "--max-warnings", "0", "."]));
  step("prettier", () => tool("prettier", ["--check", "--log-level", "warn", "."]));
  step("dependency-cruiser", () => tool("dependency-cruiser:depcruise", ["packages/*/src"]));
  step("knip", () => tool("knip", []));
  step("sherif", () => tool("sherif", ["-r", "packages-without-package-json"]));
  step("check:readmes", () => script("check-readmes"));
  step("check:no-codegen", () => script("check-no-codegen"));
  vitest();
  step("consumer test", () => script("consumer-test"));
  if (existsSync("apps/docs")) step("docs site test", () => 1);
  else console.log("\ndocs site test skipped: apps/docs does not exist");
}
tally();

function step(name, action) {
  console.log(`\n=== ${name}`);
  const start = performance.now();
  let status = 1;
  try {
    status = action();
  } catch (error) {
    console.error(error);
  }
  if (status !== 0) failed.push(name);
  console.log(`${status === 0 ? "ok" : "FAILED"} ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  return status === 0;
}

/** All projects in one process. A run that fails without a failed test (a file that does not load) counts as one. */
function vitest() {
  rmSync(".vitest", { recursive: true, force: true }); // a stale report would be a false pass
  const reporters = ["--reporter=default", "--reporter=json", "--outputFile.json=.vitest/report.json"];
  const ok = step("vitest", () => tool("vitest", ["run", ...reporters, "--reporter=./tooling/scripts/tally-reporter.mjs"]));
  if (!existsSync(".vitest/report.json") || !existsSync(".vitest/projects.json")) return;
  const report = JSON.parse(readFileSync(".vitest/report.json", "utf8"));
  const { projects, slowest } = JSON.parse(readFileSync(".vitest/projects.json", "utf8"));
  for (const [name, { passed, skipped }] of Object.entries(projects)) {
    tests[name.startsWith("chromium") ? "chromium" : (hosts[name] ?? "node")] += passed; // type tests are counted with node
    if (skipped > 0) console.log(`${name}: ${skipped} skipped, each by a condition beside it`);
  }
  tests.failed = report.numFailedTests;
  if (!ok && tests.failed > 0) failed.splice(failed.indexOf("vitest"), 1); // counted test by test
  console.log("\nslowest tests");
  for (const { seconds, name } of slowest) console.log(`  ${seconds.toFixed(2).padStart(6)} s  ${name}`);
}

function tally() {
  if (!findChromium()) {
    if (ci) failed.push("chromium (CI needs one)");
    console.log(`\n${noChromium}`);
  }
  const { failed: failedTests, ...passedTests } = tests;
  const passed = Object.values(passedTests).reduce((sum, count) => sum + count, 0);
  const total = failedTests + failed.length;
  console.log(failed.length > 0 ? `\nfailed steps: ${failed.join(", ")}` : "");
  console.log(
    Object.entries(passedTests)
      .map(([name, count]) => `${name}: ${count}`)
      .join(", "),
  );
  console.log(`${passed} passed, ${total} failed`);
  process.exitCode = total === 0 && passed > 0 ? 0 : 1;
}
