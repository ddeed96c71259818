/**
 * The seed among the options of a function.
 *
 * Source: Subquad's own convention.
 */
import { normalizeSeed, type Seed } from "@subquad/linalg-core";

/** Its normal form; "0" where none was given. */
export function seedFrom(where: string, seed: Seed = "0"): string {
  return normalizeSeed(seed, where);
}
