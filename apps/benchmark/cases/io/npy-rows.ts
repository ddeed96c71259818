/**
 * A .npy file by blocks of rows: against positioned reads of the same bytes into one buffer.
 *
 *   X  [n, 64]  float32     answer: the sum of the first column of every block, so that each block is looked at
 */
import { open } from "node:fs/promises";
import { openNpy, writeNpy } from "@subquad/array-io";
import { view } from "@subquad/linalg-core";
import type { Case, Values } from "../../src/case.js";
import { largestDifference } from "../difference.js";
import { temporaryFile } from "./temporary-file.js";

interface File {
  readonly path: string;
  readonly n: number;
  readonly X: Float32Array<ArrayBuffer>;
}

const COLUMNS = 64;
const BLOCK = 32_768; // rows: 8 MiB

export const benchCase: Case<File, Values> = {
  id: "io/npy-rows",
  question: "How fast are blocks of rows read, beside their bare bytes?",
  sizes: { quick: [], full: [{ n: 8 * BLOCK }] },
  errorUnit: "largest difference of the sum of a block's first column",
  allowedError: 0, // integers
  input: ({ n }) => {
    const X = Float32Array.from({ length: Number(n) * COLUMNS }, (_, p) => p % 251);
    return Promise.resolve({ n: Number(n), X, path: temporaryFile("rows.npy", writeNpy(view(X, [Number(n), COLUMNS]))) });
  },
  reference: ({ n, X }) => {
    const sums = new Float64Array(Math.ceil(n / BLOCK));
    for (let i = 0; i < n; i++) sums[Math.floor(i / BLOCK)]! += X[i * COLUMNS]!;
    return Promise.resolve(sums);
  },
  error: largestDifference,
  contenders: [
    {
      name: "rowBlocks",
      role: "ours",
      prepare: async ({ path }) => {
        const file = await openNpy(path);
        const run = async (): Promise<readonly number[]> => {
          const sums: number[] = [];
          for await (const { rows } of file.rowBlocks(BLOCK)) sums.push(firstColumn(rows.data as Float32Array));
          return sums;
        };
        return { run, read: (sums) => Float64Array.from(sums as readonly number[]), close: () => file.close() };
      },
    },
    {
      name: "positioned reads",
      role: "trivial",
      prepare: async ({ path, n }) => {
        const file = await open(path);
        const { size } = await file.stat();
        const header = size - 4 * n * COLUMNS;
        const buffer = new Uint8Array(4 * BLOCK * COLUMNS);
        const run = async (): Promise<readonly number[]> => {
          const sums: number[] = [];
          for (let at = header; at < size; at += buffer.length) {
            await file.read(buffer, 0, Math.min(buffer.length, size - at), at);
            sums.push(firstColumn(new Float32Array(buffer.buffer, 0, Math.min(buffer.length, size - at) / 4)));
          }
          return sums;
        };
        return { run, read: (sums) => Float64Array.from(sums as readonly number[]), close: () => file.close() };
      },
    },
  ],
};

function firstColumn(rows: Float32Array): number {
  let sum = 0;
  for (let p = 0; p < rows.length; p += COLUMNS) sum += rows[p]!;
  return sum;
}
