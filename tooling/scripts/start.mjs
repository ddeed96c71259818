// npm start: install, build what the benchmark needs, run its quick profile. Arguments after `--` go to the benchmark.
import process from "node:process";
import { bootstrap, fail, root, run, tool } from "./bootstrap.mjs";

bootstrap();
if (tool("turbo", ["run", "build", "--filter=@subquad/benchmark...", "--output-logs=errors-only"]) !== 0) fail("Build failed (see above).");
const report = ["--profile", "quick", "--html", "report/index.html"];
process.exitCode = run(process.execPath, [root + "apps/benchmark/dist/cli.js", "run", ...report, ...process.argv.slice(2)]);
