/**
 * Values in words, for error messages.  Source: Subquad's own convention.
 */

/**
 * A short, exact description of any value for an error message: −0, NaN and quotes are kept apart, long arrays are cut.
 * @param value anything.
 * @returns a phrase of bounded length.
 * @throws nothing.
 * @complexity O(1): at most 8 entries of an array are printed.
 * @source Subquad's own convention.
 * @example describeValue([2, 3]) // -> "[2, 3]"
 */
export function describeValue(value: unknown): string {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  if (ArrayBuffer.isView(value)) return `${kindOf(value)}(${"length" in value ? String(value.length) : String(value.byteLength)})`;
  if (!Array.isArray(value)) return `an object (${kindOf(value)})`;
  const entries = value.slice(0, 8).map((entry) => (Array.isArray(entry) ? `an array of ${entry.length}` : describeValue(entry)));
  return `[${entries.join(", ")}${value.length > 8 ? `, … ${value.length} entries` : ""}]`;
}

function kindOf(value: object): string {
  const { constructor } = value as { readonly constructor?: unknown };
  return typeof constructor === "function" && constructor.name !== "" ? constructor.name : "no prototype";
}
