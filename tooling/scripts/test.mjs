// npm test: every gate of the repository, then the tally. `--full` also runs what is too slow for every day.
import { existsSync, readFileSync, rmSync } from "node:fs";
import process from "node:process";
import { bootstrap, ci, root, run, tool } from "./bootstrap.mjs";
import { findChromium, noChromium } from "./find-chromium.mjs";

const full = process.argv.includes("--full");
const failed = []; // names of steps
const SHARDS = 3;
const tests = { node: 0, chromium: 0, site: 0, failed: 0 };
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

/** Node and types in one run; Chromium in shards, as one page that runs every file ends in a message larger than vitest's channel carries. */
function vitest() {
  const slowest = [vitestRun("vitest: node and types", "--project=node", "--project=types")];
  if (findChromium())
    for (let i = 1; i <= SHARDS; i++)
      slowest.push(vitestRun(`vitest: chromium ${i}/${SHARDS}`, "--project=chromium", `--shard=${i}/${SHARDS}`));
  console.log("\nslowest tests");
  const worst = slowest.flat().sort((a, b) => b.seconds - a.seconds);
  for (const { seconds, name } of worst.slice(0, 10)) console.log(`  ${seconds.toFixed(2).padStart(6)} s  ${name}`);
}

/** One run, counted. A run that fails without a failed test (a file that does not load) counts as one. */
function vitestRun(name, ...selection) {
  rmSync(".vitest", { recursive: true, force: true }); // a stale report would be a false pass
  const reporters = ["--reporter=default", "--reporter=json", "--outputFile.json=.vitest/report.json"];
  const ok = step(name, () => tool("vitest", ["run", ...selection, ...reporters, "--reporter=./tooling/scripts/tally-reporter.mjs"]));
  if (!existsSync(".vitest/report.json") || !existsSync(".vitest/projects.json")) return [];
  const report = JSON.parse(readFileSync(".vitest/report.json", "utf8"));
  const { projects, slowest } = JSON.parse(readFileSync(".vitest/projects.json", "utf8"));
  let inChromium = 0;
  for (const [project, { passed }] of Object.entries(projects)) if (project.startsWith("chromium")) inChromium += passed;
  tests.chromium += inChromium;
  tests.node += report.numPassedTests - inChromium; // type tests are counted with node
  tests.failed += report.numFailedTests;
  if (!ok && report.numFailedTests > 0) failed.splice(failed.indexOf(name), 1); // counted test by test
  return slowest;
}

function tally() {
  if (!findChromium()) {
    if (ci) failed.push("chromium (CI needs one)");
    console.log(`\n${noChromium}`);
  }
  const passed = tests.node + tests.chromium + tests.site;
  const total = tests.failed + failed.length;
  console.log(failed.length > 0 ? `\nfailed steps: ${failed.join(", ")}` : "");
  console.log(`node: ${tests.node}, chromium: ${tests.chromium}, site: ${tests.site}`);
  console.log(`${passed} passed, ${total} failed`);
  process.exitCode = total === 0 && passed > 0 ? 0 : 1;
}
