/**
 * Range checks of options, written so that NaN, null, undefined and strings fail: `typeof v === "number" && v >= low`.
 *
 *   where    the public function, as the caller wrote it
 *   entries  { name: value, … }, one or several options under the same rule
 *
 * Keys are walked, not entries: a list of pairs for each check would be a tenth of a microsecond of a small call.
 * Source: Subquad's own convention.
 */
import { describeValue } from "./describe.js";
import { OptionError } from "./errors.js";

/** Options under one rule: the name is what the message says. */
export type NamedValues = Readonly<Record<string, unknown>>;

/**
 * Every value is a number in [low, high]; an open end excludes that end.
 * @param where the public function, for the message.
 * @param entries { name: value, … }.
 * @param low the least value allowed; −Infinity for none.
 * @param high the greatest value allowed; Infinity for none (Infinity itself passes unless `openHigh`).
 * @param ends which ends are excluded.
 * @param ends.openLow excludes `low`. Default false.
 * @param ends.openHigh excludes `high`. Default false.
 * @throws OptionError naming the option, the interval and the value.
 * @complexity O(1) an option.
 * @source Subquad's own convention.
 * @example assertInRange("leastSquares", { tolerance }, 1e-14, 1);
 */
export function assertInRange(
  where: string,
  entries: NamedValues,
  low: number,
  high: number,
  { openLow = false, openHigh = false }: { readonly openLow?: boolean; readonly openHigh?: boolean } = {},
): void {
  for (const name of Object.keys(entries)) {
    const value = entries[name];
    const inside = typeof value === "number" && (openLow ? value > low : value >= low) && (openHigh ? value < high : value <= high);
    if (!inside) throw new OptionError(where, name, `a number in ${openLow ? "(" : "["}${low}, ${high}${openHigh ? ")" : "]"}`, value);
  }
}

/**
 * Every value is an integer in [low, high].
 * @param where the public function, for the message.
 * @param entries { name: value, … }.
 * @param low the least integer allowed.
 * @param high the greatest integer allowed; Infinity stands for 2^53 − 1, past which integers are not told apart.
 * @throws OptionError naming the option, the interval and the value.
 * @complexity O(1) an option.
 * @source Subquad's own convention.
 * @example assertInteger("psdLowRank", { rank }, 1, n);
 */
export function assertInteger(where: string, entries: NamedValues, low: number, high: number): void {
  for (const name of Object.keys(entries)) {
    const value = entries[name];
    const inside = typeof value === "number" && Number.isSafeInteger(value) && value >= low && value <= high;
    if (!inside) throw new OptionError(where, name, `an integer in [${low}, ${high}]`, value);
  }
}

/**
 * Every value is one of those allowed.
 * @param where the public function, for the message.
 * @param entries { name: value, … }.
 * @param allowed the values, compared by ===.
 * @throws OptionError naming the option, the list and the value.
 * @complexity O(|allowed|) an option.
 * @source Subquad's own convention.
 * @example assertOneOf("zeros", { dtype }, ["float64", "float32"]);
 */
export function assertOneOf(where: string, entries: NamedValues, allowed: readonly unknown[]): void {
  for (const [name, value] of Object.entries(entries)) {
    if (!allowed.includes(value)) throw new OptionError(where, name, `one of ${allowed.map(describeValue).join(", ")}`, value);
  }
}

/**
 * Every value is true or false, not merely truthy.
 * @param where the public function, for the message.
 * @param entries { name: value, … }.
 * @throws OptionError naming the option and the value.
 * @complexity O(1) an option.
 * @source Subquad's own convention.
 * @example assertBoolean("configure", { deterministic });
 */
export function assertBoolean(where: string, entries: NamedValues): void {
  for (const name of Object.keys(entries)) {
    const value = entries[name];
    if (typeof value !== "boolean") throw new OptionError(where, name, "true or false", value);
  }
}

/**
 * The options object holds no name but these: a misspelt option must not silently not matter.
 *
 * A name whose value is undefined counts as absent, as it does for a destructuring default. The names of RunControl (signal, onProgress,
 * threads) belong in the list of asynchronous functions only, so that a Sync twin refuses them.
 * @param where the public function, for the message.
 * @param options what the caller passed.
 * @param known the names the function reads.
 * @throws OptionError naming the unknown option and listing the known ones, or saying that the options are not an object.
 * @complexity O(number of options × |known|).
 * @source Subquad's own convention.
 * @example assertKnownOptions("zeros", options, ["dtype"]);
 */
export function assertKnownOptions(where: string, options: unknown, known: readonly string[]): void {
  // a signal, a Map or a promise in the place of options holds no names that could be checked
  if (Object.prototype.toString.call(options) !== "[object Object]") throw new OptionError(where, "options", "an object", options);
  const given = options as NamedValues;
  for (const name of Object.keys(given)) {
    const value = given[name];
    if (value === undefined || known.includes(name)) continue;
    throw new OptionError(where, name, known.length === 0 ? "no options" : `only the options ${known.join(", ")}`, value);
  }
}
