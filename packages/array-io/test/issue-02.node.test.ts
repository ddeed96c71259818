import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { openSafetensors, writeSafetensors } from "../src/index.js";

test("issue-02: typed arrays of another realm keep their type", async () => {
  for (const kind of ["Float64Array", "Float32Array", "Int32Array", "Uint8Array", "Int16Array"]) {
    const a = runInNewContext(`${kind}.of(1, 2, 3, 4)`) as Float64Array;
    const b = { data: a, shape: [2, 2], stride: [1, 2], offset: 0 };
    const file = await openSafetensors(writeSafetensors({ a, b }));
    expect(file.info("a").byteLength).toBe(a.byteLength);
    expect([...(await file.read("a")).data]).toEqual([1, 2, 3, 4]);
    expect([...(await file.read("b")).data]).toEqual([1, 3, 2, 4]);
  }
});
