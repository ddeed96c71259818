// The consumer test's browser part: a Vite build of the consumer's program, opened in Chromium on the main thread and in a module
// worker under each Content-Security-Policy.
import { createServer } from "node:http";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { chromium } from "playwright";
import { build } from "vite";
import { chromiumArgs, isolationHeaders } from "./find-chromium.mjs";

const policies = [
  { name: "no CSP", header: undefined, wasm: true },
  { name: "CSP script-src 'self'", header: "script-src 'self'", wasm: false },
  { name: "CSP script-src 'self' 'wasm-unsafe-eval'", header: "script-src 'self' 'wasm-unsafe-eval'", wasm: true },
];
const types = { ".html": "text/html", ".js": "text/javascript" };

/** Runs the program six times: { name, result?, error? }[]. */
export async function openPages(home, executablePath) {
  const folder = await buildPage(home);
  const results = [];
  const browser = await chromium.launch({ executablePath, args: chromiumArgs });
  try {
    for (const policy of policies) {
      const server = await serve(folder, policy.header);
      for (const place of ["main thread", "module worker"]) {
        const name = `Chromium ${place}, ${policy.name}`;
        results.push({
          name,
          ...(await visit(browser, `http://127.0.0.1:${server.address().port}/?${place === "main thread" ? "main" : "worker"}`, policy)),
        });
      }
      server.close();
    }
  } finally {
    await browser.close();
  }
  return results;
}

async function buildPage(home) {
  const folder = join(home, "page");
  mkdirSync(folder);
  const say = "(result) => console.log(`RESULT ${JSON.stringify(result)}`)";
  const complain = "(error) => console.log(`ERROR ${error?.stack ?? error}`)";
  writeFileSync(join(folder, "index.html"), '<!doctype html><title>consumer</title><script type="module" src="./page.js"></script>');
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

function serve(folder, policy) {
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://localhost").pathname;
    try {
      const file = join(folder, path === "/" ? "index.html" : path);
      const body = readFileSync(file);
      response.writeHead(200, {
        "Content-Type": types[extname(file)] ?? "application/octet-stream",
        ...isolationHeaders,
        ...(policy ? { "Content-Security-Policy": policy } : {}),
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
  try {
    const answer = new Promise((resolve, reject) => {
      page.on("console", (message) => {
        const text = message.text();
        lines.push(text);
        if (text.startsWith("RESULT ")) resolve(JSON.parse(text.slice(7)));
        if (text.startsWith("ERROR ")) reject(new Error(text.slice(6)));
      });
      page.on("pageerror", reject);
      setTimeout(() => reject(new Error("no answer in 120 s")), 120_000).unref();
    });
    await Promise.all([page.goto(url), answer]);
    const result = await answer;
    const wasm = result.backend !== "js";
    return wasm === policy.wasm
      ? { result }
      : { result, error: `expected ${policy.wasm ? "WebAssembly" : "the JavaScript fallback"}, ran on ${result.backend}` };
  } catch (error) {
    return { error: `${error.message}\n${lines.join("\n")}` };
  } finally {
    await page.close();
  }
}
