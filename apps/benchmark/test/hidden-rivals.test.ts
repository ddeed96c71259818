import { describe, expect, test, vi } from "vitest";
import { cases } from "../cases/index.js";
import { run } from "../src/run.js";

vi.mock("../rivals/load.js", async () => {
  const { AbsentError } = await import("../src/case.js");
  return {
    loadPackage: () => Promise.reject(new AbsentError("not installed: npm run rivals")),
    locate: () => undefined,
  };
});

describe("errors", () => {
  test("without any rival library the run completes and says what is not there", async () => {
    const settings = { profile: "quick", filter: ["linalg/gemm-f32"], n: [128], rivals: "all", seed: "0", threads: [1] } as const;
    const result = await run(
      cases,
      { ...settings, effort: { rounds: 1, sampleTime: 0.01 } },
      { during: (_, work) => work(() => undefined), rows: () => undefined },
    );
    expect(result.complete).toBe(true);
    const [group] = result.cases;
    expect(group!.contenders.find(({ name }) => name === "subquad")!.status).toBe("ok");
    const others = group!.contenders.filter(({ role }) => role === "rival");
    expect(others.length).toBeGreaterThan(3);
    for (const row of others) expect(row).toMatchObject({ status: "absent", reason: "not installed: npm run rivals" });
    expect(result.bars.find(({ id }) => id === "gemm-f32-simd")!.verdict).toBe("not measured");
  });
});
