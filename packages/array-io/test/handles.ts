/**
 * Files on disk, and the handles that stay open on them (Node).
 */
import fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";

/** Writes bytes to a file with a space in its path, and counts the handles that stay open after `action`. */
export async function handlesLeft(bytes: Uint8Array, action: (path: string) => Promise<unknown>): Promise<number> {
  const folder = await fs.mkdtemp(join(tmpdir(), "array-io "));
  const path = join(folder, "a file");
  await fs.writeFile(path, bytes);
  const open = new Set<fs.FileHandle>();
  const original = fs.open.bind(fs);
  const spy = vi.spyOn(fs, "open").mockImplementation(async (...args) => {
    const handle = await original(...args);
    const close = handle.close.bind(handle);
    open.add(handle);
    handle.close = () => {
      open.delete(handle);
      return close();
    };
    return handle;
  });
  try {
    await action(path);
    return open.size;
  } finally {
    spy.mockRestore();
    for (const handle of [...open]) await handle.close();
    await fs.rm(folder, { recursive: true });
  }
}
