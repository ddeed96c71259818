/**
 * CRC-32 of ZIP: the remainder of the bytes by x³² + x²⁶ + x²³ + x²² + x¹⁶ + x¹² + x¹¹ + x¹⁰ + x⁸ + x⁷ + x⁵ + x⁴ + x² + x + 1, bits reversed.
 *
 *   TABLE[256 k + b]   what byte b does to the remainder when k more bytes follow it; four bytes a step
 */

const POLYNOMIAL = 0xedb88320; // the lower 32 coefficients, the highest power in the lowest bit

let TABLE: Int32Array | undefined; // built once, the same in every copy of this module

/** The checksum of bytes that follow others, whose checksum is `before` (0 for none). */
export function crc32(bytes: Uint8Array, before = 0): number {
  const table = (TABLE ??= buildTable());
  const whole = bytes.length - (bytes.length % 4);
  let crc = ~before;
  let i = 0;
  for (; i < whole; i += 4) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc = table[768 + (crc & 255)]! ^ table[512 + ((crc >>> 8) & 255)]! ^ table[256 + ((crc >>> 16) & 255)]! ^ table[crc >>> 24]!;
  }
  for (; i < bytes.length; i++) crc = table[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

function buildTable(): Int32Array {
  const table = new Int32Array(1024);
  for (let b = 0; b < 256; b++) {
    let crc = b;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    table[b] = crc;
  }
  for (let p = 256; p < 1024; p++) table[p] = table[table[p - 256]! & 255]! ^ (table[p - 256]! >>> 8);
  return table;
}
