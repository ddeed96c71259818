/**
 * float16 numbers of a safetensors file, read as float32: a table against a branch for each kind of number.
 *
 *   codes  [n]  all finite float16 numbers in turn
 */
import { openSafetensors } from "@subquad/array-io";
import type { NdArray } from "@subquad/linalg-core";
import { plainHalf } from "../../rivals/local/plain-half.js";
import type { Case, Values } from "../../src/case.js";
import { largestDifference } from "../difference.js";
import { localRival } from "../rival-contenders.js";

interface Tensor {
  readonly codes: Uint16Array;
  readonly file: Uint8Array;
}

export const benchCase: Case<Tensor, Values> = {
  id: "io/half",
  question: "How fast are float16 numbers decoded?",
  sizes: { quick: [], full: [{ n: 2 ** 22 }] },
  errorUnit: "largest difference",
  allowedError: 0,
  input: ({ n }) => {
    const codes = Uint16Array.from({ length: Number(n) }, (_, p) => (p * 40_503) & 0xfbff); // a sign, an exponent below 31, a mantissa
    return Promise.resolve({ codes, file: safetensors(codes) });
  },
  reference: ({ codes }) => {
    const table = Float64Array.from({ length: 65_536 }, (_, code) => {
      const [exponent, mantissa] = [(code >> 10) & 31, code & 1023];
      const size = exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25);
      return code < 32_768 ? size : -size;
    });
    return Promise.resolve(Float64Array.from(codes, (code) => table[code]!));
  },
  error: largestDifference,
  contenders: [
    {
      name: "openSafetensors",
      role: "ours",
      prepare: ({ file }) => {
        const run = async (): Promise<NdArray> => (await openSafetensors(file)).read("x");
        return Promise.resolve({ run, read: (x) => (x as NdArray).data as Values });
      },
    },
    localRival("branch loop", ({ codes }) => plainHalf(codes)),
  ],
};

/** One F16 tensor "x": length of the header, header, codes. */
function safetensors(codes: Uint16Array): Uint8Array {
  const header = JSON.stringify({ x: { dtype: "F16", shape: [codes.length], data_offsets: [0, 2 * codes.length] } });
  const padded = new TextEncoder().encode(header.padEnd(Math.ceil(header.length / 8) * 8));
  const bytes = new Uint8Array(8 + padded.length + 2 * codes.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded.length), true);
  bytes.set(padded, 8);
  bytes.set(new Uint8Array(codes.buffer), 8 + padded.length);
  return bytes;
}
