import type { Certificate, CsrMatrix, NdArray } from "@subquad/linalg-core";
import { expectTypeOf, test } from "vitest";
import {
  decodeFrequentDirections,
  frequentDirections,
  type FrequentDirections,
  type FrequentDirectionsValue,
} from "../src/frequent-directions.js";

declare const rows: NdArray;
declare const sparse: CsrMatrix;

test("a sketch and its methods", () => {
  const sketch = frequentDirections(10, { sketchRows: 3 });
  expectTypeOf(sketch).toEqualTypeOf<FrequentDirections>();
  expectTypeOf(sketch.update).toBeCallableWith(rows);
  expectTypeOf(sketch.update).toBeCallableWith(sparse);
  expectTypeOf(sketch.merge).toBeCallableWith(sketch);
  expectTypeOf(sketch.value()).toEqualTypeOf<FrequentDirectionsValue>();
  expectTypeOf(sketch.value().certificate).toEqualTypeOf<Certificate>();
  expectTypeOf(decodeFrequentDirections(sketch.encode())).toEqualTypeOf<FrequentDirections>();
  // @ts-expect-error the width is fixed
  sketch.width = 3;
  // @ts-expect-error a width is a number
  frequentDirections("3");
});
