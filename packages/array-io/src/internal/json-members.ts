/**
 * A large JSON object, some members at a time, so that the event loop gets its turns: JSON.parse alone holds it for all of the text.
 *
 *   text   { "key": value, … }   in UTF-8
 *   piece  members between two commas of the outer object, 64 KiB and the rest of a member, parsed as the list [ "key", value, … ]:
 *          of an object with so many different keys, JSON.parse would make a table, which takes longer
 *
 * Only quotes, brackets, commas and colons are looked for here; whether a piece is JSON, JSON.parse says. It keeps the last of two equal keys
 * and says nothing: therefore the colons within the values are counted, one a key, and the keys of what it gives.
 */

/** Raises the error of the format that the text is part of. */
type Refuse = (expected: string, got: unknown) => never;

const PIECE = 2 ** 16; // bytes: about a millisecond
const [QUOTE, BACKSLASH, COMMA, COLON, OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [0x22, 0x5c, 0x2c, 0x3a, 0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Pieces, each a list of keys and values in turn; keys within values stand once, those of the outer object are for the caller to compare.
 * The first byte is known to be "{"; the bytes are changed.
 */
export function* jsonMembers(bytes: Uint8Array, refuse: Refuse): Generator<readonly unknown[], void, void> {
  let begin = 1;
  let colons = 0; // within values
  let isKey = true; // of the outer object: a key stands here, or nothing at all
  let depth = 1;
  let at = 1;
  for (; at < bytes.length && depth > 0; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) at = endOfString(bytes, at);
    else if (byte === OPEN || byte === OPEN_LIST) depth++;
    else if (byte === CLOSE || byte === CLOSE_LIST) depth--;
    else if (byte === COLON && depth > 1) colons++;
    else if ((byte === COLON || byte === COMMA) && depth === 1) {
      if (isKey !== (byte === COLON)) refuse("a header in JSON", `"${String.fromCharCode(byte)}" behind a ${isKey ? "key" : "value"}`);
      isKey = !isKey;
      if (byte === COLON) bytes[at] = COMMA;
      else if (at - begin >= PIECE) {
        yield membersOf(bytes.subarray(begin, at), colons, refuse);
        begin = at + 1;
        colons = 0;
      }
    }
  }
  if (depth > 0) refuse("a header in JSON", "no end of the object");
  if (bytes[at - 1] !== CLOSE) refuse("a header in JSON", "] in place of }");
  if (!isBlank(bytes.subarray(at))) refuse("a header in JSON", "more after the object");
  const rest = bytes.subarray(begin, at - 1);
  const last = membersOf(rest, colons, refuse);
  if (isKey && !(begin === 1 && last.length === 0)) refuse("a header in JSON", "no value at the end");
  yield last;
}

/** The keys and values in these bytes, a comma between any two. */
function membersOf(bytes: Uint8Array, colons: number, refuse: Refuse): readonly unknown[] {
  const text = `[${textOf(bytes, refuse)}]`;
  const members = listOf(text, refuse);
  for (let i = 0; i < members.length; i += 2) {
    if (typeof members[i] !== "string") refuse("a header in JSON", `${JSON.stringify(members[i])} in place of a key`);
  }
  if (keysIn(members) < colons) refuse("every key once", `${JSON.stringify(duplicateKey(text))} twice`);
  return members;
}

function textOf(bytes: Uint8Array, refuse: Refuse): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse("a header in UTF-8", "other bytes");
  }
}

function listOf(text: string, refuse: Refuse): readonly unknown[] {
  try {
    return JSON.parse(text) as unknown[];
  } catch (error) {
    return refuse("a header in JSON", (error as Error).message);
  }
}

/** Keys of a JSON value and of all within it; by a list of what is still to count, for values may be nested deeper than calls. */
function keysIn(value: unknown): number {
  const left = [value];
  let count = 0;
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next !== "object" || next === null) continue;
    const inside: readonly unknown[] = Array.isArray(next) ? next : Object.values(next);
    if (inside !== next) count += inside.length;
    for (const part of inside) if (typeof part === "object") left.push(part);
  }
  return count;
}

/** The first key that stands twice in one object of valid JSON text; by a loop, since a regular expression overflows its stack on long texts. */
function duplicateKey(text: string): string | undefined {
  const bytes = new TextEncoder().encode(text);
  const open: Set<string>[] = [];
  let last = ""; // string: a key, if a colon follows
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === OPEN) open.push(new Set());
    else if (byte === CLOSE) open.pop();
    else if (byte === QUOTE) {
      const start = i;
      i = endOfString(bytes, start);
      last = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(start, i + 1));
    } else if (byte === COLON) {
      const key = JSON.parse(last) as string;
      if (open.at(-1)!.has(key)) return key;
      open.at(-1)!.add(key);
    }
  }
  return undefined;
}

/** Position of the quote that ends the string that begins at `start`, or the last byte. */
function endOfString(bytes: Uint8Array, start: number): number {
  let i = start + 1;
  while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return Math.min(i, bytes.length - 1);
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d);
}
