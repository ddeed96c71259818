import { expectTypeOf, test } from "vitest";
import { matrixOracle, type PsdOracle } from "../src/psd-oracle.js";

test("an oracle is a plain object", () => {
  expectTypeOf(matrixOracle([[1]], { relativeError: 1e-6, positiveSemidefinite: true })).toEqualTypeOf<PsdOracle>();
  expectTypeOf<{
    size: number;
    diagonal: (out: Float64Array) => void;
    block: (firstRow: number, endRow: number, columns: Int32Array, out: Float64Array) => void;
  }>().toExtend<PsdOracle>();
  expectTypeOf<PsdOracle["positiveSemidefinite"]>().toEqualTypeOf<boolean | undefined>();
  // @ts-expect-error size alone is no oracle
  const none: PsdOracle = { size: 2 };
  expectTypeOf(none).toEqualTypeOf<PsdOracle>();
});
