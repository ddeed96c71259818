/**
 * Named random streams, as every package of the project uses them: linalg-core owns them, sketch owns no randomness of its own.
 *
 * Source: Subquad's own convention.
 */
export { normalizeSeed, rngFor, type Rng, type Seed } from "@subquad/linalg-core";
