/**
 * The one literal that a .npy header is:
 *
 *   header = "{" [ entry { "," entry } [ "," ] ] "}"        entry = 'descr' ":" string | 'fortran_order' ":" ("True" | "False") | 'shape' ":" tuple
 *   tuple  = "(" ")" | "(" length "," [ length { "," length } [ "," ] ] ")"        length = digits, "L" after them where Python 2 wrote the file
 *
 * Every key stands once, in any order; white space may stand between any two symbols.
 */
import type { Refuse } from "./refuse.js";

interface Found<T> {
  readonly value: T;
  /** Byte of the file. */
  readonly offset: number;
}

export interface ScannedHeader {
  readonly descr: Found<string>;
  readonly fortranOrder: boolean;
  readonly shape: Found<readonly number[]>;
}

const KEYS = ["descr", "fortran_order", "shape"];
const EXPECTED = `a header with ${KEYS.join(", ")}, each once`;

/** Reads the header's text, whose first character is byte `base` of the file. */
export function scanHeader(text: string, base: number, refuse: Refuse): ScannedHeader {
  let at = 0;
  let descr: Found<string> | undefined;
  let fortranOrder: boolean | undefined;
  let shape: Found<readonly number[]> | undefined;

  take("{", "a header that is a Python dict");
  while (!next("}")) {
    const key = string("a key in quotes");
    take(":", `":" after ${JSON.stringify(key.value)}`);
    skip();
    const offset = base + at;
    if (key.value === "descr" && !descr) {
      if (text[at] === "[" || text[at] === "(") refuse("a dtype of floats, integers or booleans", "unsupported structured dtype", offset);
      descr = string("a dtype in quotes");
    } else if (key.value === "fortran_order" && fortranOrder === undefined) fortranOrder = truth();
    else if (key.value === "shape" && !shape) shape = { value: tuple(), offset };
    else refuse(EXPECTED, JSON.stringify(key.value), key.offset);
    if (!next(",")) {
      take("}", '"," or "}"');
      break;
    }
  }
  skip();
  if (at < text.length) refuse("nothing behind the dict", found(), base + at);
  if (!descr || fortranOrder === undefined || !shape) {
    const missing = [!descr, fortranOrder === undefined, !shape].indexOf(true);
    return refuse(EXPECTED, `no ${KEYS[missing]!}`, base);
  }
  return { descr, fortranOrder, shape };

  function skip(): void {
    while (at < text.length && " \t\n\f\r".includes(text[at]!)) at++;
  }
  function next(symbol: string): boolean {
    skip();
    if (text[at] !== symbol) return false;
    at++;
    return true;
  }
  function take(symbol: string, expected: string): void {
    if (!next(symbol)) refuse(expected, found(), base + at);
  }
  function found(): string {
    return at < text.length ? JSON.stringify(text.slice(at, at + 12)) : "the end of the header";
  }
  /** Without escapes: no key and no dtype has any. */
  function string(expected: string): Found<string> {
    skip();
    const quote = text[at];
    const end = quote === "'" || quote === '"' ? text.indexOf(quote, at + 1) : -1;
    if (end < 0) return refuse(expected, found(), base + at);
    const result = { value: text.slice(at + 1, end), offset: base + at };
    at = end + 1;
    return result;
  }
  function truth(): boolean {
    const word = /^\w*/.exec(text.slice(at, at + 8))![0];
    if (word !== "True" && word !== "False") return refuse("fortran_order True or False", found(), base + at);
    at += word.length;
    return word === "True";
  }
  function tuple(): number[] {
    take("(", "a shape in parentheses");
    const lengths: number[] = [];
    while (!next(")")) {
      lengths.push(length());
      const comma = next(",");
      if (!comma && lengths.length === 1) refuse('"," after a single length', found(), base + at); // (3) is a number in Python
      if (!comma) {
        take(")", '"," or ")"');
        break;
      }
    }
    return lengths;
  }
  function length(): number {
    skip();
    const start = at;
    while (at < text.length && text[at]! >= "0" && text[at]! <= "9") at++;
    const digits = text.slice(start, at);
    const value = Number(digits);
    if (digits === "" || (digits.length > 1 && digits.startsWith("0")) || !Number.isSafeInteger(value)) {
      at = start;
      refuse("a length: an integer in [0, 2^53)", found(), base + start);
    }
    if (text[at] === "L") at++;
    return value;
  }
}
