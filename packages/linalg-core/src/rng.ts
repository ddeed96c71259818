/**
 * Random numbers: named substreams of one seed.
 *
 *   s  the seed as a string    stream  alea(length(s) + ":" + s + "/" + name), its first 8 outputs discarded
 *   k  one output, an integer in [0, 2^32)
 *
 * A name stands for one purpose, so a new draw somewhere shifts nothing elsewhere. The length in front keeps ("a/b", "c") and ("a", "b/c")
 * apart; alea's seed hash is weak, so that first outputs of neighbouring names collide more often than chance has it, and none after the
 * first. Everything here is + − * / and sqrt on float64: the same bits on every engine.
 * Source: J. Baagøe's Alea as in seedrandom; normals by AS 241 (Wichura 1988).
 */
// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- an ambient module has no other way in
/// <reference path="./seedrandom-alea.d.ts" />
import type seedrandom from "seedrandom";
import alea from "seedrandom/lib/alea.js";
import { OptionError } from "./errors.js";
import { normalQuantile } from "./math/normal-quantile.js";

/** A number and the string of its digits name the same stream: 42 and "42". */
export type Seed = string | number;

/** One substream. Each method says how many outputs of the stream it takes. */
export interface Rng {
  /** An integer in [0, 2^32). One output. */
  uint32(): number;
  /** In the open interval (0, 1), a multiple of 2^-33: its logarithm is finite. One output. */
  uniform(): number;
  /** In [0, 1) with 53 random bits, at times exactly 0. Two outputs. */
  double(): number;
  /** Standard normal, |z| ≤ 6.338: the inverse distribution function at `uniform()`. One output. */
  normal(): number;
  /** An integer in [0, bound), each with the same probability; bound in [1, 2^32]. One output, or more with probability below ½ each. */
  below(bound: number): number;
  /** 1 or −1. One output for each 32 signs, high bit first; other draws in between do not disturb the rest of the 32. */
  sign(): 1 | -1;
}

const TWO_32 = 2 ** 32;

/**
 * The substream of a seed that serves one purpose.
 *
 * Making one costs about as much as 330 draws: name it for a block of work, not for an entry.
 * @param seed a string or a finite number.
 * @param name "package/purpose[/index…]".
 * @returns an Rng at the beginning of its stream: same seed, same name, same numbers.
 * @throws OptionError when the seed is neither, or the name is no string or empty.
 * @complexity O(length of seed and name); O(1) a draw.
 * @source seedrandom's alea; Wichura 1988 for normals.
 * @example const rng = rngFor("0", "sketch/sampling"); rng.below(6) + 1;
 */
export function rngFor(seed: Seed, name: string): Rng {
  if (typeof name !== "string" || name === "") throw new OptionError("rngFor", "name", 'a name such as "package/purpose"', name);
  const stream = streamOf(normalizeSeed(seed, "rngFor"), name);

  let signs = 0;
  let signsLeft = 0;
  const uint32 = (): number => stream.int32() >>> 0;
  const uniform = (): number => (uint32() + 0.5) / TWO_32;
  return {
    uint32,
    uniform,
    double: () => stream.double(),
    normal: () => normalQuantile(uniform()),
    below(bound) {
      if (!(Number.isInteger(bound) && bound >= 1 && bound <= TWO_32)) {
        throw new OptionError("Rng.below", "bound", "an integer in [1, 2^32]", bound);
      }
      const limit = TWO_32 - (TWO_32 % bound); // beyond it the remainders would not be equally many
      let k = uint32();
      while (k >= limit) k = uint32();
      return k % bound;
    },
    sign() {
      if (signsLeft === 0) {
        signs = stream.int32();
        signsLeft = 32;
      }
      const sign = signs < 0 ? -1 : 1;
      signs <<= 1;
      signsLeft--;
      return sign;
    },
  };
}

function streamOf(seed: string, name: string): seedrandom.StatefulPRNG<seedrandom.State.Alea> {
  const stream = alea(`${seed.length}:${seed}/${name}`, { state: true });
  for (let i = 0; i < 8; i++) stream.int32();
  return stream;
}

/**
 * The state of `rngFor(seed, name)` at its beginning, for kernels that draw a block of numbers themselves.
 * @param seed a seed in its normal form.
 * @param name as in `rngFor`.
 * @returns s0, s1, s2 and the carry; the next output is s2 ← t − ⌊t⌋ with t = 2091639 s0 + carry 2^-32, the carry then ⌊t⌋.
 * @throws nothing.
 * @complexity O(length of seed and name).
 * @source seedrandom's alea.
 * @example const [s0, s1, s2, carry] = streamState("0", "sketch/gaussian/0/0");
 */
export function streamState(seed: string, name: string): readonly [number, number, number, number] {
  const { s0, s1, s2, c } = streamOf(seed, name).state();
  return [s0, s1, s2, c];
}

/**
 * The string that stands for a seed, as `diagnostics.seed` echoes it.
 * @param seed a string, taken as it is, or a finite number in its shortest decimal form; −0 is "0".
 * @param where the function on whose behalf, for the message.
 * @returns the string.
 * @throws OptionError when the seed is neither.
 * @complexity O(length).
 * @source Subquad's own convention.
 * @example normalizeSeed(42) // -> "42"
 */
export function normalizeSeed(seed: Seed, where = "normalizeSeed"): string {
  if (typeof seed === "string") return seed;
  if (!Number.isFinite(seed)) throw new OptionError(where, "seed", "a string or a finite number", seed);
  return String(seed);
}
