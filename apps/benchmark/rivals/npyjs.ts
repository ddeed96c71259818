/** npyjs: takes the bytes of a file (a path goes to `fetch`, which refuses files in Node), and views or copies the numbers. */
import { readFile } from "node:fs/promises";
import type { Values } from "../src/case.js";
import { loadPackage } from "./load.js";
import type { Rival } from "./rival.js";

interface Parsed {
  readonly data: Values;
}

export const npyjs: Rival = {
  name: "npyjs",
  packages: ["npyjs"],
  home: ".",
  engine: "js",
  licence: "Apache-2.0",
  async npy(path) {
    const { module, version } = await loadPackage("npyjs", ".");
    const { load } = module as { load(bytes: Uint8Array): Promise<Parsed> };
    return { version, run: async () => load(await readFile(path)), read: (answer) => (answer as Parsed).data };
  },
};
