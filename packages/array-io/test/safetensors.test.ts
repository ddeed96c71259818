import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FormatError, isNumericsError, view, type NdArray } from "@subquad/linalg-core";
import { gaussianArray, layouts, pack, strided } from "@subquad/test-kit";
import { openSafetensors, writeSafetensors, type SafetensorsFile } from "../src/index.js";
import { bits, file, fromBase64, numbers, outcome } from "./bytes.js";
import fixtures from "../../../tooling/fixtures/safetensors/data.json" with { type: "json" };

describe("oracle", () => {
  test("reads a file assembled by hand, tensor by tensor", async () => {
    const bytes = file(
      {
        __metadata__: { made: "by hand", "": "ü" },
        b: { dtype: "F32", shape: [2, 2], data_offsets: [8, 24] },
        a: { dtype: "F64", shape: [], data_offsets: [0, 8] },
        none: { dtype: "I32", shape: [3, 0], data_offsets: [24, 24] },
      },
      [...new Uint8Array(Float64Array.of(-1.5).buffer), ...new Uint8Array(Float32Array.of(1, -0, Infinity, 2 ** -149).buffer)],
    );
    const open = await openSafetensors(bytes);
    expect(open.names).toEqual(["a", "b", "none"]); // by position, not as the header has them
    expect(open.metadata).toEqual({ made: "by hand", "": "ü" });
    const begin = bytes.length - 24;
    expect(open.info("b")).toEqual({ dtype: "F32", shape: [2, 2], byteOffset: begin + 8, byteLength: 16, readable: true });
    const b = await open.read("b");
    expect([b.shape, b.dtype, [...b.data]]).toEqual([[2, 2], "float32", [1, -0, Infinity, 2 ** -149]]);
    const a = await open.read("a");
    expect([a.shape, a.dtype, [...a.data]]).toEqual([[], "float64", [-1.5]]);
    expect((await open.read("none")).shape).toEqual([3, 0]);
    await open.close();
  });

  test("integers and booleans become float64, exactly", async () => {
    const cases: readonly (readonly [string, ArrayBufferView<ArrayBuffer>, readonly number[]])[] = [
      ["I8", Int8Array.of(-128, 127), [-128, 127]],
      ["U8", Uint8Array.of(0, 255), [0, 255]],
      ["BOOL", Uint8Array.of(0, 1), [0, 1]],
      ["I16", Int16Array.of(-32768, 32767), [-32768, 32767]],
      ["U16", Uint16Array.of(0, 65535), [0, 65535]],
      ["I32", Int32Array.of(-(2 ** 31), 2 ** 31 - 1), [-(2 ** 31), 2 ** 31 - 1]],
      ["U32", Uint32Array.of(0, 2 ** 32 - 1), [0, 2 ** 32 - 1]],
      ["I64", BigInt64Array.of(-(2n ** 53n), 2n ** 53n, -1n, 2n ** 32n), [-(2 ** 53), 2 ** 53, -1, 2 ** 32]],
      ["U64", BigUint64Array.of(0n, 2n ** 53n), [0, 2 ** 53]],
    ];
    for (const [dtype, data, expected] of cases) {
      const open = await openSafetensors(
        file({ x: { dtype, shape: [expected.length], data_offsets: [0, data.byteLength] } }, numbers(data)),
      );
      const x = await open.read("x");
      expect([dtype, x.dtype, [...x.data]]).toEqual([dtype, "float64", expected]);
      expect((await open.read("x", { dtype: "float32" })).data).toEqual(Float32Array.from(expected));
    }
  });

  test("64-bit integers beyond 2^53 are refused, with their place", async () => {
    for (const [dtype, data] of [
      ["I64", BigInt64Array.of(0n, 2n ** 53n + 1n)],
      ["I64", BigInt64Array.of(0n, -(2n ** 53n) - 1n)],
      ["U64", BigUint64Array.of(0n, 2n ** 64n - 1n)],
    ] as const) {
      const open = await openSafetensors(file({ x: { dtype, shape: [2], data_offsets: [0, 16] } }, numbers(data)));
      await expect(open.read("x")).rejects.toMatchObject({ code: "ERR_OVERFLOW", got: data[1] });
      expect((await open.readRows("x", 0, 1)).data[0]).toBe(0);
    }
  });

  test("rows of any range are those of the whole", async () => {
    const A = gaussianArray([7, 3, 2], { seed: "rows", dtype: "float32" });
    const open = await openSafetensors(
      writeSafetensors({ before: gaussianArray([3]), A, after: gaussianArray([2, 2], { dtype: "float32" }) }),
    );
    for (const [from, to] of [
      [0, 7],
      [0, 0],
      [7, 7],
      [2, 5],
      [6, 7],
    ] as const) {
      // prettier-ignore
      const rows = await open.readRows("A", from, to);
      expect([rows.shape, [...rows.data]]).toEqual([[to - from, 3, 2], [...A.data.subarray(from * 6, to * 6)]]);
    }
    expect((await open.readRows("A", 1, 2, { dtype: "float64" })).dtype).toBe("float64");
  });
});

describe("laws", () => {
  const stores = [Float64Array, Float32Array, Int32Array, Uint32Array, Int16Array, Uint16Array, Int8Array, Uint8Array] as const;
  const shape = fc.array(fc.nat({ max: 4 }), { maxLength: 4 });

  test("write, then read: every type and shape, the same numbers", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(...stores), shape), { maxLength: 5 }), fc.nat(), async (specs, seed) => {
        const entries = specs.map(([Store, lengths], index) => {
          const size = lengths.reduce((product, length) => product * length, 1);
          const data = new Store(Array.from({ length: size }, (_, p) => ((seed % 997) + p * 7919) % 127));
          return [`t${index}.π"\\`, { data, shape: lengths, stride: rowMajor(lengths), offset: 0 }] as const;
        });
        const bytes = writeSafetensors(Object.fromEntries(entries), { seed: String(seed) });
        const open = await openSafetensors(bytes);
        expect([...open.names].sort()).toEqual(entries.map(([name]) => name).sort());
        expect(open.metadata).toEqual({ seed: String(seed) });
        for (const [name, { data, shape: lengths }] of entries) {
          const back = await open.read(name);
          expect([back.shape, [...back.data]]).toEqual([lengths, [...data]]);
          expect(open.info(name).byteOffset % data.BYTES_PER_ELEMENT).toBe(0); // aligned
        }
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  test("bits survive: NaN payloads, -0, subnormals", async () => {
    const bits = Uint32Array.of(0x7fa00001, 0xffc12345, 0x80000000, 1, 0x7f800000, 0x007fffff);
    const A = { data: new Float32Array(bits.buffer), shape: [6], stride: [1], offset: 0 };
    const back = await (await openSafetensors(writeSafetensors({ A }))).read("A");
    expect([...new Uint32Array(back.data.buffer)]).toEqual([...bits]);
  });

  test("every memory layout writes the same bytes", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const A = gaussianArray([3, 4, 2], { seed: "layout", dtype });
      const dense = writeSafetensors({ A });
      for (const layout of layouts) expect(writeSafetensors({ A: strided(A, layout) })).toEqual(dense);
    }
    const codes = { data: Uint8Array.from({ length: 24 }, (_, p) => p), shape: [4, 6], stride: [6, 1], offset: 0 };
    for (const layout of layouts) expect(writeSafetensors({ codes: strided(codes, layout) })).toEqual(writeSafetensors({ codes }));
  });

  test("nested lists and typed arrays are arrays too", async () => {
    const open = await openSafetensors(writeSafetensors({ nested: [[1, 2], [3, 4]], flat: [5, 6], codes: Uint8Array.of(7, 8) })); // prettier-ignore
    expect(open.names.map((name) => [name, open.info(name).dtype, open.info(name).shape])).toEqual([
      ["nested", "F64", [2, 2]],
      ["flat", "F64", [2]],
      ["codes", "U8", [2]],
    ]);
    expect([...(await open.read("nested")).data]).toEqual([1, 2, 3, 4]);
  });

  test("every kind of source gives the same arrays, and none shares memory with them", async () => {
    const bytes = writeSafetensors({ A: gaussianArray([5, 2], { seed: "source" }) });
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const read = (offset: number, length: number) => Promise.resolve(bytes.subarray(offset, offset + Math.min(length, 5))); // in small parts
    const expected = await (await openSafetensors(bytes)).read("A");
    for (const source of [bytes, shifted.subarray(3), bytes.buffer, new Blob([bytes]), { size: bytes.length, read }]) {
      const open = await openSafetensors(source);
      const A = await open.read("A");
      expect([...A.data]).toEqual([...expected.data]);
      A.data.fill(0);
      expect([...(await open.read("A")).data]).toEqual([...expected.data]);
    }
  });
});

describe("fixtures: files of the safetensors package", () => {
  test.each(fixtures)("$name", async ({ file: written, metadata, tensors }) => {
    const open = await openSafetensors(fromBase64(written));
    expect(open.metadata).toEqual(metadata);
    expect([...open.names].sort()).toEqual(Object.keys(tensors).sort());
    for (const [name, { shape, dtype, values }] of Object.entries(tensors)) {
      const A = await open.read(name);
      expect([name, A.shape, A.dtype]).toEqual([name, shape, dtype]);
      const expected = new Float64Array(fromBase64(values).buffer);
      expect(bits(A.data as Float32Array)).toEqual(bits(dtype === "float32" ? new Float32Array(expected) : expected));
      expect(bits((await open.read(name, { dtype: "float64" })).data as Float64Array)).toEqual(bits(expected));
    }
  });
});

describe("errors", () => {
  const good = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  const eight = [0, 0, 0, 0, 0, 0, 0, 0];

  test.each<readonly [string, Uint8Array, string, number]>([
    ["an empty file", new Uint8Array(0), "at least 8 bytes, got 0", 0],
    ["a truncated length", Uint8Array.of(1, 2, 3, 4, 5, 6, 7), "at least 8 bytes, got 7", 0],
    ["N beyond any header", Uint8Array.from({ length: 16 }, () => 255), "at most 100000000 bytes, got 18446744073709551615", 0],
    ["N past the end", file({}, []).subarray(0, 9), "at least 10 bytes in all", 0],
    ["N of zero", Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0), 'begins with "{", got no header', 8],
    ["a header that is an array", file("[1]", []), 'begins with "{", got byte 91', 8],
    ["a header that is not JSON", file("{oops}", []), "a header in JSON", 8],
    ["a header with a second value", file("{}{}", []), "a header in JSON", 8],
    ["a header not in UTF-8", file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), []), "a header in UTF-8", 8],
    ["a byte order mark", file("\ufeff{}", []), 'begins with "{", got byte 239', 8],
    ["a tensor that is no object", file({ x: 3 }, []), 'tensor "x" as an object, got 3', 8],
    ["a tensor that is null", file({ x: null }, []), 'tensor "x" as an object, got null', 8],
    ["no dtype", file({ x: { shape: [2], data_offsets: [0, 8] } }, eight), 'tensor "x" with a dtype, got undefined', 8],
    ["a dtype that is a number", file({ x: { ...good, dtype: 32 } }, eight), 'tensor "x" with a dtype, got 32', 8],
    ["no shape", file({ x: { dtype: "F32", data_offsets: [0, 8] } }, eight), "a shape of integers ≥ 0, got undefined", 8],
    ["a negative length", file({ x: { ...good, shape: [-2] } }, eight), "a shape of integers ≥ 0", 8],
    ["a fractional length", file({ x: { ...good, shape: [0.5] } }, eight), "a shape of integers ≥ 0", 8],
    ["a length in words", file({ x: { ...good, shape: ["2"] } }, eight), "a shape of integers ≥ 0", 8],
    [
      "a length beyond 2^53",
      file('{"x":{"dtype":"F32","shape":[9007199254740993],"data_offsets":[0,8]}}', eight),
      "a shape of integers ≥ 0",
      8,
    ],
    ["a shape product beyond 2^53", file({ x: { ...good, shape: [2 ** 30, 2 ** 30] } }, eight), "at most 2^53 elements", 8],
    ["no offsets", file({ x: { dtype: "F32", shape: [2] } }, eight), "data_offsets of two integers ≥ 0, got undefined", 8],
    ["three offsets", file({ x: { ...good, data_offsets: [0, 4, 8] } }, eight), "data_offsets of two integers", 8],
    ["a negative offset", file({ x: { ...good, data_offsets: [-8, 0] } }, eight), "data_offsets of two integers ≥ 0", 8],
    ["offsets in the wrong order", file({ x: { ...good, data_offsets: [8, 0] } }, eight), 'tensor "x" within the 8 bytes of data', 8],
    [
      "offsets past the end",
      file({ x: { ...good, shape: [3], data_offsets: [0, 12] } }, eight),
      'tensor "x" within the 8 bytes of data',
      8,
    ],
    [
      "a length that does not fit the shape",
      file({ x: { ...good, shape: [3] } }, eight),
      'tensor "x" with 12 bytes for F32 [3], got 8',
      -8,
    ],
    [
      "an overlap",
      file({ x: good, y: { dtype: "U8", shape: [4], data_offsets: [4, 8] } }, eight),
      'tensor "y" to begin where the one before it ends, at 8, got 4',
      -0,
    ],
    [
      "a hole at the start",
      file({ x: { dtype: "U8", shape: [4], data_offsets: [4, 8] } }, eight),
      'tensor "x" to begin where the one before it ends, at 0, got 4',
      -8,
    ],
    [
      "a hole between tensors",
      file({ x: { dtype: "U8", shape: [1], data_offsets: [0, 1] }, y: { dtype: "U8", shape: [1], data_offsets: [7, 8] } }, eight),
      'tensor "y" to begin',
      -7,
    ],
    ["bytes behind the last tensor", file({ x: good }, [...eight, 9]), "no bytes after the last tensor, got 1", -1],
    ["bytes without a tensor", file({}, [1, 2]), "no bytes after the last tensor, got 2", -2],
    [
      "a name twice",
      file('{"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0078":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}', []),
      'every key once, got "x" twice',
      8,
    ],
    [
      "a field twice",
      file('{"x":{"dtype":"F64","dtype":"U8","shape":[0],"data_offsets":[0,0]}}', []),
      'every key once, got "dtype" twice',
      8,
    ],
    ["metadata that is text", file({ __metadata__: "pt" }, []), "__metadata__ as an object", 8],
    ["metadata that is a list", file({ __metadata__: ["pt"] }, []), "__metadata__ as an object", 8],
    ["metadata with a number", file({ __metadata__: { steps: 1600 } }, []), "__metadata__.steps as text, got 1600", 8],
  ])("%s", async (_, bytes, message, offset) => {
    const error = await openSafetensors(bytes).then(() => undefined, (reason: unknown) => reason); // prettier-ignore
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).message).toMatch(/^openSafetensors\(safetensors at byte \d+\): expected /);
    expect((error as FormatError).message).toContain(message);
    expect(error).toMatchObject({
      code: "ERR_FORMAT",
      format: "safetensors",
      offset: offset > 0 || Object.is(offset, 0) ? offset : bytes.length + offset,
    });
  });

  test("a type of another tool is listed and not read", async () => {
    const open = await openSafetensors(file({ x: { dtype: "F8_E4M3", shape: [3], data_offsets: [0, 3] } }, [1, 2, 3]));
    expect(open.info("x")).toMatchObject({ dtype: "F8_E4M3", readable: false });
    await expect(open.read("x")).rejects.toMatchObject({ code: "ERR_OPTION", got: "F8_E4M3" });
    const odd = await openSafetensors(file({ x: { dtype: "toString", shape: [3], data_offsets: [0, 3] } }, [1, 2, 3]));
    expect(odd.info("x").readable).toBe(false);
  });

  test("names, ranges, options and sources that are none", async () => {
    const open = await openSafetensors(writeSafetensors({ A: gaussianArray([3, 2]), s: { data: [1], shape: [], stride: [], offset: 0 } }));
    const code = (action: () => unknown): Promise<unknown> => Promise.resolve().then(action).then(() => "no error", (error: unknown) => isNumericsError(error) && error.code); // prettier-ignore
    const any = (value: unknown): never => value as never;
    expect(await code(() => open.info("B"))).toBe("ERR_OPTION");
    expect(await code(() => open.info("toString"))).toBe("ERR_OPTION");
    expect(await code(() => open.read("B"))).toBe("ERR_OPTION");
    expect(await code(() => open.read("A", { dtype: any("int8") }))).toBe("ERR_OPTION");
    expect(await code(() => open.read("A", any({ type: "float32" })))).toBe("ERR_OPTION");
    for (const [from, to] of [
      [-1, 1],
      [2, 1],
      [0, 4],
      [0.5, 1],
      [NaN, 1],
      [0, any("1")],
    ] as const) {
      // prettier-ignore
      expect(await code(() => open.readRows("A", from, to))).toBe("ERR_OPTION");
    }
    expect(await code(() => open.readRows("s", 0, 1))).toBe("ERR_SHAPE");
    for (const source of [undefined, null, 3, {}, { size: -1, read: () => 0 }, { size: 8 }, [1, 2]]) {
      expect([source, await code(() => openSafetensors(any(source)))]).toEqual([source, "ERR_OPTION"]);
    }
    expect(await code(() => openSafetensors({ size: 8, read: () => Promise.resolve(any([0, 0])) }))).toBe("ERR_OPTION");
    expect(await code(() => openSafetensors(new Uint8Array(8), any({ dtype: "float32" })))).toBe("ERR_OPTION");
    expect(await code(() => writeSafetensors({ __metadata__: [1] }))).toBe("ERR_OPTION");
    expect(await code(() => writeSafetensors({}, any({ n: 1 })))).toBe("ERR_OPTION");
    for (const entries of [null, undefined, 3, [[1, 2]]]) expect(await code(() => writeSafetensors(any(entries)))).toBe("ERR_OPTION");
    for (const metadata of [null, "text", []]) expect(await code(() => writeSafetensors({}, any(metadata)))).toBe("ERR_OPTION");
    expect(await code(() => writeSafetensors({ A: any("text") }))).toBe("ERR_SHAPE");
    expect(await code(() => writeSafetensors({ A: [[1, 2], [3]] }))).toBe("ERR_SHAPE"); // prettier-ignore
    await open.close();
    await open.close();
    expect(await code(() => open.read("A"))).toBe("ERR_OPTION");
  });

  test("a source that shrinks", async () => {
    const bytes = writeSafetensors({ A: gaussianArray([4]) });
    let size = bytes.length;
    const open = await openSafetensors({
      size,
      read: (offset, length) => Promise.resolve(bytes.subarray(offset, Math.min(size, offset + length))),
    });
    size -= 12;
    await expect(open.read("A")).rejects.toMatchObject({ code: "ERR_FORMAT", offset: size, expected: "12 more bytes" });
  });

  test("abort: before, between two parts, and while the source waits", async () => {
    const bytes = writeSafetensors({ A: { data: new Uint8Array(2 ** 23 + 1), shape: [2 ** 23 + 1], stride: [1], offset: 0 } });
    const reason = new Error("changed my mind");
    await expect(openSafetensors(bytes, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const open = await openSafetensors(bytes);
    await expect(open.read("A", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

    const controller = new AbortController();
    let parts = 0;
    const slow: SafetensorsFile = await openSafetensors({
      size: bytes.length,
      read: (offset, length, signal) => {
        expect(offset < 100 || signal === controller.signal).toBe(true); // the source is told too
        if (offset >= 100 || length > 1000) parts++;
        if (length === 2 ** 23) controller.abort(reason);
        return Promise.resolve(bytes.subarray(offset, offset + length));
      },
    });
    parts = 0;
    await expect(slow.read("A", { signal: controller.signal })).rejects.toBe(reason);
    expect(parts).toBe(1); // the second part was never asked for
  });
});

describe("laws of damage", () => {
  test("1,000 changed bytes: the same arrays, other numbers, or FormatError; nothing else", async () => {
    const original = writeSafetensors(
      {
        x: gaussianArray([3, 2], { dtype: "float32" }),
        y: gaussianArray([4]),
        z: { data: Uint8Array.of(1, 2, 3), shape: [3], stride: [1], offset: 0 },
      },
      { made: "for damage" },
    );
    let refused = 0;
    for (let round = 0; round < 1000; round++) {
      const bytes = original.slice();
      const at = (round * 7919) % (round % 2 ? bytes.length : 300); // the header more often than the data
      bytes[at] = (bytes[at]! + 1 + ((round * 31) % 255)) % 256;
      const result = await outcome(bytes);
      expect(["arrays", "FormatError"]).toContain(result);
      if (result === "FormatError") refused++;
    }
    expect(refused).toBeGreaterThan(300); // most changes of the header are noticed
  });

  test("every shortened file is refused", async () => {
    const original = writeSafetensors({ x: gaussianArray([3]), y: gaussianArray([2], { dtype: "float32" }) });
    for (let length = 0; length < original.length; length++) expect(await outcome(original.subarray(0, length))).toBe("FormatError");
  });
});

describe("degenerate", () => {
  test("no tensors; a tensor without entries; odd names", async () => {
    expect((await openSafetensors(writeSafetensors({}))).names).toEqual([]);
    const names = ["", "1", "0", "__proto__", "constructor", "a.b/c", "\u0000", "😀"];
    const entries = Object.fromEntries(names.map((name, index) => [name, [index]]));
    const open = await openSafetensors(writeSafetensors(entries, { ["__proto__"]: "text" }));
    for (const [index, name] of names.entries()) expect((await open.read(name)).data[0]).toBe(index);
    expect(Object.entries(open.metadata)).toEqual([["__proto__", "text"]]);
    const empty: NdArray = await (await openSafetensors(writeSafetensors({ e: view(new Float32Array(0), [0, 5]) }))).readRows("e", 0, 0);
    expect([empty.shape, pack(empty).length]).toEqual([[0, 5], 0]);
  });
});

function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
}
