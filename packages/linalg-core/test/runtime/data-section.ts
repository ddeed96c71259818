/**
 * Where the static data of a WebAssembly binary ends, read from its data section.
 */

const DATA_SECTION = 11;
const I32_CONST = 0x41;
const END = 0x0b;

/** The first address behind all segments; throws where one has no address of its own. */
export function dataEnd(binary: Uint8Array): number {
  let at = 8; // after the magic word and the version
  const leb = (): number => {
    let value = 0;
    for (let weight = 1; ; weight *= 128) {
      const byte = binary[at++]!;
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) return value;
    }
  };
  let last = 0;
  while (at < binary.length) {
    const section = binary[at++];
    const size = leb();
    const end = at + size;
    for (let left = section === DATA_SECTION ? leb() : 0; left > 0; left--) {
      const flag = leb();
      if (flag === 1) throw new Error("a passive segment has no address");
      if (flag === 2) leb(); // the memory
      if (binary[at++] !== I32_CONST) throw new Error("an address that is no constant");
      const address = leb(); // below 2^30, as a signed number likewise
      if (binary[at++] !== END) throw new Error("an address that is no constant");
      const length = leb();
      at += length;
      last = Math.max(last, address + length);
    }
    at = end;
  }
  return last;
}
