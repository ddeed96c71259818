/**
 * A .npy file of float32 from the disk cache: what is added to reading its bytes?
 *
 *   X  [n, 64]  float32, standard normal
 */
import { readFile } from "node:fs/promises";
import { readNpy, writeNpy } from "@subquad/array-io";
import type { NdArray } from "@subquad/linalg-core";
import type { Case, Values } from "../../src/case.js";
import { largestDifference } from "../difference.js";
import { gaussian } from "../gaussian.js";
import { rivalsFor } from "../rival-contenders.js";
import { temporaryFile } from "./temporary-file.js";

interface File {
  readonly path: string;
  readonly X: NdArray;
}

export const benchCase: Case<File, Values> = {
  id: "io/npy",
  question: "How fast is a .npy file read, beside its bare bytes?",
  sizes: { quick: [], full: [{ n: 20_000 }] },
  errorUnit: "largest difference",
  allowedError: 0,
  input: ({ n }, { seed }) => {
    const X = gaussian(seed, "npy", Number(n), 64);
    return Promise.resolve({ X, path: temporaryFile("x.npy", writeNpy(X)) });
  },
  reference: ({ X }) => Promise.resolve(X.data as Values),
  error: largestDifference,
  contenders: [
    {
      name: "readNpy",
      role: "ours",
      prepare: ({ path }) => Promise.resolve({ run: () => readNpy(path), read: (X) => (X as NdArray).data as Values }),
    },
    {
      name: "bytes alone",
      role: "trivial",
      prepare: ({ path, X }) => {
        const read = (bytes: unknown): Values => {
          const { buffer, byteOffset, byteLength } = bytes as Uint8Array;
          return new Float32Array(buffer.slice(byteOffset + byteLength - 4 * X.data.length, byteOffset + byteLength));
        };
        return Promise.resolve({ run: () => readFile(path), read });
      },
    },
    ...rivalsFor<File>(({ npy }) => npy && (({ path }) => npy(path))),
  ],
};
