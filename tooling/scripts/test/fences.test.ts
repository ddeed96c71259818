import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { fencesOf, showsSource, withAssertions } from "../fences.mjs";

/** Runs a fence's code with its assertions, as JavaScript. */
function run(code: string): void {
  runInNewContext(`${withAssertions(code).code}\n${showsSource}`, { console });
}

describe("laws", () => {
  test.each([
    ["const a = 0.123456; // -> 0.1235"],
    ["const a = 2; // -> 2"],
    ["console.log('bound', 1.5e-7); // -> bound 1.5e-7"],
    ["1.2345e-10; // -> 1.23e-10"],
    ["const { p, q } = { p: 1, q: new Float32Array([1, 2]) }; // -> 1 [1, 2]"],
    ["({ kind: 'exact', bound: 0.25 }); // -> { kind: \"exact\", bound: 0.3 }"],
    ["'a long text'; // -> a … text"],
    ["if (true) {\n  [3, -4]; // -> [3, -4]\n}"],
  ])("holds: %s", (code) => {
    expect(() => {
      run(code);
    }).not.toThrow();
  });

  test.each([
    ["const a = 0.123456; // -> 0.1234", "got 0.123456"],
    ["const a = 12; // -> 1", "got 12"],
    ["console.log('bound', 1); // -> bound", "got bound 1"],
    ["1.2345e-10; // -> 1.24e-10", "got 1.2345e-10"],
    ["[1, 2]; // -> [1, 2, 3]", "got [1, 2]"],
    ["1;\n2; // -> 3", "line 2"],
  ])("fails: %s", (code, message) => {
    expect(() => {
      run(code);
    }).toThrow(message);
  });
});

describe("errors", () => {
  test("an assertion behind nothing that shows a value", () => {
    expect(() => withAssertions("function f() {} // -> 1")).toThrow("1 `// ->` comments");
  });
});

test("fences: line, whether it runs, and why not", () => {
  const folder = mkdtempSync(join(tmpdir(), "fences-"));
  try {
    writeFileSync(join(folder, "a.md"), "# A\n\n```ts\n1;\n2;\n```\n\n```sh\nno\n```\n\n```ts no-run: needs a page\n3;\n```\n");
    expect(fencesOf(join(folder, "a.md"))).toEqual([
      { line: 4, runs: true, reason: "", code: "1;\n2;" },
      { line: 13, runs: false, reason: "needs a page", code: "3;" },
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
