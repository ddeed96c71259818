/**
 * Files put together by hand, byte by byte, so that the reader is not tested by the writer.
 */
import { FormatError } from "@subquad/linalg-core";
import { openSafetensors, type ByteSource } from "../src/index.js";

/** A file with this header (an object, JSON text or raw bytes) and these data bytes. */
export function file(header: object | string | Uint8Array, data: readonly number[]): Uint8Array<ArrayBuffer> {
  const text =
    header instanceof Uint8Array ? header : new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const length = Array.from({ length: 8 }, (_, place) => Math.floor(text.length / 256 ** place) % 256);
  return Uint8Array.from([...length, ...text, ...data]);
}

export function numbers(data: ArrayBufferView): number[] {
  return [...new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
}

/** Opens and reads everything. "arrays", "FormatError", or the error that should not have been. */
export async function outcome(source: ByteSource): Promise<unknown> {
  try {
    const open = await openSafetensors(source);
    for (const name of open.names) {
      if (open.info(name).readable) await open.read(name);
    }
    await open.close();
    return "arrays";
  } catch (error) {
    return error instanceof FormatError ? "FormatError" : error;
  }
}
