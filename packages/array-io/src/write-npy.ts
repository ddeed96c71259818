/**
 * .npy files, NumPy's format for one array: written, header and elements as NumPy itself writes them.
 *
 *   file = magic · version · header (a Python dict: descr, fortran_order, shape) · elements, row-major or column-major
 *
 * Source: NumPy's description of the format, restated in NOTES.md.
 */
import { assertKnownOptions, assertOneOf, type ArrayInput } from "@subquad/linalg-core";
import { allocate } from "./internal/byte-source.js";
import { npyLayout } from "./internal/npy-layout.js";
import { npyTypes, type NpyDType } from "./internal/npy-types.js";

export interface WriteNpyOptions {
  /** Element type in the file, by NumPy's name. Default: that of the data (Float32Array float32, Uint8Array uint8, …), else float64. */
  readonly dtype?: NpyDType;
  /** Which index varies fastest in the file: the last ("row") or the first ("column", NumPy's fortran_order). Default "row". */
  readonly order?: "row" | "column";
}

/**
 * Writes an array as a .npy file.
 *
 * `np.load` reads it, and so does anything that reads NumPy's files. Elements of the default type go bit for bit, NaN payloads included.
 * @param A any shape, any strides; typed arrays and nested lists too.
 * @param options see WriteNpyOptions.
 * @returns the bytes of the file, of version 1.0 (2.0 for thousands of axes); the same array gives the same bytes.
 * @throws ShapeError when A is no array; OptionError for another type or order, or when `dtype` does not hold an element: integers and booleans
 *   must be exact, and finite numbers stay finite.
 * @complexity O(bytes); memory: the file, and one float64 copy where `dtype` converts.
 * @source NumPy's description of the format.
 * @example await writeFile("scores.npy", writeNpy(scores, { dtype: "float16" }));
 */
export function writeNpy(A: ArrayInput, options: WriteNpyOptions = {}): Uint8Array<ArrayBuffer> {
  const where = "writeNpy";
  assertKnownOptions(where, options, ["dtype", "order"]);
  const { dtype, order = "row" } = options;
  if (dtype !== undefined) assertOneOf(where, { dtype }, npyTypes);
  assertOneOf(where, { order }, ["row", "column"]);
  const layout = npyLayout(A, `${where}(A)`, dtype, order === "column");
  const file = allocate(where, layout.length);
  layout.writeInto(file, 0);
  return file;
}
