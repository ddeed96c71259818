/**
 * The data files, and how to get their bytes in Node and in a page: beside this module, checked before use.
 */

interface DataFile {
  readonly url: URL; // written out in full, so that bundlers see the file and carry it along
  readonly sha256: string;
}

export const files = {
  "attn-ppocrv4-n512.safetensors": {
    url: new URL("../data/attn-ppocrv4-n512.safetensors", import.meta.url),
    sha256: "6fac8da7f797bcb4762d0281e8b96655704a45782ec12d6f69a6c3340a00cae3",
  },
  "attn-ppocrv4-n8192.safetensors": {
    url: new URL("../data/attn-ppocrv4-n8192.safetensors", import.meta.url),
    sha256: "9b2b41d795b0e1a58dd131a86fea149d7ecdd850ad5f57cdaaacfb7752d1437a",
  },
  "attn-tinygpt-n1024.safetensors": {
    url: new URL("../data/attn-tinygpt-n1024.safetensors", import.meta.url),
    sha256: "d3d6a4e35a3920e9595eb5cd5105586a624df957256d9f797067be808e82e809",
  },
} as const satisfies Record<string, DataFile>;

export type FileName = keyof typeof files;

const loaded = new Map<FileName, Promise<Uint8Array<ArrayBuffer>>>(); // 15 MB at most

/** The bytes of a file, read and checked once. */
export function fileBytes(name: FileName): Promise<Uint8Array<ArrayBuffer>> {
  let bytes = loaded.get(name);
  if (!bytes) {
    bytes = readChecked(name, files[name]);
    loaded.set(name, bytes);
    bytes.catch(() => loaded.delete(name)); // another try may succeed
  }
  return bytes;
}

/** Reads a file and compares its SHA-256. */
export async function readChecked(name: string, { url, sha256 }: DataFile): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await read(url);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const got = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (got !== sha256) throw new Error(`loadDataset: expected SHA-256 ${sha256} of ${name}, got ${got} over ${bytes.length} bytes`);
  return bytes;
}

async function read(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  if (url.protocol === "file:") return new Uint8Array(await process.getBuiltinModule("node:fs/promises").readFile(url));
  const response = await fetch(url);
  if (!response.ok) throw new Error(`loadDataset: expected ${url.href}, got status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
