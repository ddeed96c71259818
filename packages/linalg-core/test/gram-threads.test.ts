import { test } from "vitest";
import { gram, gramAsync } from "../src/dense/gram.js";
import { describeThreads, expectThreadsKeepBits, gaussian } from "./factorization-support.js";
import { dtypes } from "./numeric-support.js";

describeThreads(() => {
  test.each(dtypes)("gramAsync, %s", async (dtype) => {
    const A = gaussian(500, 211, dtype);
    for (const options of [{}, { side: "rows", alpha: -0.3 }, { triangle: "lower" }] as const) {
      await expectThreadsKeepBits(
        () => [gram(A, options)],
        async (control) => [await gramAsync(A, { ...options, ...control })],
      );
    }
  });
});
