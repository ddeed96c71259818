import fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NdArray } from "@subquad/linalg-core";
import { openSafetensors, writeSafetensors } from "../src/index.js";
import { outcome } from "./bytes.js";
import { handlesLeft } from "./handles.js";

const heads = new URL("../../../tooling/datasets/data/attn-ppocrv4-n512.safetensors", import.meta.url);
const halves = new URL("../../../tooling/datasets/data/attn-tinygpt-n1024.safetensors", import.meta.url);
let folder = "";

beforeAll(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), "array-io "));
});
afterAll(() => fs.rm(folder, { recursive: true }));

/** The same values, compared at once: `toEqual` takes seconds for 10^5 numbers. */
function same(A: NdArray, B: NdArray): boolean {
  return A.shape.join() === B.shape.join() && Buffer.from(A.data.buffer).equals(Buffer.from(B.data.buffer));
}

describe("fixtures: files of another writer (Python with NumPy)", () => {
  test("a path and its bytes give the same arrays", async () => {
    const path = join(folder, "heads.safetensors");
    await fs.copyFile(heads, path);
    const [fromPath, fromBytes] = await Promise.all([openSafetensors(path), fs.readFile(heads).then(openSafetensors)]);
    expect(fromPath.metadata).toEqual({ layout: "[head, n, d]", scale: "1/sqrt(15); q is not scaled", mask: "none" });
    expect(fromPath.names).toEqual(["layer0.q", "layer0.k", "layer0.v", "layer1.q", "layer1.k", "layer1.v"]);
    for (const name of fromPath.names) {
      const A = await fromPath.read(name);
      expect([A.shape, A.dtype]).toEqual([[8, 512, 15], "float32"]);
      expect(same(A, await fromBytes.read(name))).toBe(true);
      expect((await fromPath.readRows(name, 3, 5)).data).toEqual(A.data.slice(3 * 512 * 15, 5 * 512 * 15));
    }
    await fromPath.close();
  });

  test("halves, and the file written again", async () => {
    const open = await openSafetensors(await fs.readFile(halves));
    const entries = Object.fromEntries(await Promise.all(open.names.map(async (name) => [name, await open.read(name)] as const)));
    expect(entries["layer1.k"]!.data.subarray(0, 3)).toEqual(Float32Array.of(2.203125, 3.28515625, -2.423828125)); // NumPy says so
    const again = await openSafetensors(writeSafetensors(entries, open.metadata));
    expect([again.names, again.metadata]).toEqual([open.names, open.metadata]);
    for (const name of open.names) expect(same(await again.read(name), entries[name]!)).toBe(true);
  });
});

describe("file handles", () => {
  const good = writeSafetensors({ x: [1, 2, 3], y: [4] });

  test("closed by close, by a malformed header and by abort", async () => {
    expect(await handlesLeft(good, async (path) => (await openSafetensors(path)).read("x"))).toBe(1); // open until closed
    expect(await handlesLeft(good, outcome)).toBe(0);
    for (const length of [0, 7, 20, good.length - 1]) expect(await handlesLeft(good.subarray(0, length), outcome)).toBe(0);
    const abort = (path: string): Promise<unknown> => openSafetensors(path, { signal: AbortSignal.abort() }).catch(() => "aborted");
    expect(await handlesLeft(good, abort)).toBe(0);
    const folderItself = (): Promise<unknown> => openSafetensors(folder).catch(() => "no file");
    expect(await handlesLeft(good, folderItself)).toBe(0);
  });

  test("a file that shrinks while open", async () => {
    const left = await handlesLeft(good, async (path) => {
      const open = await openSafetensors(path);
      await fs.truncate(path, good.length - 4);
      await expect(open.read("y")).rejects.toMatchObject({ code: "ERR_FORMAT", offset: good.length - 4, expected: "4 more bytes" });
      expect((await open.read("x")).data).toEqual(Float64Array.of(1, 2, 3));
      await open.close();
    });
    expect(left).toBe(0);
  });

  test("no such file: the system's own error", async () => {
    await expect(openSafetensors(join(folder, "absent"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});
