import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { cases } from "../cases/index.js";
import type { Case } from "../src/case.js";
import { runApart } from "../src/apart.js";
import type { CaseResult } from "../src/result.js";
import { createContext, runSizes, type SizesTask } from "../src/run-sizes.js";

const folder = mkdtempSync(join(tmpdir(), "subquad-apart-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const gemm = cases.find(({ id }) => id === "linalg/gemm-f64")!;
const task: SizesTask = {
  profile: "quick",
  rivals: ["numeric"],
  sizes: [{ n: 32 }, { n: 48 }],
  effort: { rounds: 1, sampleTime: 0.01, budget: 0 },
  hurryAfter: 100,
  seed: "7",
  threads: 1,
};

async function rowsOf(work: (control: Parameters<typeof runApart>[2]) => Promise<void>): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  await work({ report: () => undefined, rows: (result) => results.push(result) });
  return results;
}

describe("laws", () => {
  test("a process of its own answers what this one does, size by size", async () => {
    const apart = await rowsOf((control) => runApart(gemm, task, control));
    const here = await rowsOf((control) => runSizes(gemm, task, createContext("7", 1), control));
    const answers = (results: readonly CaseResult[]): unknown =>
      results.map(({ size, contenders }) => [size, contenders.map(({ name, status, error, checksum }) => [name, status, error, checksum])]);
    expect(answers(apart)).toEqual(answers(here));
    expect(apart).toHaveLength(2);
    for (const { contenders } of apart) expect(contenders.every(({ median }) => median! > 0)).toBe(true);
  });
});

describe("errors", () => {
  test("a case that throws fails with its message", async () => {
    const unknown: Case = { ...gemm, id: "linalg/none" };
    await expect(rowsOf((control) => runApart(unknown, task, control))).rejects.toThrow(/linalg\/none/);
  });

  test("the sizes that a process does not live to report are rows that say why", async () => {
    const preload = join(folder, "die.cjs");
    writeFileSync(preload, "setInterval(() => process.kill(process.pid, 'SIGKILL'), 1);");
    const before = process.env.NODE_OPTIONS;
    process.env.NODE_OPTIONS = `--require ${preload}`;
    try {
      const results = await rowsOf((control) => runApart(gemm, task, control));
      expect(results.map(({ size }) => size)).toEqual(task.sizes);
      for (const { contenders } of results) {
        expect(contenders.length).toBeGreaterThan(1);
        for (const { status, reason } of contenders) {
          expect(status).toBe("failed");
          expect(reason).toContain("linalg/gemm-f64 ended at n=32: SIGKILL");
        }
      }
    } finally {
      if (before === undefined) delete process.env.NODE_OPTIONS;
      else process.env.NODE_OPTIONS = before;
    }
  });
});
