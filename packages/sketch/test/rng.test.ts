import * as core from "@subquad/linalg-core";
import { describe, expect, it } from "vitest";
import { normalizeSeed, rngFor } from "../src/rng.js";

describe("laws", () => {
  it("is linalg-core's, and nothing else", () => {
    expect(rngFor).toBe(core.rngFor);
    expect(normalizeSeed).toBe(core.normalizeSeed);
  });
});
