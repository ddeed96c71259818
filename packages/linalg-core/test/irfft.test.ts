import { describe, expect, test } from "vitest";
import { irfft } from "../src/transform/irfft.js";

// That it undoes `rfft`, its layouts, threads and errors: rfft.test.ts.
describe("oracle", () => {
  test.each([3, 4, 16, 21])("n = %i: a cosine and a sine", (n) => {
    const half = Math.floor(n / 2) + 1;
    const [re, im] = [new Float64Array(half), new Float64Array(half)];
    re[1] = n / 2;
    im[1] = -n / 4;
    const x = irfft({ re, im }, n);
    // a few roundings of numbers below 1.5
    for (let j = 0; j < n; j++) {
      const angle = (2 * Math.PI * j) / n;
      expect(Math.abs(x.data[j]! - (Math.cos(angle) + 0.5 * Math.sin(angle)))).toBeLessThanOrEqual(2e-15);
    }
  });
});
