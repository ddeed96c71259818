/**
 * One way to read bytes at a position, over memory, a Blob, a file of Node, or anything that offers `read`.
 */
import { FormatError, OptionError } from "@subquad/linalg-core";

/** Random access to bytes that lie elsewhere: a server with range requests, a database, an archive. */
export interface RangeReader {
  /** Bytes in all. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`; fewer mean that the source has shrunk. */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>;
}

/** Where bytes come from. A string is the path of a file in Node, Deno or Bun; pages have Blobs (`File` is one) and ArrayBuffers. */
export type ByteSource = Uint8Array | ArrayBuffer | Blob | string | RangeReader;

export interface OpenSource {
  readonly size: number;
  /** Memory that nothing else refers to, beginning at byte 0 of its buffer: typed arrays may be laid over it. */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /** Fills `target`, memory of the caller's. */
  readInto(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const CHUNK = 2 ** 23; // between two chunks the signal is looked at; larger ones read no faster

/** Opens a source; the caller closes it on every path. `where` and `format` are for messages. */
export async function openSource(where: string, format: string, source: ByteSource): Promise<OpenSource> {
  const { size, read, own, close } = await partReader(where, source);
  const shrunk = (offset: number, missing: number): FormatError =>
    new FormatError(where, { format, offset, expected: `${missing} more bytes`, got: "the end" });
  const readInto = async (offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void> => {
    signal?.throwIfAborted();
    for (let at = 0; at < target.length;) {
      const end = Math.min(at + CHUNK, target.length);
      const got = await read(offset + at, target.subarray(at, end), signal);
      signal?.throwIfAborted();
      if (got === 0) throw shrunk(offset + at, target.length - at);
      at += got;
    }
  };
  return {
    size,
    close,
    readInto,
    async read(offset, length, signal) {
      signal?.throwIfAborted();
      if (own && length <= CHUNK) {
        const bytes = await own(offset, length);
        signal?.throwIfAborted();
        if (bytes.length < length) throw shrunk(offset + bytes.length, length - bytes.length);
        return bytes;
      }
      const out = allocate(where, length);
      await readInto(offset, out, signal);
      return out;
    },
  };
}

interface PartReader {
  readonly size: number;
  /** Fills the target from its start; returns the number of bytes, 0 at the end. */
  read(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<number>;
  /** Bytes that come in memory of their own anyway, fewer at the end: there is nothing to fill. */
  own?(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

async function partReader(where: string, source: ByteSource): Promise<PartReader> {
  if (typeof source === "string") return fileReader(where, source);
  if (source instanceof ArrayBuffer) return partReader(where, bytesOf(where, "source", source));
  if (source instanceof Uint8Array) {
    return {
      size: source.length,
      read: (offset, target) => Promise.resolve(fill(target, source.subarray(offset, offset + target.length))),
      close,
    };
  }
  if (typeof Blob === "function" && source instanceof Blob) {
    const own = async (offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> =>
      new Uint8Array(await source.slice(offset, offset + length).arrayBuffer());
    const read = async (offset: number, target: Uint8Array): Promise<number> => fill(target, await own(offset, target.length));
    return { size: source.size, read, own, close };
  }
  if (!isRangeReader(source)) {
    throw new OptionError(where, "source", "a path, a Uint8Array, an ArrayBuffer, a Blob or { size, read }", source);
  }
  const read = async (offset: number, target: Uint8Array, signal?: AbortSignal): Promise<number> => {
    const bytes: unknown = await unlessAborted(source.read(offset, target.length, signal), signal);
    if (!(bytes instanceof Uint8Array) || bytes.length > target.length) {
      throw new OptionError(
        where,
        "source.read",
        `a Uint8Array of ${target.length} bytes`,
        bytes instanceof Uint8Array ? bytes.length : bytes,
      );
    }
    return fill(target, bytes);
  };
  return { size: source.size, read, close };
}

/** What the promise gives, or the reason of an abort, whichever comes first: a source of the caller's need not look at the signal. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  let listener: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    listener = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", listener);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", listener!);
  }
}

async function fileReader(where: string, path: string): Promise<PartReader> {
  // not an import: bundlers for pages would stumble over it
  const host = (globalThis as { readonly process?: Partial<Pick<NodeJS.Process, "getBuiltinModule">> }).process;
  const fs = host?.getBuiltinModule?.("node:fs/promises");
  if (!fs) throw new OptionError(where, "source", "a Blob, an ArrayBuffer or { size, read } where there are no files", path);
  const { O_RDONLY, O_NONBLOCK = 0 } = fs.constants as { readonly O_RDONLY: number; readonly O_NONBLOCK?: number };
  const handle = await fs.open(path, O_RDONLY | O_NONBLOCK); // a named pipe without a writer would never open, nor let the process end
  try {
    const { size } = await handle.stat();
    const read = async (offset: number, target: Uint8Array): Promise<number> =>
      (await handle.read(target, 0, target.length, offset)).bytesRead;
    return { size, read, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function isRangeReader(source: unknown): source is RangeReader {
  if (typeof source !== "object" || source === null) return false;
  const { size, read } = source as { size?: unknown; read?: unknown };
  return Number.isSafeInteger(size) && (size as number) >= 0 && typeof read === "function";
}

/** The bytes of a buffer. */
export function bytesOf(where: string, argument: string, buffer: ArrayBuffer): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(buffer);
  } catch {
    throw new OptionError(where, argument, "a buffer at hand", "one that was transferred away");
  }
}

/** Memory for `length` bytes, or the advice to take less at a time. */
export function allocate(where: string, length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch {
    throw new OptionError(where, "length", "no more bytes than one typed array holds (readRows takes a part)", length);
  }
}

function fill(target: Uint8Array, bytes: Uint8Array): number {
  target.set(bytes);
  return bytes.length;
}

function close(): Promise<void> {
  return Promise.resolve();
}
