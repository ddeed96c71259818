import { describe, expect, test } from "vitest";
import { gaussianArray, layouts, pack, strided } from "@subquad/test-kit";
import { FormatError } from "@subquad/linalg-core";
import { readNpz, writeNpy, writeNpz } from "../src/index.js";
import { crc32 } from "../src/internal/crc32.js";
import { codeOf, fromBase64 } from "./bytes.js";
import fixtures from "../../../tooling/fixtures/npz/data.json" with { type: "json" };

type Name = keyof typeof fixtures.arrays;

/** Position of a text in bytes, from `from` on. */
function find(bytes: Uint8Array, text: string, from = 0): number {
  return String.fromCharCode(...bytes).indexOf(text, from);
}

/** The same bytes with some changed. */
function changed(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes);
  out.set(values, at);
  return out;
}

const LOCAL = "PK\u0003\u0004";
const CENTRAL = "PK\u0001\u0002";
const END = "PK\u0005\u0006";

describe("oracle", () => {
  test("CRC-32 of the standard's example, in any pieces", () => {
    const text = new TextEncoder().encode("123456789");
    expect(crc32(text)).toBe(0xcbf43926);
    for (let cut = 0; cut <= 9; cut++) expect(crc32(text.subarray(cut), crc32(text.subarray(0, cut)))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
    expect(crc32(new Uint8Array(4).fill(255))).toBe(0xffffffff);
  });

  test("written and read: names, types and values", async () => {
    const entries = {
      a: gaussianArray([3, 2], { dtype: "float32" }),
      "b/c.npy": [1, 2, 3],
      größe: Uint8Array.of(4, 5),
      "": [[6]],
      "1": { data: Float64Array.of(7), shape: [], stride: [], offset: 0 },
    };
    const back = await readNpz(writeNpz(entries));
    expect(Object.keys(back)).toEqual(Object.keys(entries));
    expect(back.a!.data).toEqual(entries.a.data);
    expect(Object.entries(back).slice(2).map(([name, { shape, dtype }]) => [name, shape, dtype])).toEqual([
      ["b/c.npy", [3], "float64"],
      ["größe", [2], "float64"],
      ["", [1, 1], "float64"],
    ]); // prettier-ignore
    expect([back["1"]!.shape, back["1"]!.data[0]]).toEqual([[], 7]);
  });

  test("an entry is what writeNpy writes", () => {
    const A = gaussianArray([3, 2]);
    const archive = writeNpz({ A });
    const file = writeNpy(A);
    expect(find(archive, String.fromCharCode(...file))).toBe(30 + 5);
    for (const layout of layouts) expect(writeNpz({ A: strided(A, layout) })).toEqual(archive); // none of them lies aligned in the archive
  });

  test("some names only, in the order of the archive", async () => {
    const bytes = writeNpz({ a: [1], b: [2], c: [3] });
    expect(Object.keys(await readNpz(bytes, { names: ["c", "a"] }))).toEqual(["a", "c"]);
    expect(await readNpz(bytes, { names: [] })).toEqual({});
    const broken = changed(bytes, find(bytes, "NUMPY"), 0);
    await expect(readNpz(broken)).rejects.toThrow(FormatError);
    expect((await readNpz(broken, { names: ["b"] })).b!.data[0]).toBe(2); // what is not asked for is not read
  });

  test("every kind of source gives the same arrays", async () => {
    const bytes = fromBase64(fixtures.files.savez_compressed);
    const expected = await readNpz(bytes);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const read = (offset: number, length: number) => Promise.resolve(bytes.subarray(offset, offset + Math.min(length, 50)));
    for (const source of [shifted.subarray(3), bytes.buffer, new Blob([bytes]), { size: bytes.length, read }]) {
      expect(await readNpz(source)).toEqual(expected);
    }
  });
});

describe("fixtures", () => {
  test.each(Object.entries(fixtures.files))("Python wrote %s", async (_, file) => {
    const arrays = await readNpz(fromBase64(file));
    expect(Object.keys(arrays)).toEqual(Object.keys(fixtures.arrays));
    for (const [name, { shape, dtype, values }] of Object.entries(fixtures.arrays)) {
      const A = arrays[name as Name]!;
      expect([name, A.shape, A.dtype]).toEqual([name, shape, dtype]);
      expect([...pack(A)]).toEqual([...new Float64Array(fromBase64(values).buffer)]);
    }
  });

  test("entries of other kinds: refused, unless they are not asked for", async () => {
    const bytes = fromBase64(fixtures.other);
    await expect(readNpz(bytes)).rejects.toThrow('entries that are .npy files (`names` leaves out others), got "notes.txt"');
    await expect(readNpz(bytes, { names: ["data", "format"] })).rejects.toThrow('in "format.npy", got unsupported dtype "|S3"');
    expect([...(await readNpz(bytes, { names: ["data"] })).data!.data]).toEqual([0, 1, 2, 3]);
    await expect(readNpz(fromBase64(fixtures.bzip2))).rejects.toThrow('"a.npy" stored or deflated, got method 12');
  });
});

describe("errors", () => {
  const stored = writeNpz({ a: [1, 2], b: [3] });
  const deflated = fromBase64(fixtures.files.savez_compressed);
  const directory = find(stored, CENTRAL);
  const end = find(stored, END);
  const data = find(deflated, "weights.npy") + 11 + 20; // behind the name and the extra field

  test.each<readonly [string, Uint8Array, string, number]>([
    ["an empty file", new Uint8Array(0), "a ZIP archive, whole, got none", 0],
    ["another file", new Uint8Array(100), "a ZIP archive, whole, got none", 100],
    ["the end cut off", stored.subarray(0, -1), "a ZIP archive, whole, got none", stored.length - 1],
    ["a byte behind the end", Uint8Array.of(...stored, 0), "a ZIP archive, whole, got none", stored.length + 1],
    ["a byte before the start", Uint8Array.of(0, ...stored), `a directory that ends at ${end + 1}`, end + 13],
    ["another disk", changed(stored, end + 4, 1), "an archive in one part, got disks 1, 0", end + 4],
    ["fewer entries on this disk", changed(stored, end + 8, 1), "an archive in one part", end + 4],
    ["a directory elsewhere", changed(stored, end + 16, 0), "a directory that ends at", end + 12],
    ["a third entry", changed(changed(stored, end + 8, 3), end + 10, 3), "at least 138 bytes for 3 entries, got 102", end + 10],
    [
      "one entry",
      changed(changed(stored, end + 8, 1), end + 10, 1),
      "1 entries in the directory and nothing else, got 51 more bytes",
      directory + 51,
    ],
    ["a line that is none", changed(stored, directory, 0), "entry 0 of 2 in the directory", directory],
    ["a name past the directory", changed(stored, directory + 28, 255, 255), "entry 0 within the directory", directory + 28],
    ["a name not in UTF-8", changed(stored, directory + 46, 255), "names in UTF-8", directory + 46],
    ["a name twice", changed(stored, directory + 97, 0x61), 'every name once, got "a.npy" twice', directory + 51],
    ["an offset past the directory", changed(stored, directory + 42, 255, 255), 'entry "a.npy" before the directory', directory + 42],
    ["an offset to something else", changed(stored, directory + 42, 1), 'the header of "a.npy", as in the directory', 1],
    ["another name in the header", changed(stored, 30, 0x62), 'the header of "a.npy", as in the directory', 0],
    ["an entry within another", changed(stored, directory + 93, 40), 'entry "b.npy" behind the one before it', 40],
    ["two entries in one place", changed(stored, directory + 93, 0), 'entry "b.npy" behind the one before it', 0],
    ["encryption", changed(stored, directory + 8, 1), '"a.npy" without encryption', 0],
    ["a method unknown", changed(stored, directory + 10, 9), '"a.npy" stored or deflated, got method 9', 0],
    ["a size that is not the stored one", changed(stored, directory + 24, 1), '"a.npy" stored in 1 bytes, got 144', 0],
    ["a checksum changed", changed(stored, directory + 16, stored[directory + 16]! ^ 1), "CRC-32 ", 35],
    ["data changed", changed(stored, 170, stored[170]! ^ 1), 'of "a.npy", got ', 35],
    ["deflated data changed at the start", changed(deflated, data, deflated[data]! ^ 6), 'deflated data in "weights.npy"', data],
    ["a size too large for the packed bytes", changed(deflated, find(deflated, CENTRAL) + 24, 0, 0, 255), "as packed in", 0],
    ["a size too large", changed(deflated, find(deflated, CENTRAL) + 24, 255, 1), 'bytes in "weights.npy", got 188', data],
    ["a size too small", changed(deflated, find(deflated, CENTRAL) + 24, 1, 0), '1 bytes in "weights.npy", got more', data],
  ])("%s", async (_, bytes, message, offset) => {
    const error = await readNpz(bytes).then(() => undefined, (reason: unknown) => reason); // prettier-ignore
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).message).toMatch(/^readNpz\(npz at byte \d+\): expected /);
    expect((error as FormatError).message).toContain(message);
    expect(error).toMatchObject({ code: "ERR_FORMAT", format: "npz", offset });
  });

  test("one deflated block under many names, which would unpack to gigabytes: refused before it is unpacked", async () => {
    const names = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`x${String(i).padStart(3, "0")}`, [1]]));
    const bomb = writeNpz(names);
    const words = new DataView(bomb.buffer);
    const first = find(bomb, CENTRAL);
    for (let i = 0; i < 300; i++) words.setUint32(first + i * (46 + 8) + 42, 0, true);
    await expect(readNpz(bomb)).rejects.toMatchObject({
      code: "ERR_FORMAT",
      expected: expect.stringContaining("behind the one before it") as unknown,
    });
  });

  test("a malformed array inside says which, and where in it", async () => {
    const bytes = writeNpz({ good: [1], bad: [2] });
    const at = find(bytes, "NUMPY", find(bytes, "bad.npy")) + 5;
    const file = changed(bytes, at, 9);
    // the checksum is made right again, so that the array itself is read
    const header = find(bytes, LOCAL, 10);
    const begin = header + 30 + 7;
    const crc = crc32(file.subarray(begin, begin + 136));
    new DataView(file.buffer).setUint32(find(bytes, CENTRAL, find(bytes, CENTRAL) + 4) + 16, crc, true);
    await expect(readNpz(file)).rejects.toMatchObject({ offset: 6, expected: 'version 1.0, 2.0 or 3.0 in "bad.npy"', got: "9.0" });
  });

  test("ZIP64 records that contradict the others", async () => {
    const bytes = fromBase64(fixtures.files.zip64);
    const [record, locator] = [find(bytes, "PK\u0006\u0006"), find(bytes, "PK\u0006\u0007")];
    await expect(readNpz(changed(bytes, record, 0))).rejects.toThrow("a ZIP64 end record, got ");
    await expect(readNpz(changed(bytes, record + 32, 7))).rejects.toThrow("the same count in both end records, got 6 and 7");
    await expect(readNpz(changed(bytes, record + 55, 1))).rejects.toThrow(`no more than the ${bytes.length} bytes of the file`);
    await expect(readNpz(changed(bytes, locator + 15, 1))).rejects.toThrow("a ZIP64 end record before its locator");
    await expect(readNpz(changed(bytes, locator, 0))).rejects.toThrow("a directory that ends at");
  });

  test("options, limits and sources", async () => {
    const any = (value: unknown): never => value as never;
    expect(await codeOf(() => readNpz(stored, { names: ["d"] }))).toBe("ERR_OPTION");
    await expect(readNpz(stored, { names: ["d"] })).rejects.toThrow('readNpz(names): expected names among "a", "b", got "d"');
    for (const names of ["a", any(3), any([1])]) expect(await codeOf(() => readNpz(stored, { names: any(names) }))).toBe("ERR_OPTION");
    expect(await codeOf(() => readNpz(stored, any({ dtype: "float32" })))).toBe("ERR_OPTION");
    expect(await codeOf(() => readNpz(stored, { signal: any({}) }))).toBe("ERR_OPTION");
    expect(await codeOf(() => readNpz(any(3)))).toBe("ERR_OPTION");
    await expect(readNpz(stored, { maxBytes: 279 })).rejects.toThrow("readNpz(maxBytes): expected at least 280 bytes for this file");
    expect(await codeOf(() => readNpz(stored, { maxBytes: 280 }))).toBe("no error");
    expect(await codeOf(() => readNpz(stored, { maxBytes: 136, names: ["b"] }))).toBe("no error");
    for (const entries of [null, undefined, 3, [[1, 2]], new Map([["a", [1]]])])
      expect(await codeOf(() => writeNpz(any(entries)))).toBe("ERR_OPTION");
    expect(await codeOf(() => writeNpz({ "\ud800": [1] }))).toBe("ERR_OPTION");
    expect(await codeOf(() => writeNpz({ a: any("text") }))).toBe("ERR_SHAPE");
    expect(() => writeNpz({ a: [[1, 2], [3]] })).toThrow("writeNpz(entries.a): "); // prettier-ignore
  });

  test("abort: before, and in the middle of packed data", async () => {
    const reason = new Error("changed my mind");
    await expect(readNpz(stored, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    for (const bytes of [stored, deflated]) {
      const controller = new AbortController();
      const read = (offset: number, length: number) => {
        if (offset > 30 && offset < 400) controller.abort(reason);
        return Promise.resolve(bytes.subarray(offset, offset + length));
      };
      await expect(readNpz({ size: bytes.length, read }, { signal: controller.signal })).rejects.toBe(reason);
    }
  });

  test("a source that fails in the middle of packed data: its own error", async () => {
    const reason = new Error("connection lost");
    const read = (offset: number, length: number) =>
      offset > 30 && offset < 400 ? Promise.reject(reason) : Promise.resolve(deflated.subarray(offset, offset + length));
    await expect(readNpz({ size: deflated.length, read })).rejects.toBe(reason);
  });

  test("a source that shrinks", async () => {
    for (const bytes of [stored, deflated]) {
      const read = (offset: number, length: number) => {
        const size = offset > 30 && offset < 200 ? 100 : bytes.length;
        return Promise.resolve(bytes.subarray(offset, Math.min(size, offset + length)));
      };
      await expect(readNpz({ size: bytes.length, read })).rejects.toMatchObject({ code: "ERR_FORMAT", offset: 100 });
    }
  });
});

describe("degenerate", () => {
  test("no arrays; odd names; arrays without elements", async () => {
    expect(await readNpz(writeNpz({}))).toEqual({});
    const names = ["__proto__", "constructor", "\u0000", "😀", "a.npy"];
    const back = await readNpz(writeNpz(Object.fromEntries(names.map((name, i) => [name, [i]]))));
    expect(Object.entries(back).map(([name, { data }]) => [name, data[0]])).toEqual(names.map((name, i) => [name, i]));
    const none = await readNpz(writeNpz({ none: { data: [], shape: [0, 3], stride: [3, 1], offset: 0 } }));
    expect(none.none!.shape).toEqual([0, 3]);
  });
});
