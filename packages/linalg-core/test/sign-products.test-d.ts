import { expectTypeOf, test } from "vitest";
import type { MatrixInput, NdArray } from "../src/array/types.js";
import { packSigns, type PackedSigns } from "../src/bits/pack-signs.js";
import { signProducts, signProductsAsync, type SignProductsOptions } from "../src/bits/sign-products.js";

test("operands, options and result", () => {
  expectTypeOf<Parameters<typeof packSigns>>().toEqualTypeOf<[X: MatrixInput]>();
  expectTypeOf(packSigns).returns.toEqualTypeOf<PackedSigns>();
  expectTypeOf<PackedSigns["bits"]>().toEqualTypeOf<Uint32Array>();
  expectTypeOf<Parameters<typeof signProducts>>().toEqualTypeOf<
    [P: PackedSigns, Q: PackedSigns, options?: SignProductsOptions | undefined]
  >();
  expectTypeOf(signProducts).returns.toEqualTypeOf<NdArray>();
  expectTypeOf(signProductsAsync).returns.toEqualTypeOf<Promise<NdArray>>();
  const P = packSigns([[1, -1]]);
  void signProductsAsync(P, P, { threads: 2 });
  // @ts-expect-error the synchronous form has no threads
  signProducts(P, P, { threads: 2 });
  // @ts-expect-error signs must be packed
  signProducts([[1, -1]], P);
});
