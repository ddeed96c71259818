import type { Plan } from "@subquad/linalg-core";
import { expectTypeOf, test } from "vitest";
import type { Family } from "../src/distributions.js";
import { johnsonLindenstraussDim, planEmbedding, type EmbeddingPlan } from "../src/embedding-plan.js";

test("a plan says none where a sketch does not pay", () => {
  expectTypeOf(planEmbedding(10, { rule: "theorem", family: "srht", n: 100 })).toEqualTypeOf<EmbeddingPlan>();
  expectTypeOf<EmbeddingPlan>().toExtend<Plan>();
  expectTypeOf<EmbeddingPlan["method"]>().toEqualTypeOf<Family | "none">();
  expectTypeOf(johnsonLindenstraussDim(10, { epsilon: 0.2 })).toEqualTypeOf<number>();
  // @ts-expect-error no such rule
  planEmbedding(10, { rule: "best" });
});
