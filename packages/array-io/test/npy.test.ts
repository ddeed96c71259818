import { describe, expect, test } from "vitest";
import { FormatError } from "@subquad/linalg-core";
import { pack } from "@subquad/test-kit";
import { openNpy, parseNpy, readNpy } from "../src/index.js";
import { bits, codeOf, fromBase64 } from "./bytes.js";
import { dict, npy, secondReading } from "./npy-bytes.js";
import fixtures from "../../../tooling/fixtures/npy/data.json" with { type: "json" };

const f8 = (...values: number[]): Uint8Array => new Uint8Array(Float64Array.from(values).buffer);
const f4 = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

describe("oracle", () => {
  test("files assembled by hand", async () => {
    const cases: readonly (readonly [Uint8Array, readonly number[], readonly number[], string])[] = [
      [npy(dict("<f8", "(2, 2)"), f8(1, -0, Infinity, 2 ** -1074)), [2, 2], [1, -0, Infinity, 2 ** -1074], "float64"],
      [npy(dict("<f4", "(3,)"), f4(1, 2, 3)), [3], [1, 2, 3], "float32"],
      [npy(dict(">f4", "(1,)"), [0x3f, 0xc0, 0, 0]), [1], [1.5], "float32"],
      [npy(dict(">f8", "()"), f8(-2.5).reverse()), [], [-2.5], "float64"],
      [npy(dict("<f2", "(2,)"), [0, 0x3c, 1, 0]), [2], [1, 2 ** -24], "float32"],
      [npy(dict(">f2", "(2,)"), [0x3c, 0, 0, 1]), [2], [1, 2 ** -24], "float32"],
      [npy(dict("|i1", "(2,)"), [255, 127]), [2], [-1, 127], "float64"],
      [npy(dict("|b1", "(3,)"), [0, 1, 7]), [3], [0, 1, 1], "float64"], // NumPy takes any other byte than 0 for true
      [npy(dict(">i4", "(1,)"), [255, 255, 255, 254]), [1], [-2], "float64"],
      [npy(dict(">u8", "(1,)"), [0, 32, 0, 0, 0, 0, 0, 0]), [1], [2 ** 53], "float64"],
      [npy(dict("<i8", "(2,)"), [...new Array<number>(8).fill(255), 0, 0, 0, 0, 0, 0, 224, 255]), [2], [-1, -(2 ** 53)], "float64"],
      [npy(dict("<u2", "(2, 3)", "True"), [1, 0, 4, 0, 2, 0, 5, 0, 3, 0, 6, 0]), [2, 3], [1, 2, 3, 4, 5, 6], "float64"],
    ];
    for (const [file, shape, values, dtype] of cases) {
      for (const A of [await readNpy(file), parseNpy(file), parseNpy(file.buffer as ArrayBuffer)]) {
        expect([A.shape, [...pack(A)], A.dtype]).toEqual([shape, values, dtype]);
      }
    }
  });

  test("headers that Python would take for the same", () => {
    for (const header of [
      `{"descr":"<f8","fortran_order":False,"shape":(2,1)}`,
      `{'shape': (2, 1,), 'descr': '<f8',\n 'fortran_order':\tFalse}   \n`,
      `  { 'fortran_order' : False , 'shape' : ( 2 , 1 ) , 'descr' : '<f8' , }`,
      `{'descr': '<f8', 'fortran_order': False, 'shape': (2L, 1L), }`,
    ]) {
      for (const version of [1, 2, 3]) expect([...parseNpy(npy(header, f8(3, 4), version)).data]).toEqual([3, 4]);
    }
  });

  test("column-major files are read without a copy, as strides", () => {
    const A = parseNpy(npy(dict("<f4", "(2, 3, 2)", "True"), f4(...Array.from({ length: 12 }, (_, p) => p))));
    expect([A.stride, A.get(1, 2, 1), A.get(0, 1, 0)]).toEqual([[1, 2, 6], 11, 2]);
  });

  test("parseNpy shares what lies right and copies what does not; readNpy shares nothing", async () => {
    const text = dict("<f4", "(2,)").padEnd(118) + "\n"; // 10 + 118 = 128: aligned
    const file = npy(text.slice(0, 118), f4(1, 2));
    expect(parseNpy(file).data.buffer).toBe(file.buffer);
    expect(parseNpy(file, { dtype: "float64" }).data.buffer).not.toBe(file.buffer);
    expect((await readNpy(file)).data.buffer).not.toBe(file.buffer);
    const shifted = new Uint8Array(file.length + 1);
    shifted.set(file, 1);
    expect([...parseNpy(shifted.subarray(1)).data]).toEqual([1, 2]);
    const swapped = npy(dict(">f4", "(1,)").padEnd(118), [0x3f, 0x80, 0, 0]);
    const before = [...swapped];
    expect([...parseNpy(swapped).data]).toEqual([1]);
    expect([...swapped]).toEqual(before); // the swap was made in a copy
  });

  test("dtype is what was asked for", async () => {
    expect((await readNpy(npy(dict("|u1", "(2,)"), [1, 2]), { dtype: "float32" })).data).toEqual(Float32Array.of(1, 2));
    expect(parseNpy(npy(dict("<f2", "(1,)"), [0, 0x3c]), { dtype: "float64" }).data).toEqual(Float64Array.of(1));
  });
});

describe("laws", () => {
  test("bits survive: NaN payloads, -0, subnormals, in both orders of bytes", () => {
    const words = Uint32Array.of(0x7fa00001, 0xffc12345, 0x80000000, 1, 0x7f800000, 0x007fffff);
    const little = new Uint8Array(words.buffer);
    const big = new Uint8Array(little).reverse();
    expect(bits(parseNpy(npy(dict("<f4", "(6,)"), little)).data)).toEqual(Array.from(words, BigInt));
    expect(bits(parseNpy(npy(dict(">f4", "(6,)"), big)).data)).toEqual(Array.from(words.slice().reverse(), BigInt));
    const long = BigUint64Array.of(0x7ff4000000000001n, 0xfff8123456789abcn, 0x8000000000000000n, 1n);
    expect(bits(parseNpy(npy(dict("<f8", "(4,)"), new Uint8Array(long.buffer))).data)).toEqual([...long]);
  });

  test("every kind of source gives the same array", async () => {
    const file = npy(dict("<f8", "(2, 2)"), f8(1, 2, 3, 4));
    const read = (offset: number, length: number) => Promise.resolve(file.subarray(offset, offset + Math.min(length, 5)));
    for (const source of [file, file.buffer, new Blob([file]), { size: file.length, read }]) {
      expect([...(await readNpy(source)).data]).toEqual([1, 2, 3, 4]);
    }
  });

  test("a Blob's bytes are the caller's: reading again gives the file", async () => {
    const blob = new Blob([npy(dict("<f8", "(2,)"), f8(1, 2))]);
    (await readNpy(blob)).data.fill(0);
    expect([...(await readNpy(blob)).data]).toEqual([1, 2]);
  });
});

describe("fixtures", () => {
  test.each(fixtures.cases)("NumPy wrote: $name", async ({ file, shape, values, fortran, descr, version }) => {
    const bytes = fromBase64(file);
    const expected = new Float64Array(fromBase64(values).buffer);
    expect(bytes[6]).toBe(version);
    for (const A of [await readNpy(bytes), parseNpy(bytes)]) {
      expect(A.shape).toEqual(shape);
      expect([...pack(A)]).toEqual([...expected]); // toEqual tells -0 from 0
      expect(A.dtype).toBe(/f[24]$/.test(descr) ? "float32" : "float64");
    }
    const open = await openNpy(bytes);
    expect([open.dtype, open.fortranOrder, open.shape]).toEqual([descr, fortran, shape]);
    expect(secondReading(bytes)?.values.map(Number)).toEqual([...expected]); // the tests' own reading is right, too
  });

  test.each(Object.entries(fixtures.refused))("NumPy wrote %s: refused by dtype", async (_, file) => {
    await expect(readNpy(fromBase64(file))).rejects.toMatchObject({
      code: "ERR_FORMAT",
      format: "npy",
      expected: "a dtype of floats, integers or booleans",
      got: expect.stringContaining("unsupported"), // eslint-disable-line @typescript-eslint/no-unsafe-assignment -- a matcher is any
    });
  });
});

describe("errors", () => {
  const one = f8(1);
  const good = dict("<f8", "(1,)");

  test.each<readonly [string, Uint8Array, string, number]>([
    ["an empty file", new Uint8Array(0), "begins with \\x93NUMPY, got the end", 0],
    ["another file", new TextEncoder().encode("PK34567890"), "begins with \\x93NUMPY, got byte 80", 0],
    ["a magic cut short", npy(good, one).subarray(0, 4), "begins with \\x93NUMPY, got the end", 4],
    ["a version cut short", npy(good, one).subarray(0, 7), "at least 10 bytes, got 7", 7],
    ["version 4", npy(good, one, 4), "version 1.0, 2.0 or 3.0, got 4.0", 6],
    ["version 0", npy(good, one, 0), "version 1.0, 2.0 or 3.0, got 0.0", 6],
    ["a length cut short", npy(good, one).subarray(0, 9), "at least 10 bytes, got 9", 9],
    ["a header cut short", npy(good, one).subarray(0, 40), "bytes in all, header included, got 40", 8],
    ["a huge header", npy(good, one, 2).fill(255, 8, 12), "a header of at most 1048576 bytes, got 4294967295", 8],
    ["no header", npy("", one), "a header that is a Python dict, got the end of the header", 10],
    ["a list", npy("[1]"), 'a header that is a Python dict, got "[1]"', 10],
    ["an unclosed dict", npy("{'descr': '<f8'", one), '"," or "}", got the end of the header', 25],
    ["an unclosed string", npy("{'descr: 3}", one), 'a key in quotes, got "\'descr: 3}"', 11],
    ["something behind the dict", npy(good + "1", one), 'nothing behind the dict, got "1"', -9],
    ["two dicts", npy("{}{}", one), 'nothing behind the dict, got "{}"', 12],
    ["an empty dict", npy("{}", one), "each once, got no descr", 10],
    ["no order", npy("{'descr': '<f8', 'shape': (1,)}", one), "each once, got no fortran_order", 10],
    ["no shape", npy("{'descr': '<f8', 'fortran_order': False}", one), "each once, got no shape", 10],
    ["a key twice", npy("{'descr': '<f8', 'descr': '<f8'}", one), 'each once, got "descr"', 27],
    ["another key", npy("{'descr': '<f8', 'order': 'C'}", one), 'each once, got "order"', 27],
    ["a key without quotes", npy("{descr: '<f8'}", one), "a key in quotes", 11],
    ["no colon", npy("{'descr' '<f8'}", one), '":" after "descr"', 19],
    ["a dtype that is a number", npy("{'descr': 8}", one), 'a dtype in quotes, got "8}"', 20],
    ["an unknown dtype", npy(dict("<f16", "(1,)"), one), 'unsupported dtype "<f16"', 20],
    ["a dtype of the machine's order", npy(dict("=f8", "(1,)"), one), 'unsupported dtype "=f8"', 20],
    ["a dtype without an order", npy(dict("f8", "(1,)"), one), 'unsupported dtype "f8"', 20],
    ["a wide dtype without an order", npy(dict("|f8", "(1,)"), one), 'unsupported dtype "|f8"', 20],
    ["no dtype at all", npy(dict("", "(1,)"), one), 'unsupported dtype ""', 20],
    ["an order that is a number", npy("{'fortran_order': 0}", one), 'fortran_order True or False, got "0}"', 28],
    ["an order that begins well", npy("{'fortran_order': Falsehood}", one), "fortran_order True or False", 28],
    ["a shape that is a list", npy(dict("<f8", "[1]"), one), "a shape in parentheses", 60],
    ["a shape that is a number", npy(dict("<f8", "(1)"), one), '"," after a single length, got "), }', 62],
    ["a negative length", npy(dict("<f8", "(-1,)"), one), "an integer in [0, 2^53)", 61],
    ["a fractional length", npy(dict("<f8", "(1.0,)"), one), '"," after a single length', 62],
    ["a length in words", npy(dict("<f8", "(one,)"), one), "an integer in [0, 2^53)", 61],
    ["a length with a leading zero", npy(dict("<f8", "(01,)"), one), "an integer in [0, 2^53)", 61],
    ["a length beyond 2^53", npy(dict("<f8", "(9007199254740992,)"), one), "an integer in [0, 2^53)", 61],
    ["a shape product beyond 2^53", npy(dict("<f8", "(134217728, 134217728)"), one), "a shape of at most 2^53 elements", 60],
    ["such a product beside a zero", npy(dict("<f8", "(134217728, 0, 134217728)"), []), "a shape of at most 2^53 elements", 60],
    ["a comma too many", npy(dict("<f8", "(1,,)"), one), "an integer in [0, 2^53)", 63],
    ["a shape that does not end", npy("{'shape': (1, 2", one), '"," or ")", got the end of the header', 25],
    ["data cut short", npy(good, one).subarray(0, -1), "8 bytes of data for <f8 [1], got 7", -0],
    ["no data", npy(dict("<f4", "(2, 3)")), "24 bytes of data for <f4 [2, 3], got 0", -0],
    ["trailing bytes", npy(good, f8(1, 2)), "no bytes after 8 bytes of data for <f8 [1], got 16", -8],
    ["bytes behind nothing", npy(dict("<f8", "(0,)"), [1]), "no bytes after 0 bytes of data", -1],
    ["version 3 not in UTF-8", npy(good, one, 3).fill(255, 13, 14), "a header in UTF-8", 12],
    ["Latin-1 in the header", npy(good, one).fill(255, 11, 12), "a key in quotes", 11],
  ])("%s", async (_, bytes, message, offset) => {
    const actions: readonly (readonly [string, () => unknown])[] = [
      ["readNpy", () => readNpy(bytes)],
      ["openNpy", () => openNpy(bytes)],
      ["parseNpy", () => parseNpy(bytes)],
    ];
    for (const [where, action] of actions) {
      const error = await Promise.resolve().then(action).then(() => undefined, (reason: unknown) => reason); // prettier-ignore
      expect(error).toBeInstanceOf(FormatError);
      expect((error as FormatError).message).toMatch(new RegExp(`^${where}\\(npy at byte \\d+\\): expected `));
      expect((error as FormatError).message).toContain(message);
      const place = offset > 0 || Object.is(offset, 0) ? offset : bytes.length + offset;
      expect(error).toMatchObject({ code: "ERR_FORMAT", format: "npy", offset: place });
    }
  });

  test("64-bit integers beyond 2^53 are refused, with their place", () => {
    for (const [descr, data] of [
      ["<i8", BigInt64Array.of(0n, 2n ** 53n + 1n)],
      ["<i8", BigInt64Array.of(0n, -(2n ** 53n) - 1n)],
      ["<u8", BigUint64Array.of(0n, 2n ** 64n - 1n)],
    ] as const) {
      const file = npy(dict(descr, "(2,)"), new Uint8Array(data.buffer));
      expect(() => parseNpy(file)).toThrow(expect.objectContaining({ code: "ERR_OVERFLOW", got: data[1] }));
    }
  });

  test("options, limits and sources", async () => {
    const file = npy(good, one);
    const any = (value: unknown): never => value as never;
    expect(await codeOf(() => readNpy(file, { dtype: any("int8") }))).toBe("ERR_OPTION");
    expect(await codeOf(() => parseNpy(file, { dtype: any("int8") }))).toBe("ERR_OPTION");
    expect(await codeOf(() => readNpy(file, any({ type: "float32" })))).toBe("ERR_OPTION");
    expect(await codeOf(() => parseNpy(file, any({ maxBytes: 8 })))).toBe("ERR_OPTION"); // it is in memory already
    expect(await codeOf(() => readNpy(file, { signal: any({}) }))).toBe("ERR_OPTION");
    for (const maxBytes of [-1, 0.5, NaN, any("8"), null]) expect(await codeOf(() => readNpy(file, any({ maxBytes })))).toBe("ERR_OPTION");
    await expect(readNpy(file, { maxBytes: 7 })).rejects.toThrow("readNpy(maxBytes): expected at least 8 bytes for this file (openNpy reads it by rows), got 7"); // prettier-ignore
    expect(await codeOf(() => readNpy(file, { maxBytes: 8 }))).toBe("no error");
    for (const source of [undefined, null, 3, {}, [1, 2]]) {
      expect(await codeOf(() => readNpy(any(source)))).toBe("ERR_OPTION");
      expect(await codeOf(() => parseNpy(any(source)))).toBe("ERR_OPTION");
    }
    expect(await codeOf(() => parseNpy(any("array.npy")))).toBe("ERR_OPTION");
  });

  test("abort: before, and while the source waits", async () => {
    const reason = new Error("changed my mind");
    await expect(readNpy(npy(good, one), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const file = npy(good, one);
    const read = (offset: number, length: number) => {
      controller.abort(reason);
      return Promise.resolve(file.subarray(offset, offset + length));
    };
    await expect(readNpy({ size: file.length, read }, { signal: controller.signal })).rejects.toBe(reason);
  });
});

describe("degenerate", () => {
  test("no elements beside long axes; a thousand axes", async () => {
    expect((await readNpy(npy(dict("<f8", "(0, 9007199254740991)")))).shape).toEqual([0, 9007199254740991]);
    expect(parseNpy(npy(dict("<f8", "(1048576, 0, 1048576)", "True"))).shape).toEqual([1048576, 0, 1048576]);
    const axes = parseNpy(npy(dict("<f4", `(${"1, ".repeat(1000)})`), f4(5)));
    expect([axes.shape.length, axes.data[0]]).toEqual([1000, 5]);
  });

  test("a header longer than the first read", async () => {
    const file = npy(dict("<f4", "(1,)").padEnd(900), f4(5));
    expect([...(await readNpy(file)).data]).toEqual([5]);
  });
});
