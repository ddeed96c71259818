import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { createProgram, type Output } from "../src/commands.js";
import { readResult } from "../src/schema.js";

const folder = mkdtempSync(join(tmpdir(), "subquad-bench-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const files = (name: string) => ({ json: join(folder, `${name}.json`), html: join(folder, `${name}.html`) });

/** Runs the program with words; gives its status and what it wrote. */
async function program(words: readonly string[], onWrite: (text: string) => void = () => undefined) {
  const written: string[] = [];
  const errors: string[] = [];
  const output: Output = {
    write: (text) => {
      written.push(text);
      onWrite(text);
    },
    error: (text) => errors.push(text),
    terminal: false,
    colours: false,
  };
  const status = await createProgram(output).run(words);
  return { status, text: written.join("\n"), errors: errors.join("\n") };
}

describe("commands", () => {
  test("help names the commands and the options of run", async () => {
    const { status, text } = await program(["--help"]);
    expect(status).toBe(0);
    for (const command of ["run", "list", "report"]) expect(text).toMatch(new RegExp(`^  ${command}\\b`, "m"));
    const help = await program(["run", "--help"]);
    for (const option of "profile filter size seed threads rivals json html quiet deterministic backend".split(" ")) {
      expect(help.text).toContain(`--${option}`);
    }
  });

  test("list names cases, sizes and rivals, as text and as JSON", async () => {
    const { text } = await program(["list"]);
    expect(text).toMatch(/attention\/real-heads\n +On real heads/);
    expect(text).toMatch(/tfjs-wasm +wasm +(installed|not installed: npm run rivals)/);
    const json = JSON.parse((await program(["list", "--json"])).text) as { cases: unknown[]; rivals: unknown[] };
    expect(json.cases.length).toBeGreaterThan(4);
    expect(json.rivals.length).toBeGreaterThan(8);
  });

  test("run writes a result that report opens, and says where; one plain line a row group", async () => {
    const { json, html } = files("small");
    const words = ["run", "--filter", "linalg/gemm-f64", "--size", "128", "--rivals", "numeric", "--json", json, "--html", html];
    const { status, text } = await program(words);
    expect(status).toBe(0);
    expect(text).toMatch(/^linalg\/gemm-f64 n=128: subquad .*numeric/);
    expect(text).toMatch(/\nResult: .*small\.json\nReport: .*small\.html$/);
    // eslint-disable-next-line no-control-regex -- that there are none is the point
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    const result = readResult(readFileSync(json, "utf8"));
    expect(result).toMatchObject({ complete: true, profile: "quick", selection: "--filter linalg/gemm-f64 --size 128 --rivals numeric" });

    const again = join(folder, "again.html");
    expect(await program(["report", json, "--html", again])).toMatchObject({ status: 0 });
    expect(readFileSync(again, "utf8")).toBe(readFileSync(html, "utf8"));
  });

  test("an interrupt ends after the work in hand and leaves a partial result that report opens", async () => {
    const { json, html } = files("partial");
    const words = ["run", "--filter", "linalg", "--size", "128,256", "--rivals", "none", "--quiet", "--json", json, "--html", html];
    const { status, errors } = await program(words, (text) => {
      if (text.startsWith("linalg/gemm-f32 n=128")) process.emit("SIGINT");
    });
    expect(status).toBe(130);
    expect(errors).toContain("Again to quit at once");
    const result = readResult(readFileSync(json, "utf8"));
    expect(result.complete).toBe(false);
    expect(result.cases.length).toBeLessThanOrEqual(2); // the process of the case may have begun the second when it hears of it
    expect(await program(["report", json, "--html", html])).toMatchObject({ status: 0 });
    expect(readFileSync(html, "utf8").includes("Incomplete")).toBe(true);
  });
});

describe("errors", () => {
  test.each<[string, readonly string[], RegExp]>([
    ["an unknown option", ["run", "--fast"], /unknown option '--fast'/],
    ["an unknown command", ["measure"], /unknown command 'measure'/],
    ["a profile that is none", ["run", "--profile", "slow"], /Expected one of quick, full, got "slow"/],
    ["a size that is no number", ["run", "--size", "512,x"], /Expected positive integers separated by commas, got "512,x"/],
    ["a size that no case has", ["run", "--size", "7"], /--size: expected some of .*, got 7/],
    ["a thread count of zero", ["run", "--threads", "0"], /Expected positive integers separated by commas, got "0"/],
    ["a backend that is none", ["run", "--backend", "blas"], /Expected one of wasm, js, got "blas"/],
    ["a filter without a match", ["run", "--filter", "attentoin"], /got "attentoin"\. Nearest: attention/],
    ["a rival that nobody knows", ["run", "--rivals", "blas"], /--rivals: expected "all", "none" or some of .*, got "blas"/],
    ["a result that is not there", ["report", "nowhere.json"], /expected a readable file, got "nowhere\.json"/],
  ])("%s exits with 2 and names rule and value", async (_, words, message) => {
    const { status, errors } = await program(words);
    expect(status).toBe(2);
    expect(errors).toMatch(message);
  });

  test("a file that is no result exits with 1 and says what is wrong", async () => {
    const { status, errors } = await program(["report", fileURLToPath(new URL("../package.json", import.meta.url))]);
    expect(status).toBe(1);
    expect(errors).toMatch(/readResult\(benchmark result\): expected result: a field "schemaVersion"/);
  });
});
