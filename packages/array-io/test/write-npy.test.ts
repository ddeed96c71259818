import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { view } from "@subquad/linalg-core";
import { gaussianArray, layouts, pack, strided } from "@subquad/test-kit";
import { openNpy, parseNpy, writeNpy, type NpyDType } from "../src/index.js";
import { bits, codeOf, fromBase64 } from "./bytes.js";
import { secondReading } from "./npy-bytes.js";
import fixtures from "../../../tooling/fixtures/npy/data.json" with { type: "json" };

const stores = {
  float64: Float64Array,
  float32: Float32Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
} as const;
const descrs: Readonly<Record<NpyDType, string>> = {
  float64: "<f8",
  float32: "<f4",
  float16: "<f2",
  int64: "<i8",
  uint64: "<u8",
  int32: "<i4",
  uint32: "<u4",
  int16: "<i2",
  uint16: "<u2",
  int8: "|i1",
  uint8: "|u1",
  bool: "|b1",
};

describe("oracle", () => {
  test("the type of the data is kept, and the second reading sees the same numbers", async () => {
    for (const [name, Store] of Object.entries(stores)) {
      const data = Store.of(1, 2, 3, 4, 5, 100);
      for (const order of ["row", "column"] as const) {
        const file = writeNpy({ data, shape: [2, 3], stride: [3, 1], offset: 0 }, { order });
        expect(secondReading(file)).toEqual({ shape: [2, 3], values: [1, 2, 3, 4, 5, 100] });
        const open = await openNpy(file);
        expect([open.dtype, open.fortranOrder]).toEqual([descrs[name as NpyDType], order === "column"]);
      }
    }
    expect((await openNpy(writeNpy([[1, 2]]))).dtype).toBe("<f8");
    expect((await openNpy(writeNpy(Uint8ClampedArray.of(1, 2)))).dtype).toBe("|u1");
  });

  test("every type that is asked for", () => {
    const values: Readonly<Record<NpyDType, readonly number[]>> = {
      float64: [0.1, -0, Infinity, 5e-324],
      float32: [0.5, -0, -Infinity, 2 ** -149],
      float16: [1, -0, 65504, 2 ** -24, 0.333251953125],
      int64: [-(2 ** 53), 2 ** 53, -1, 2 ** 32, -(2 ** 32) - 1, 0],
      uint64: [0, 2 ** 53, 2 ** 32 - 1],
      int32: [-(2 ** 31), 2 ** 31 - 1],
      uint32: [0, 2 ** 32 - 1],
      int16: [-32768, 32767],
      uint16: [0, 65535],
      int8: [-128, 127],
      uint8: [0, 255],
      bool: [0, 1],
    };
    for (const [dtype, list] of Object.entries(values) as [NpyDType, readonly number[]][]) {
      const file = writeNpy(list, { dtype });
      expect([dtype, secondReading(file)]).toEqual([dtype, { shape: [list.length], values: list }]);
      expect([...parseNpy(file).data]).toEqual(list);
    }
  });

  test("every half comes back, and numbers between two halves go to the nearest, ties to even", () => {
    const half = (x: number): number => parseNpy(writeNpy([x], { dtype: "float16" })).data[0]!;
    const codes = Uint16Array.from({ length: 0x7c00 }, (_, code) => code); // all finite halves from 0 up
    const file = writeNpy(codes, { dtype: "uint16" });
    file.set(new TextEncoder().encode("<f2"), 21);
    const halves = parseNpy(file).data;
    expect(halves[0x7bff]).toBe(65504);
    const negative = Float64Array.from(halves, (x) => -x);
    expect([...parseNpy(writeNpy(halves, { dtype: "float16" })).data]).toEqual([...halves]);
    expect([...parseNpy(writeNpy(negative, { dtype: "float16" })).data]).toEqual([...negative]);
    const between = Float64Array.from({ length: 0x7bff }, (_, code) => (halves[code]! + halves[code + 1]!) / 2);
    const even = Float32Array.from(between, (_, code) => halves[code + (code % 2)]!);
    expect(parseNpy(writeNpy(between, { dtype: "float16" })).data).toEqual(even);
    const above = between.map((x) => x * (1 + 2 ** -52)); // the next double: rounding by way of float32 would take it for the tie
    expect(parseNpy(writeNpy(above, { dtype: "float16" })).data).toEqual(halves.slice(1));
    expect([half(65519.99), half(Infinity), half(-Infinity), half(NaN)]).toEqual([65504, Infinity, -Infinity, NaN]);
  });
});

describe("laws", () => {
  const shape = fc.array(fc.nat({ max: 4 }), { maxLength: 4 });
  const shapes = fc.oneof(fc.constantFrom([], [0], [3, 0], [7], [2, 3], [2, 3, 4], [2, 1, 3, 2]), shape);

  test("write, then read: every type, shape and order, the same numbers", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(stores)),
        shapes,
        fc.constantFrom("row" as const, "column" as const),
        fc.nat(),
        (Store, lengths, order, seed) => {
          const size = lengths.reduce((product, n) => product * n, 1);
          const data = new Store(Array.from({ length: size }, (_, p) => ((seed % 997) + p * 7919) % 127));
          const A = { data, shape: lengths, stride: lengths.map((_, k) => lengths.slice(k + 1).reduce((a, b) => a * b, 1)), offset: 0 };
          const file = writeNpy(A, { order });
          const back = parseNpy(file);
          expect([back.shape, [...pack(back)]]).toEqual([lengths, [...data]]);
          const head = new DataView(file.buffer).getUint16(8, true) + 10;
          expect([head % 64, file[head - 1]]).toEqual([0, 10]); // the data are aligned, the header ends in a line feed
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  test("bits survive, in both orders and from any strides: NaN payloads, -0, subnormals", () => {
    const words = Uint32Array.of(0x7fa00001, 0xffc12345, 0x80000000, 1, 0x7f800000, 0x007fffff);
    const A = view(new Float32Array(words.buffer), [2, 3]);
    for (const order of ["row", "column"] as const) {
      const back = parseNpy(writeNpy(A, { order }));
      const stored = bits(back.data);
      // in the order of the data: column-major has 0 3 1 4 2 5
      expect(stored).toEqual((order === "row" ? [0, 1, 2, 3, 4, 5] : [0, 3, 1, 4, 2, 5]).map((p) => BigInt(words[p]!)));
    }
  });

  test("every memory layout writes the same bytes", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const A = gaussianArray([3, 4, 2], { seed: "layout", dtype });
      for (const options of [{}, { order: "column" }, { dtype: "float16" }, { dtype: "float16", order: "column" }] as const) {
        const dense = writeNpy(A, options);
        for (const layout of layouts) expect(writeNpy(strided(A, layout), options)).toEqual(dense);
      }
    }
  });
});

describe("fixtures", () => {
  const written = fixtures.cases.filter(({ descr, version }) => !descr.startsWith(">") && version === 1);

  test.each(written)("byte for byte what NumPy wrote: $name", ({ file, shape, values, fortran, descr, name }) => {
    const dtype = (Object.entries(descrs) as [NpyDType, string][]).find(([, known]) => known === descr)![0];
    const A = view(new Float64Array(fromBase64(values).buffer), shape);
    const ours = writeNpy(A, { dtype, order: fortran ? "column" : "row" });
    const theirs = fromBase64(file);
    // a NaN goes through float64 here, and no standard says which bits it has then
    if (/f[248] 3 x 4|f8 \(9|f8 \(2|version/.test(name)) expect(parseNpy(ours)).toEqual(parseNpy(theirs));
    else expect([...ours]).toEqual([...theirs]);
    expect([...ours.subarray(0, 128)]).toEqual([...theirs.subarray(0, 128)]);
  });
});

describe("errors", () => {
  test("an element that the type does not hold", async () => {
    const cases: readonly (readonly [NpyDType, number])[] = [
      ["int8", 128],
      ["int8", -129],
      ["uint8", -1],
      ["uint8", 0.5],
      ["int16", 32768],
      ["uint16", 65536],
      ["int32", 2 ** 31],
      ["uint32", -1],
      ["int64", 2 ** 53 + 2],
      ["uint64", -1],
      ["int64", NaN],
      ["int32", Infinity],
      ["bool", 2],
      ["float16", 65520],
      ["float16", -1e300],
      ["float32", 3.4028235677973366e38],
      ["float32", -1e300],
    ];
    for (const [dtype, x] of cases) {
      expect(() => writeNpy([1, x], { dtype })).toThrow(expect.objectContaining({ code: "ERR_OPTION", argument: "dtype", got: x }));
    }
    expect(() => writeNpy([1, 0.5], { dtype: "int8" })).toThrow("writeNpy(dtype): expected a type that holds every element (int8 does not hold element 1), got 0.5"); // prettier-ignore
    expect(await codeOf(() => writeNpy([3.4028235677973362e38], { dtype: "float32" }))).toBe("no error"); // rounds to the largest float32
  });

  test("options and arrays that are none", async () => {
    const any = (value: unknown): never => value as never;
    expect(await codeOf(() => writeNpy([1], { dtype: any("complex128") }))).toBe("ERR_OPTION");
    expect(await codeOf(() => writeNpy([1], { order: any("C") }))).toBe("ERR_OPTION");
    expect(await codeOf(() => writeNpy([1], any({ fortran: true })))).toBe("ERR_OPTION");
    expect(await codeOf(() => writeNpy(any("text")))).toBe("ERR_SHAPE");
    expect(await codeOf(() => writeNpy([[1, 2], [3]]))).toBe("ERR_SHAPE"); // prettier-ignore
    expect(await codeOf(() => writeNpy(any(BigInt64Array.of(1n))))).toBe("ERR_OPTION");
  });
});

describe("degenerate", () => {
  test("thousands of axes take version 2.0, hundreds of thousands are refused", async () => {
    const ones = (axes: number) => {
      const shape = new Array<number>(axes).fill(1);
      return { data: Float64Array.of(7), shape, stride: shape, offset: 0 };
    };
    const file = writeNpy(ones(30000));
    expect([file[6], parseNpy(file).shape.length, parseNpy(file).data[0]]).toEqual([2, 30000, 7]);
    expect(await codeOf(() => writeNpy(ones(400_000)))).toBe("ERR_OPTION");
  });
});
