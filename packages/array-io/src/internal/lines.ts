/**
 * A text file line by line, in pieces of 1 MiB, giving the event loop its turns.
 */
import { breather } from "./breath.js";
import type { OpenSource } from "./byte-source.js";

const CHUNK = 2 ** 20; // bytes of a read, and the longest line
const LINES = 4096; // between two looks at the clock

/**
 * Calls `visit` with every line, without its end, and its number from 1; lines end in LF or CR LF. `tooLong` is called with the number of a
 * line that is longer than a piece. Bytes become characters one to one: nothing outside ASCII means anything in the formats read here.
 */
export async function eachLine(
  file: OpenSource,
  visit: (line: string, number: number) => void,
  tooLong: (number: number) => never,
  signal?: AbortSignal,
): Promise<void> {
  const breathe = breather(signal);
  const decoder = new TextDecoder("latin1");
  let rest = "";
  let number = 0;
  for (let at = 0; at < file.size; at += CHUNK) {
    const text = rest + decoder.decode(await file.read(at, Math.min(CHUNK, file.size - at), signal));
    let begin = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", begin)) {
      visit(text.slice(begin, end), ++number);
      begin = end + 1;
      if (number % LINES === 0) await breathe();
    }
    rest = text.slice(begin);
    if (rest.length > CHUNK) tooLong(number + 1);
  }
  if (rest !== "") visit(rest, number + 1);
}
