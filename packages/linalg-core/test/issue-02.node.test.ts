/**
 * What was found by attacking the package, in Node.
 */
import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { closePool, matmulAsync, ready } from "../src/index.js";
import { numbers } from "./runtime/support.js";

test("issue-02: one signal for many calls: one listener, and Node does not warn of a leak", async () => {
  const warnings: string[] = [];
  const listener = ({ name }: Error): void => void warnings.push(name);
  process.on("warning", listener);
  await ready();
  const { signal } = new AbortController();
  const A = numbers(400, 400);
  const calls = Array.from({ length: 24 }, () => matmulAsync(A, A, { threads: 2, signal }));
  expect(getEventListeners(signal, "abort").length).toBeLessThanOrEqual(1);
  await Promise.all(calls);
  await new Promise((resolve) => setImmediate(resolve)); // warnings come in a turn of their own
  process.off("warning", listener);
  expect(warnings).toEqual([]);
  expect(getEventListeners(signal, "abort")).toEqual([]);
  await closePool();
});
