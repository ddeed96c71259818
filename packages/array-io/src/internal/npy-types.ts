/**
 * The element types of .npy files: NumPy's names, what stands under `descr`, and the element type of this package.
 *
 *   descr = byte order ("<" low byte first, ">" high byte first, "|" single bytes) · kind · bytes of one element
 */

const rows = [
  ["float64", "<f8", "F64"],
  ["float32", "<f4", "F32"],
  ["float16", "<f2", "F16"],
  ["int64", "<i8", "I64"],
  ["uint64", "<u8", "U64"],
  ["int32", "<i4", "I32"],
  ["uint32", "<u4", "U32"],
  ["int16", "<i2", "I16"],
  ["uint16", "<u2", "U16"],
  ["int8", "|i1", "I8"],
  ["uint8", "|u1", "U8"],
  ["bool", "|b1", "BOOL"],
] as const;

/** The types that `writeNpy` writes, by NumPy's names. */
export type NpyDType = (typeof rows)[number][0];

export const npyTypes: readonly NpyDType[] = rows.map(([name]) => name);

/** The element type that `descr` names, and whether its bytes must be swapped; undefined for one that is not read here. */
export function typeOfDescr(descr: string): { readonly type: string; readonly swapped: boolean } | undefined {
  const kind = descr.slice(1);
  const row = rows.find(([, known]) => known.slice(1) === kind);
  const single = kind.endsWith("1");
  if (!row || !(single ? "<>|" : "<>").includes(descr.charAt(0)) || descr === kind) return undefined;
  return { type: row[2], swapped: !single && descr.startsWith(">") };
}

/** `descr` and element type of a NumPy name. */
export function typeOfName(name: NpyDType): { readonly descr: string; readonly type: string } {
  const [, descr, type] = rows.find(([known]) => known === name)!;
  return { descr, type };
}

/** `descr` of an element type that an array in memory has. */
export function descrOfType(type: string): string {
  return rows.find(([, , known]) => known === type)![1];
}
