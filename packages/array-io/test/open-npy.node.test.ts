import fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gaussianArray } from "@subquad/test-kit";
import { openNpy, readNpy, writeNpy, type NpyFile } from "../src/index.js";
import { handlesLeft } from "./handles.js";
import { dict, npy } from "./npy-bytes.js";

const good = writeNpy(gaussianArray([1000, 4], { seed: "handles" }));

/** Reads blocks until `stop`, which may abort or throw. */
async function blocks(file: NpyFile, signal: AbortSignal | undefined, stop: (from: number) => void): Promise<void> {
  for await (const { from } of file.rowBlocks(100, signal ? { signal } : {})) stop(from);
}

describe("file handles", () => {
  test("readNpy closes on every path", async () => {
    expect(await handlesLeft(good, readNpy)).toBe(0);
    const failed = (path: string): Promise<unknown> => readNpy(path).catch(() => "refused");
    for (const length of [0, 5, 9, 100, good.length - 1]) expect(await handlesLeft(good.subarray(0, length), failed)).toBe(0);
    expect(await handlesLeft(good, (path) => readNpy(path, { maxBytes: 1 }).catch(() => "too large"))).toBe(0);
    expect(await handlesLeft(good, (path) => readNpy(path, { signal: AbortSignal.abort() }).catch(() => "aborted"))).toBe(0);
  });

  test("openNpy: open until closed; closed by a malformed header and by an abort in the middle of the blocks", async () => {
    expect(await handlesLeft(good, openNpy)).toBe(1);
    expect(await handlesLeft(good, async (path) => (await openNpy(path)).close())).toBe(0);
    for (const length of [0, 100, good.length - 1]) {
      expect(await handlesLeft(good.subarray(0, length), (path) => openNpy(path).catch(() => "refused"))).toBe(0);
    }
    const left = await handlesLeft(good, async (path) => {
      const controller = new AbortController();
      const file = await openNpy(path);
      const reason = new Error("changed my mind");
      const loop = blocks(file, controller.signal, (from) => {
        if (from === 300) controller.abort(reason);
      });
      await expect(loop).rejects.toBe(reason);
    });
    expect(left).toBe(0);
  });

  test("closing while a read is under way: the read ends, no handle stays", async () => {
    const left = await handlesLeft(good, async (path) => {
      const file = await openNpy(path);
      const read = file.readRows(0, 1000).catch((error: unknown) => error);
      await file.close();
      await read;
    });
    expect(left).toBe(0);
  });

  test("a file that shrinks while its blocks are read", async () => {
    const left = await handlesLeft(good, async (path) => {
      const file = await openNpy(path);
      await fs.truncate(path, good.length - 1600);
      const seen: number[] = [];
      await expect(blocks(file, undefined, (from) => seen.push(from))).rejects.toMatchObject({
        code: "ERR_FORMAT",
        offset: good.length - 1600,
        expected: "1600 more bytes",
      });
      expect(seen).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800]);
      await file.close();
    });
    expect(left).toBe(0);
  });
});

const full = process.env.SUBQUAD_TEST_PROFILE === "full";

test.runIf(full)("1 GiB by blocks of 8 MiB: less than 64 MiB above the start (writes and reads 1 GiB)", async () => {
  const folder = await fs.mkdtemp(join(tmpdir(), "array-io "));
  try {
    const path = join(folder, "large.npy");
    const [rows, columns, rowsPerBlock] = [2 ** 18, 1024, 2 ** 11];
    const handle = await fs.open(path, "w");
    await handle.write(npy(dict("<f4", `(${rows}, ${columns})`).padEnd(118)));
    const block = new Float32Array(rowsPerBlock * columns);
    for (let i = 0; i < rows / rowsPerBlock; i++) await handle.write(block.fill(i));
    await handle.close();

    const file = await openNpy(path);
    expect([file.rows, file.columns, file.blockRows]).toEqual([rows, columns, rowsPerBlock]);
    const start = process.memoryUsage().rss;
    let peak = 0;
    let count = 0;
    for await (const { from, rows: part } of file.rowBlocks(rowsPerBlock)) {
      count += Number(part.data[0] === from / rowsPerBlock && part.data.at(-1) === from / rowsPerBlock);
      peak = Math.max(peak, process.memoryUsage().rss - start);
    }
    await file.close();
    expect(count).toBe(128);
    expect(peak).toBeLessThan(64 * 2 ** 20);
  } finally {
    await fs.rm(folder, { recursive: true });
  }
});
