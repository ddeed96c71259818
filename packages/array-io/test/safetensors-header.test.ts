/**
 * Long headers, which are parsed in pieces, and names that mean something elsewhere.
 */
import { describe, expect, test } from "vitest";
import { FormatError } from "@subquad/linalg-core";
import { openSafetensors, readNpz, writeNpz, writeSafetensors } from "../src/index.js";
import { codeOf, file } from "./bytes.js";

const count = 4000; // tensors of a byte each: half a MB of header, several pieces
const name = (i: number): string => `,:{}[] "\\ é ${i}`; // everything that the scanner looks for
const zeros = new Array<number>(count).fill(0);

function headerOf(order: (i: number) => number = (i) => i, spaces = 1): string {
  const entries = Array.from({ length: count }, (_, k) => order(k)).map((i) => [
    name(i),
    { dtype: "U8", shape: [1], data_offsets: [i, i + 1] },
  ]);
  return JSON.stringify(Object.fromEntries(entries), null, spaces);
}

async function refusal(header: string, data: readonly number[] = zeros): Promise<unknown> {
  return openSafetensors(file(header, data)).then(() => "read", (error: unknown) => error); // prettier-ignore
}

describe("oracle", () => {
  test("a header of many pieces, in order or not, dense or with spaces: what JSON.parse gives", async () => {
    for (const header of [headerOf(), headerOf((i) => i, 0), headerOf((i) => (i * 1231 + 7) % count)]) {
      const open = await openSafetensors(file(header, zeros));
      expect(open.names).toEqual(Array.from({ length: count }, (_, i) => name(i)));
      const entry = (JSON.parse(header) as Record<string, { data_offsets: number[] }>)[name(2500)]!;
      expect(open.info(name(2500)).byteOffset).toBe(file(header, []).length + entry.data_offsets[0]!);
    }
  });

  test("names of Object's own methods and __proto__ are names", async () => {
    const entries = JSON.parse('{ "__proto__": [1, 2], "constructor": [3], "toString": [4] }') as Record<string, number[]>;
    const open = await openSafetensors(writeSafetensors(entries, JSON.parse('{ "__proto__": "text" }') as Record<string, string>));
    expect([...open.names].sort()).toEqual(["__proto__", "constructor", "toString"]);
    expect([...(await open.read("__proto__")).data]).toEqual([1, 2]);
    expect(Object.entries(open.metadata)).toEqual([["__proto__", "text"]]);
    const arrays = await readNpz(writeNpz(entries));
    expect(Object.keys(arrays)).toEqual(["__proto__", "constructor", "toString"]);
    expect(Object.getPrototypeOf(arrays)).toBe(Object.prototype);
    expect(await codeOf(() => readNpz(writeNpz({ a: [1] }), { names: ["__proto__"] }))).toBe("ERR_OPTION");
  });
});

describe("laws", () => {
  test("the signal is looked at after every piece", async () => {
    const bytes = file(headerOf(), zeros);
    const reason = new Error("changed my mind");
    let looks = 0;
    const signal = (limit: number): AbortSignal => {
      looks = 0;
      const throwIfAborted = (): void => {
        if (++looks > limit) throw reason;
      };
      return { throwIfAborted } as AbortSignal;
    };
    await openSafetensors(bytes, { signal: signal(Infinity) });
    const all = looks;
    expect(all).toBeGreaterThan(bytes.length / 2 ** 17);
    for (let limit = 0; limit < all; limit++) await expect(openSafetensors(bytes, { signal: signal(limit) })).rejects.toBe(reason);
  });
});

describe("errors", () => {
  test("a name twice, far apart, however it is written; a key twice in a late piece", async () => {
    const late = headerOf().slice(0, -2);
    const empty = '"dtype":"U8","shape":[0],"data_offsets":[0,0]';
    for (const again of [JSON.stringify(name(7)), JSON.stringify(name(7)).replace("é", "\\u00e9"), JSON.stringify(name(3999))]) {
      expect(await refusal(`${late},${again}:{${empty}}}`)).toMatchObject({
        code: "ERR_FORMAT",
        got: expect.stringContaining("twice") as unknown,
      });
    }
    for (const inside of [`"x":{${empty},"dtype":"I8"}`, `"x":{${empty},"y":[{"z":1,"z":2}]}`, `"__metadata__":{"a":"1","a":"1"}`]) {
      expect(await refusal(`${late},${inside}}`)).toMatchObject({ code: "ERR_FORMAT", expected: "every key once" });
    }
    expect(await refusal(`{"__metadata__":{},"__metadata__":{}}`, [])).toMatchObject({
      expected: "every key once",
      got: '"__metadata__" twice',
    });
  });

  test("cut off, commas and colons in the wrong places, brackets that do not match", async () => {
    const header = headerOf();
    for (const cut of [1, 2, 3, 40, 70_000, 200_000]) expect(await refusal(header.slice(0, -cut))).toBeInstanceOf(FormatError);
    for (const text of [`${header.slice(0, -2)},}`, `${header.slice(0, -2)},,"x":1}`, `${header}}`, `${header.slice(0, -1)}]`]) {
      expect(await refusal(text)).toBeInstanceOf(FormatError);
    }
    const small = ['{"a":1,}', "{,}", '{"a"}', '{"a":"b":"c","d"}', '{"a","b":1}', "{1:2}", '{"a":1 "b":2}', '{"a":1]', '{"a":[}]}', '{"a\\', '{"a":"\\u00', "{} x", '{"a":{"b"}}', "{:}", '{"a":}', "{{}:1}"]; // prettier-ignore
    for (const text of small) expect([text, await refusal(text, [])]).toEqual([text, expect.any(FormatError)]);
    expect(await refusal(" {} ".trim() + " \n\t\r", [])).toBe("read");
  });

  test("values nested a million deep: no stack overflows", async () => {
    expect(await refusal(`{"a":${"[".repeat(1e6)}${"]".repeat(1e6)}}`, [])).toBeInstanceOf(FormatError);
    expect(await refusal(`{"a":${'{"b":'.repeat(1e5)}1${"}".repeat(1e5)}}`, [])).toBeInstanceOf(FormatError);
  });

  test("an unknown name among thousands: a message of a line", async () => {
    const open = await openSafetensors(file(headerOf(), zeros));
    await expect(open.read("weights")).rejects.toMatchObject({
      code: "ERR_OPTION",
      expected: expect.stringMatching(/^one of .{0,300}… \(4000 in all\)$/) as unknown,
    });
  });
});
