import { describe, expect, test } from "vitest";
import { cases } from "../cases/index.js";
import type { Result } from "../src/result.js";
import { run, type Progress } from "../src/run.js";
import { readResult, writeResult } from "../src/schema.js";

const silent: Progress = { during: (_, work) => work(() => undefined), rows: () => undefined };

/** Every case at its first quick size, or full size where it has no other, our own methods only, with hardly any timing. */
function smallRun(filter: readonly string[] = []): Promise<Result> {
  const small = cases.map((benchCase) => {
    const { quick, full } = benchCase.sizes;
    return { ...benchCase, sizes: { quick: (quick.length > 0 ? quick : full).slice(0, 1), full: [] } };
  });
  const settings = { profile: "quick", filter, n: [], rivals: [], seed: "7", threads: [1] } as const;
  return run(small, { ...settings, effort: { rounds: 1, sampleTime: 0.01, budget: 0 } }, silent);
}

/** What must not depend on the clock. */
function timeless({ cases: groups }: Result, filter: readonly string[]): unknown {
  return groups
    .filter(({ id }) => filter.includes(id))
    .map(({ id, size, contenders }) => ({
      id,
      size,
      rows: contenders.map(({ name, status, error, claim, checksum }) => ({ name, status, error, claim, checksum })),
    }));
}

describe("laws", () => {
  test("every case answers rightly and keeps its certificates; the same seed gives the same figures (all packages at work: over 5 s on a busy machine)", async () => {
    const first = await smallRun();
    for (const { id, contenders } of first.cases) {
      const ours = contenders.filter(({ role }) => role.startsWith("ours"));
      expect(ours.length, id).toBeGreaterThan(0);
      for (const row of ours) {
        expect(row.status, `${id} ${row.name} ${row.reason ?? ""}`).toBe("ok");
        if (row.claim) expect(row.claim.holds, `${id} ${row.name}`).toBe(true);
        expect(row.median).toBeGreaterThan(0);
      }
    }
    const again = ["attention/real-heads", "linalg/gemm-f64"];
    expect(timeless(await smallRun(again), again)).toEqual(timeless(first, again));

    const text = writeResult(first);
    expect(writeResult(readResult(text))).toBe(text);
    expect(text).not.toMatch(/(?:\/(?:home|root|Users|tmp|work)\/)|[A-Z]:\\/); // a result is meant to be published
    for (const name of [process.env.USER, process.env.HOSTNAME]) if (name && name.length > 3) expect(text).not.toContain(name);
  }, 60_000);
});
