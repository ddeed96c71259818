import { describe, expect, test } from "vitest";
import { copy, gram, ShapeError, view, type NdArray } from "@subquad/linalg-core";
import { gaussianArray, pack, takeRows } from "@subquad/test-kit";
import { openNpy, parseNpy, writeNpy, type NpyFile } from "../src/index.js";
import { bits, codeOf } from "./bytes.js";
import { dict, npy } from "./npy-bytes.js";

const orders = ["row", "column"] as const;

async function gathered(file: NpyFile, rowsPerBlock: number): Promise<{ froms: number[]; blocks: NdArray[] }> {
  const froms: number[] = [];
  const blocks: NdArray[] = [];
  for await (const { from, rows } of file.rowBlocks(rowsPerBlock)) {
    froms.push(from);
    blocks.push(copy(rows));
  }
  return { froms, blocks };
}

/** A source that says what was asked of it. */
function watched(bytes: Uint8Array) {
  const reads: (readonly [offset: number, length: number])[] = [];
  const read = (offset: number, length: number): Promise<Uint8Array> => {
    reads.push([offset, length]);
    return Promise.resolve(bytes.subarray(offset, offset + length));
  };
  return { source: { size: bytes.length, read }, reads };
}

describe("oracle", () => {
  test.each(orders)("rows of any range are those of the whole (%s)", async (order) => {
    for (const dtype of ["float32", "float64"] as const) {
      for (const shape of [[7, 3, 2], [7], [7, 1], [7, 0]] as const) {
        const A = gaussianArray(shape, { seed: "rows", dtype });
        const file = await openNpy(writeNpy(A, { order }));
        const flat = { ...A, shape: [7, pack(A).length / 7], stride: [pack(A).length / 7, 1] };
        for (const [from, to] of [
          [0, 7],
          [0, 0],
          [7, 7],
          [2, 5],
          [6, 7],
        ] as const) {
          // prettier-ignore
          const rows = await file.readRows(from, to);
          expect([rows.shape, rows.dtype]).toEqual([[to - from, ...shape.slice(1)], dtype]);
          const wanted = Array.from({ length: to - from }, (_, i) => from + i);
          expect([...pack(rows)]).toEqual([...pack(takeRows(flat, wanted))]);
        }
      }
    }
  });

  test.each(orders)("blocks put together are the whole, bit for bit (%s)", async (order) => {
    const words = Uint32Array.from({ length: 60 }, (_, i) => Math.imul(i + 1, 0x9e3779b1)); // NaN payloads and subnormals among them
    const A = { data: new Float32Array(words.buffer), shape: [10, 3, 2], stride: [6, 2, 1], offset: 0 };
    const bytes = writeNpy(A, { order });
    for (const rowsPerBlock of [1, 3, 5, 10, 99]) {
      const { froms, blocks } = await gathered(await openNpy(bytes), rowsPerBlock);
      expect(froms).toEqual(Array.from({ length: Math.ceil(10 / rowsPerBlock) }, (_, i) => i * rowsPerBlock));
      const joined = blocks.flatMap((block) => bits(parseNpy(writeNpy(block)).data)); // the writer lays rows out in order
      expect(joined).toEqual(Array.from(words, BigInt));
    }
  });

  test.each(orders)("blocks are lent: an array kept too long is empty, whatever the type in the file (%s)", async (order) => {
    const A = Float64Array.from({ length: 30 }, (_, p) => p);
    for (const descr of ["<f8", ">f8", "<f4", "<f2", "|u1", "<i8"] as const) {
      const dtype = ({ f8: "float64", f4: "float32", f2: "float16", u1: "uint8", i8: "int64" } as const)[descr.slice(1) as "f8"];
      const bytes = writeNpy(view(A, [10, 3]), { order, dtype });
      if (descr === ">f8") bytes.set(new TextEncoder().encode(">"), bytes.indexOf(60)); // the descr; every number is another now
      const whole = pack(parseNpy(bytes));
      for (const float of ["float32", "float64"] as const) {
        const file = await openNpy(bytes, { dtype: float });
        const kept: NdArray[] = [];
        for await (const { from, rows } of file.rowBlocks(3)) {
          if (descr === ">f8" && float === "float32") continue;
          expect([rows.dtype, rows.data.length, ...pack(rows)]).toEqual([float, rows.size, ...whole.subarray(from * 3, from * 3 + 9)]);
          expect(kept.map(({ data }) => data.length)).toEqual(kept.map(() => 0));
          kept.push(rows);
        }
        for (const old of kept) expect(() => gram(old)).toThrow(ShapeError);
      }
    }
  });

  test("a block that was sent elsewhere is the receiver's: the next ones lie in fresh memory", async () => {
    const A = gaussianArray([10, 3], { seed: "sent" });
    const sent: ArrayBuffer[] = [];
    for await (const { rows } of (await openNpy(writeNpy(A))).rowBlocks(3)) {
      const buffer = rows.data.buffer as ArrayBuffer;
      sent.push(structuredClone(buffer, { transfer: [buffer] }));
    }
    const joined = sent.flatMap((buffer, i) => [...new Float64Array(buffer, 0, i === 3 ? 3 : 9)]);
    expect(joined).toEqual([...A.data]);
  });

  test.each(orders)("a RowBlockSource: matrices, in any order, as often as wanted (%s)", async (order) => {
    const A = gaussianArray([10, 3, 2], { seed: "source" });
    const file = await openNpy(writeNpy(A, { order }), { blockRows: 4 });
    expect([file.rows, file.columns, file.blockRows]).toEqual([10, 6, 4]);
    for (const index of [2, 0, 1, 0]) {
      const block = await file.readBlock(index);
      expect(block.shape).toEqual([index === 2 ? 2 : 4, 6]);
      expect([...pack(block)]).toEqual([...A.data.subarray(index * 24, Math.min(60, (index + 1) * 24))]);
    }
    const vector = await openNpy(writeNpy([1, 2, 3], { order }));
    expect([vector.rows, vector.columns, vector.blockRows, (await vector.readBlock(0)).shape]).toEqual([3, 1, 3, [3, 1]]);
    const halves = await openNpy(writeNpy([[1, 2]], { dtype: "float16", order }), { dtype: "float64" });
    expect([halves.dtype, (await halves.readBlock(0)).dtype]).toEqual(["<f2", "float64"]);
  });

  test("blocks hold 8 MiB of the file unless told otherwise", async () => {
    const source = (rows: number, columns: number) => {
      const header = npy(dict("<f8", `(${rows}, ${columns})`));
      const read = (offset: number, length: number) => {
        const part = new Uint8Array(length);
        part.set(header.subarray(offset, offset + length));
        return Promise.resolve(part);
      };
      return openNpy({ size: header.length + rows * columns * 8, read });
    };
    expect((await source(2 ** 21, 64)).blockRows).toBe(2 ** 14);
    expect((await source(3, 64)).blockRows).toBe(3);
    expect((await source(100, 2 ** 21)).blockRows).toBe(1);
    expect((await source(2 ** 40, 0)).blockRows).toBe(2 ** 40);
  });

  test("rows are read by one range, columns by one each, and nothing else", async () => {
    const A = gaussianArray([100, 5]);
    const rowMajor = watched(writeNpy(A));
    const file = await openNpy(rowMajor.source);
    await file.readRows(10, 13);
    expect(rowMajor.reads).toEqual([[0, 256], [128 + 10 * 40, 3 * 40]]); // prettier-ignore
    const columnMajor = watched(writeNpy(A, { order: "column" }));
    await (await openNpy(columnMajor.source)).readRows(10, 13);
    expect(columnMajor.reads.slice(1)).toEqual([0, 1, 2, 3, 4].map((j) => [128 + j * 800 + 80, 24]));
    columnMajor.reads.length = 0;
    await (await openNpy(columnMajor.source)).readRows(0, 100);
    expect(columnMajor.reads.slice(1)).toEqual([[128, 4000]]);
  });

  test("the next block is read while one is in use, and no more than that", async () => {
    const { source, reads } = watched(writeNpy(gaussianArray([10, 2])));
    let taken = 0;
    for await (const block of (await openNpy(source)).rowBlocks(2)) {
      taken++;
      await Promise.resolve();
      expect([block.from, reads.length - 1]).toEqual([2 * (taken - 1), Math.min(5, taken + 1)]);
    }
    expect(taken).toBe(5);
  });
});

describe("errors", () => {
  test("rows, blocks and options that are none", async () => {
    const any = (value: unknown): never => value as never;
    const file = await openNpy(writeNpy(gaussianArray([3, 2])), { blockRows: 2 });
    for (const [from, to] of [
      [-1, 1],
      [2, 1],
      [0, 4],
      [0.5, 1],
      [NaN, 1],
      [0, any("1")],
    ] as const) {
      // prettier-ignore
      expect(await codeOf(() => file.readRows(from, to))).toBe("ERR_OPTION");
    }
    for (const index of [-1, 2, 0.5, NaN, any("0")]) expect(await codeOf(() => file.readBlock(index))).toBe("ERR_OPTION");
    for (const size of [0, -1, 0.5, NaN, any("1")]) expect(await codeOf(() => file.rowBlocks(size))).toBe("ERR_OPTION");
    expect(await codeOf(() => file.readRows(0, 1, any({ dtype: "float32" })))).toBe("ERR_OPTION");
    expect(await codeOf(() => file.readRows(0, 1, { signal: any({}) }))).toBe("ERR_OPTION");
    expect(await codeOf(() => file.rowBlocks(1, any({ rows: 1 })))).toBe("ERR_OPTION");
    expect(await codeOf(() => file.rowBlocks(1, any({ reuse: true })))).toBe("ERR_OPTION");
    expect(await codeOf(() => file.readBlock(0, any("signal")))).toBe("ERR_OPTION");
    const bytes = writeNpy([1]);
    for (const blockRows of [0, 0.5, NaN]) expect(await codeOf(() => openNpy(bytes, { blockRows }))).toBe("ERR_OPTION");
    expect(await codeOf(() => openNpy(bytes, { allowSlow: any("yes") }))).toBe("ERR_OPTION");
    expect(await codeOf(() => openNpy(bytes, { dtype: any("int8") }))).toBe("ERR_OPTION");
    expect(await codeOf(() => openNpy(bytes, any({ maxBytes: 8 })))).toBe("ERR_OPTION");
    expect(await codeOf(() => openNpy(bytes, { signal: any(1) }))).toBe("ERR_OPTION");
    expect(await codeOf(() => openNpy(any(3)))).toBe("ERR_OPTION");
    const scalar = await openNpy(npy(dict("<f8", "()"), new Array<number>(8).fill(0)));
    expect(await codeOf(() => scalar.readRows(0, 1))).toBe("ERR_SHAPE");
    expect(await codeOf(() => scalar.rowBlocks(1))).toBe("ERR_SHAPE");
    expect((await scalar.readBlock(0)).shape).toEqual([1, 1]);
    const blocks = file.rowBlocks(1);
    await file.close();
    await file.close();
    expect(await codeOf(() => file.readRows(0, 1))).toBe("ERR_OPTION");
    expect(await codeOf(() => file.readBlock(0))).toBe("ERR_OPTION");
    expect(await codeOf(() => file.rowBlocks(1))).toBe("ERR_OPTION");
    expect(await codeOf(() => blocks[Symbol.asyncIterator]().next())).toBe("ERR_OPTION");
  });

  test("many columns in column-major order: refused unless allowed, or read at once", async () => {
    const data = new Uint8Array(2 * 4097);
    data.set([1, 2, 3, 4]);
    const bytes = npy(dict("|u1", "(2, 4097)", "True"), data);
    const file = await openNpy(bytes, { blockRows: 1 });
    const refusal = { code: "ERR_FORMAT", format: "npy", got: "4097 columns in column-major order" };
    await expect(file.readRows(0, 1)).rejects.toMatchObject(refusal);
    await expect(file.readBlock(1)).rejects.toMatchObject(refusal);
    expect(() => file.rowBlocks(1)).toThrow(expect.objectContaining(refusal));
    expect((await file.readRows(0, 2)).get(1, 1)).toBe(4);
    const slow = await openNpy(bytes, { allowSlow: true, blockRows: 1 });
    const block = await slow.readBlock(1);
    expect([block.shape, block.get(0, 0), block.get(0, 1)]).toEqual([[1, 4097], 2, 4]);
    const few = await openNpy(npy(dict("|u1", "(2, 4096)", "True"), new Uint8Array(8192)));
    expect((await few.readRows(0, 1)).shape).toEqual([1, 4096]);
  });

  test("abort: before, in the middle, and the next call goes on", async () => {
    const reason = new Error("changed my mind");
    const bytes = writeNpy(gaussianArray([10, 2]));
    await expect(openNpy(bytes, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const file = await openNpy(bytes);
    const aborted = AbortSignal.abort(reason);
    await expect(file.readRows(0, 1, { signal: aborted })).rejects.toBe(reason);
    await expect(file.readBlock(0, aborted)).rejects.toBe(reason);
    expect((await file.readRows(0, 1)).shape).toEqual([1, 2]);

    const controller = new AbortController();
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for await (const { from } of file.rowBlocks(2, { signal: controller.signal })) {
        seen.push(from);
        if (from === 4) controller.abort(reason);
      }
    };
    await expect(loop()).rejects.toBe(reason);
    expect(seen).toEqual([0, 2, 4]);
    expect(await codeOf(() => file.readRows(0, 1))).toBe("ERR_OPTION"); // an aborted loop closes the file
  });

  test("a column-major read looks at the signal between columns", async () => {
    const controller = new AbortController();
    const { source, reads } = watched(writeNpy(gaussianArray([10, 5]), { order: "column" }));
    const file = await openNpy({
      size: source.size,
      read: (offset, length) => {
        if (reads.length === 3) controller.abort();
        return source.read(offset, length);
      },
    });
    await expect(file.readRows(0, 3, { signal: controller.signal })).rejects.toMatchObject({ name: "AbortError" });
    expect(reads.length).toBe(4); // the header and three columns
  });

  test("leaving the loop leaves the file open; the loop may be run again", async () => {
    const file = await openNpy(writeNpy(gaussianArray([10, 2])));
    const blocks = file.rowBlocks(4);
    for await (const { from } of blocks) if (from === 4) break;
    const froms: number[] = [];
    for await (const { from } of blocks) froms.push(from);
    expect(froms).toEqual([0, 4, 8]);
  });

  test("a source that shrinks: the blocks before it, then FormatError with the offset", async () => {
    const bytes = writeNpy(gaussianArray([10, 2]));
    let size = bytes.length;
    const file = await openNpy({
      size,
      read: (offset, length) => Promise.resolve(bytes.subarray(offset, Math.min(size, offset + length))),
    });
    size -= 24;
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for await (const { from } of file.rowBlocks(4)) seen.push(from);
    };
    await expect(loop()).rejects.toMatchObject({ code: "ERR_FORMAT", format: "npy", offset: size, expected: "24 more bytes" });
    expect(seen).toEqual([0, 4]);
    await expect(file.readRows(8, 10)).rejects.toMatchObject({ code: "ERR_FORMAT", offset: size });
    expect((await file.readRows(0, 8)).shape).toEqual([8, 2]);
  });
});

describe("degenerate", () => {
  test("no rows, no columns", async () => {
    for (const order of orders) {
      const none = await openNpy(writeNpy({ data: [], shape: [0, 3], stride: [3, 1], offset: 0 }, { order }));
      expect([none.rows, none.columns, none.blockRows, (await none.readRows(0, 0)).shape]).toEqual([0, 3, 1, [0, 3]]);
      expect((await gathered(none, 4)).froms).toEqual([]);
      expect(await codeOf(() => none.readBlock(0))).toBe("ERR_OPTION");
      const thin = await openNpy(writeNpy({ data: [], shape: [3, 0], stride: [0, 1], offset: 0 }, { order }));
      expect([thin.rows, thin.columns, thin.blockRows, (await thin.readBlock(0)).shape]).toEqual([3, 0, 3, [3, 0]]);
      expect((await gathered(thin, 2)).blocks.map(({ shape }) => shape)).toEqual([[2, 0], [1, 0]]); // prettier-ignore
    }
  });
});
