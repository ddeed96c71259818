import { expectTypeOf, test } from "vitest";
import { planMatmul, type DType, type MatmulPlan, type Plan } from "../src/index.js";

test("plans", () => {
  expectTypeOf<MatmulPlan>().toExtend<Plan>();
  expectTypeOf(planMatmul(1, 2, 3)).toEqualTypeOf<MatmulPlan>();
  expectTypeOf<MatmulPlan["method"]>().toEqualTypeOf<"small" | "packed" | "empty">();
  expectTypeOf<MatmulPlan["dtype"]>().toEqualTypeOf<DType>();
  planMatmul(1, 2, 3, { dtype: "float32", threads: "auto" });
  // @ts-expect-error: no such dtype
  planMatmul(1, 2, 3, { dtype: "int32" });
  // @ts-expect-error: three lengths
  planMatmul(1, 2);
});
