/** Groups of kernels that come into use one after another, on the calling thread and on a pool that is already up. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { packSigns } from "../../src/bits/pack-signs.js";
import { signProducts, signProductsAsync } from "../../src/bits/sign-products.js";
import { luAsync, lu } from "../../src/dense/lu.js";
import { backend, configure, ready } from "../../src/runtime/environment.js";
import { loaded } from "../../src/runtime/runtime.js";
import { shared } from "../../src/runtime/shared.js";
import { bits, forgetRuntime, numbers, squareBits, squareBitsAsync } from "./support.js";

const SIZE = 400;
beforeEach(forgetRuntime);
afterEach(forgetRuntime);

/** Rows enough for a job on the pool. */
const signs = (): ReturnType<typeof packSigns> => packSigns(numbers(3000, 512));
const luBits = (): string => bits(lu(numbers(SIZE, SIZE)).U.data);

test("a group is instantiated when one of its kernels is first wanted", () => {
  squareBits(8);
  const names = (): number => loaded().kernels.filter((group) => group !== undefined).length;
  expect(names()).toBe(1);
  luBits();
  expect(names()).toBe(2);
  luBits();
  expect(names()).toBe(2);
});

test("a pool that is up learns each new group, with the same bits, and takes later workers in", async () => {
  const expected = { square: squareBits(SIZE), lu: luBits(), signs: bits(signProducts(signs(), signs()).data) };
  await forgetRuntime();
  configure({ threads: 2 });
  await ready();
  const { pool } = shared();
  if (backend().threads > 1) expect(pool?.size()).toBe(2);
  expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected.square);
  expect(bits((await luAsync(numbers(SIZE, SIZE), { threads: 2 })).U.data)).toBe(expected.lu);
  expect(bits((await signProductsAsync(signs(), signs(), { threads: 3 })).data)).toBe(expected.signs);
  expect(await squareBitsAsync(SIZE, { threads: 3 })).toBe(expected.square);
  expect(shared().pool).toBe(pool);
  expect(pool?.isBehind() ?? false).toBe(false);
  expect(pool?.size() ?? 3).toBe(3);
});
