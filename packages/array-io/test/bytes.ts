/**
 * Files put together by hand, byte by byte, so that the reader is not tested by the writer.
 */
import { FormatError, isNumericsError } from "@subquad/linalg-core";
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

/** Bytes of a fixture. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Code of the error that an action ends in; "no error", or the error itself if it is none of ours. */
export function codeOf(action: () => unknown): Promise<unknown> {
  return Promise.resolve()
    .then(action)
    .then(
      () => "no error",
      (error: unknown) => (isNumericsError(error) ? error.code : error),
    );
}

/** Bits of floats, for comparisons that tell -0 from 0 and one NaN from another. */
export function bits(data: ArrayLike<number> & ArrayBufferView): bigint[] {
  const words = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return data instanceof Float32Array
    ? Array.from(new Uint32Array(words.slice().buffer), BigInt)
    : Array.from(new BigUint64Array(words.slice().buffer));
}
