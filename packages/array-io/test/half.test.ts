import { describe, expect, test } from "vitest";
import { openSafetensors } from "../src/index.js";
import { file, numbers } from "./bytes.js";
import halfPrecision from "../../../tooling/fixtures/half-precision/data.json" with { type: "json" };

const codes = Uint16Array.from({ length: 65536 }, (_, code) => code);

async function converted(dtype: "F16" | "BF16", count = 65536): Promise<Float32Array> {
  const open = await openSafetensors(
    file({ x: { dtype, shape: [count], data_offsets: [0, 2 * count] } }, numbers(codes.subarray(0, count))),
  );
  return (await open.read("x")).data as Float32Array;
}

/** The value that the definition gives: sign · 2^(exponent - bias) · (1 + mantissa), exact in float64. */
function defined(code: number, exponentBits: number): number {
  const mantissaBits = 15 - exponentBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  const sign = code >= 32768 ? -1 : 1;
  const exponent = Math.floor((code % 32768) / 2 ** mantissaBits);
  const mantissa = (code % 2 ** mantissaBits) / 2 ** mantissaBits;
  if (exponent === 2 ** exponentBits - 1) return mantissa === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * mantissa * 2 ** (1 - bias) : sign * (1 + mantissa) * 2 ** (exponent - bias);
}

describe("oracle", () => {
  test.each([
    ["F16", 5],
    ["BF16", 8],
  ] as const)("all 65,536 codes of %s have the value of the definition", async (dtype, exponentBits) => {
    const values = await converted(dtype);
    const wrong = [...codes].filter((code) => !Object.is(values[code], defined(code, exponentBits)));
    expect(wrong).toEqual([]);
  });

  test("few halves are converted one by one: the same values", async () => {
    const few = await converted("F16", 9000);
    expect([...few]).toEqual([...(await converted("F16")).subarray(0, 9000)]);
  });

  test("read as float64 on request", async () => {
    const open = await openSafetensors(file({ x: { dtype: "F16", shape: [2], data_offsets: [0, 4] } }, [0, 0x3c, 1, 0]));
    const x = await open.read("x", { dtype: "float64" });
    expect([x.dtype, [...x.data]]).toEqual(["float64", [1, 2 ** -24]]);
  });
});

describe("fixtures", () => {
  test.each(["F16", "BF16"] as const)("%s agrees with NumPy on every bit, NaN payloads included", async (dtype) => {
    const bits = new Uint32Array((await converted(dtype)).buffer);
    let hash = 0x811c9dc5; // FNV-1a over the low byte first
    for (const word of bits) for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((word >>> shift) & 255), 0x01000193);
    expect((hash >>> 0).toString(16)).toBe(halfPrecision[dtype]);
  });
});
