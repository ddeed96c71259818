import { expectTypeOf, test } from "vitest";
import type { Certificate } from "../src/certificate.js";
import { conditionBound } from "../src/dense/condition-bound.js";
import { conditionEstimate } from "../src/dense/condition.js";
import { lu } from "../src/dense/lu.js";

test("conditionEstimate and conditionBound", () => {
  const { estimate, certificate } = conditionEstimate([[1]], { norm: 1 });
  expectTypeOf(estimate).toEqualTypeOf<number>();
  expectTypeOf(certificate).toEqualTypeOf<Certificate>();
  conditionEstimate(lu([[1]]));
  expectTypeOf(conditionBound).returns.toEqualTypeOf<number>();
  // @ts-expect-error the 1-norm alone
  conditionEstimate([[1]], { norm: 2 });
});
