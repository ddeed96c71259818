// The consumer test's browser part: the consumer's program built by Vite and by webpack, without any configuration of ours, and opened in
// Chromium on the main thread and in a module worker: under each Content-Security-Policy, cross-origin isolated and not.
import { createServer } from "node:http";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { chromium } from "playwright";
import { build } from "vite";
import webpack from "webpack";
import { chromiumArgs, isolationHeaders } from "./find-chromium.mjs";

const plain = { name: "no CSP", header: undefined, isolated: true, wasm: true, threads: true };
const policies = [
  plain,
  { name: "CSP script-src 'self'", header: "script-src 'self'", isolated: true, wasm: false, threads: false },
  {
    name: "CSP script-src 'self' 'wasm-unsafe-eval'",
    header: "script-src 'self' 'wasm-unsafe-eval'",
    isolated: true,
    wasm: true,
    threads: false,
  },
];
const apart = { name: "not isolated", header: undefined, isolated: false, wasm: true, threads: false };
const bundlers = [
  { name: "Vite", build: buildWithVite, policies: [...policies, apart] },
  { name: "webpack", build: buildWithWebpack, policies: [plain, apart] },
];
const types = { ".html": "text/html", ".js": "text/javascript" };

/** Runs the program under every bundler and policy, in both places: { name, result?, error? }[]. */
export async function openPages(home, executablePath) {
  const page = writePage(home);
  const results = [];
  const browser = await chromium.launch({ executablePath, args: chromiumArgs });
  try {
    for (const bundler of bundlers) {
      const folder = await bundler.build(page);
      for (const policy of bundler.policies) {
        const server = await serve(folder, policy);
        for (const place of ["main thread", "module worker"]) {
          const name = `Chromium ${place}, ${bundler.name}, ${policy.name}`;
          const url = `http://127.0.0.1:${server.address().port}/?${place === "main thread" ? "main" : "worker"}`;
          results.push({ name, ...(await visit(browser, url, policy)) });
        }
        server.close();
      }
    }
  } finally {
    await browser.close();
  }
  return results;
}

function writePage(home) {
  const folder = join(home, "page");
  mkdirSync(folder);
  const say = "(result) => console.log(`RESULT ${JSON.stringify(result)}`)";
  const complain = "(error) => console.log(`ERROR ${error?.stack ?? error}`)";
  writeFileSync(
    join(folder, "index.html"),
    '<!doctype html><title>consumer</title><link rel="icon" href="data:,"><script type="module" src="./page.js"></script>',
  );
  writeFileSync(
    join(folder, "worker.js"),
    'import { main } from "../esm/main.js";\nmain(false).then((result) => postMessage({ result }), (error) => postMessage({ error: String(error?.stack ?? error) }));\n',
  );
  writeFileSync(
    join(folder, "page.js"),
    `if (location.search === "?main") import("../esm/main.js").then(({ main }) => main(false)).then(${say}, ${complain});
    else {
      const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
      worker.onmessage = ({ data }) => data.error ? (${complain})(data.error) : (${say})(data.result);
      worker.onerror = (event) => (${complain})(event.message);
    }`,
  );
  return folder;
}

async function buildWithVite(folder) {
  await build({
    root: folder,
    base: "./",
    logLevel: "error",
    configFile: false,
    worker: { format: "es" },
    build: { target: "es2022", outDir: "dist" },
  });
  return join(folder, "dist");
}

async function buildWithWebpack(folder) {
  const out = join(folder, "packed");
  const options = {
    mode: "production",
    context: folder,
    entry: "./page.js",
    output: { path: out, filename: "page.js" },
    optimization: { minimize: false }, // most of the time; the page that Vite builds is minified
    performance: false,
  };
  const stats = await new Promise((resolve, reject) => {
    webpack(options, (error, result) => (error ? reject(error) : resolve(result)));
  });
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
  for (const { message } of [...errors, ...warnings]) throw new Error(`webpack: ${message}`);
  writeFileSync(join(out, "index.html"), readFileSync(join(folder, "index.html")));
  return out;
}

function serve(folder, { header, isolated }) {
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    try {
      const file = join(folder, path === "/" ? "index.html" : path);
      const body = readFileSync(file);
      response.writeHead(200, {
        "Content-Type": types[extname(file)] ?? "application/octet-stream",
        ...(isolated ? isolationHeaders : {}),
        ...(header ? { "Content-Security-Policy": header } : {}),
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

async function visit(browser, url, policy) {
  const page = await browser.newPage();
  const lines = [];
  const complaints = [];
  try {
    const answer = new Promise((resolve, reject) => {
      page.on("console", (message) => {
        const text = message.text();
        lines.push(text);
        if (["warning", "error"].includes(message.type())) complaints.push(text);
        if (text.startsWith("RESULT ")) resolve(JSON.parse(text.slice(7)));
        if (text.startsWith("ERROR ")) reject(new Error(text.slice(6)));
      });
      page.on("pageerror", reject);
      setTimeout(() => reject(new Error("no answer in 120 s")), 120_000).unref();
    });
    await Promise.all([page.goto(url), answer]);
    const result = await answer;
    const error = await faultOf(page, result, policy, complaints);
    return error === undefined ? { result } : { result, error };
  } catch (error) {
    return { error: `${error.message}\n${lines.join("\n")}` };
  } finally {
    await page.close();
  }
}

/** What the page did otherwise than its policy allows, or said without need. */
async function faultOf(page, { backend, threads }, policy, complaints) {
  if ((backend !== "js") !== policy.wasm) return `expected ${policy.wasm ? "WebAssembly" : "the JavaScript fallback"}, ran on ${backend}`;
  const isolated = await page.evaluate(() => globalThis.crossOriginIsolated);
  if (isolated !== policy.isolated) return `the page is ${isolated ? "" : "not "}cross-origin isolated`;
  const expected = policy.threads ? Math.min(16, await page.evaluate(() => globalThis.navigator.hardwareConcurrency)) : 1;
  if (threads !== expected) return `expected ${expected} threads, got ${threads}`;
  if (policy.header === undefined && complaints.length > 0) return `the console shows:\n${complaints.join("\n")}`; // a policy's refusals are the browser's own words
}
