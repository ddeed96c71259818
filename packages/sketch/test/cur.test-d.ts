import type { CsrMatrix, NdArray } from "@subquad/linalg-core";
import { expectTypeOf, test } from "vitest";
import { cur, curSync, type CurDecomposition, type CurOptions } from "../src/cur.js";

declare const A: NdArray | CsrMatrix;

test("sync and async", () => {
  expectTypeOf(cur(A, { rank: 3 })).toEqualTypeOf<Promise<CurDecomposition>>();
  expectTypeOf(curSync(A, { rank: 3, pick: "leverage" })).toEqualTypeOf<CurDecomposition>();
  // @ts-expect-error no such pick
  curSync(A, { pick: "best" });
});

test("options and result", () => {
  expectTypeOf<CurOptions["pick"]>().toEqualTypeOf<"pivoted" | "leverage" | undefined>();
  expectTypeOf<CurDecomposition["columns"]>().toEqualTypeOf<Int32Array>();
  expectTypeOf<CurDecomposition["rows"]>().toEqualTypeOf<Int32Array>();
  expectTypeOf<CurDecomposition["core"]>().toEqualTypeOf<NdArray>();
});
