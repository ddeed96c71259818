import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as api from "../src/index.js";

const folder = fileURLToPath(new URL("./", import.meta.url));

test("the type of every public function and class is tested", () => {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".test-d.ts"));
  const uses = files.map((file) => readFileSync(folder + file, "utf8").replaceAll(/^import [^;]*;/gm, "")).join("\n");
  const untested = Object.keys(api).filter((name) => !new RegExp(`\\b${name}\\b`).test(uses));
  expect(untested).toEqual([]);
});
