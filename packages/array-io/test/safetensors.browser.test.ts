import { expect, test } from "vitest";
import { openSafetensors, writeSafetensors } from "../src/index.js";

test("a File in a page; a path is refused with what to pass instead", async () => {
  const file = new File([writeSafetensors({ x: [1, 2, 3] })], "x.safetensors");
  expect((await (await openSafetensors(file)).read("x")).data).toEqual(Float64Array.of(1, 2, 3));
  await expect(openSafetensors("x.safetensors")).rejects.toMatchObject({ code: "ERR_OPTION", got: "x.safetensors" });
});
