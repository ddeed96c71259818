/**
 * Matrix Market files, NIST's text format for one matrix: written.
 *
 *   CsrMatrix → coordinate, row after row      NdArray → array, column after column
 *
 * Source: the format description of NIST, restated in NOTES.md.
 */
import {
  asArray,
  assertInteger,
  assertKnownOptions,
  assertOneOf,
  csr,
  denseCopy,
  OptionError,
  ShapeError,
  type CsrMatrix,
  type MatrixInput,
} from "@subquad/linalg-core";

export interface WriteMatrixMarketOptions {
  /** What the matrix is, exactly; of the latter two the file holds one half. Default "general". */
  readonly symmetry?: "general" | "symmetric" | "skew-symmetric";
  /** Significant digits, at most. In [1, 17]. Default 17: every float64 is read back as it was. Shorter texts of the same number are preferred. */
  readonly precision?: number;
}

/**
 * Writes a matrix as Matrix Market text, its values as real numbers.
 *
 * For moving a sparse matrix to and from SciPy, MATLAB or Julia. Large dense matrices are smaller and faster as .npy.
 * @param A CsrMatrix, or shape [m, n] of any strides.
 * @param options see WriteMatrixMarketOptions.
 * @returns the text, ASCII, every line ended by a line feed.
 * @throws OptionError when A does not have the `symmetry` said, an entry rounded to `precision` is no float64 any more, or the text is longer than
 *   a string may be; ShapeError when A is no matrix.
 * @complexity O(nnz) or O(mn); memory: the text, twice.
 * @source the format description of NIST.
 * @example await writeFile("kernel.mtx", writeMatrixMarket(S, { symmetry: "symmetric" }));
 */
export function writeMatrixMarket(A: CsrMatrix | MatrixInput, options: WriteMatrixMarketOptions = {}): string {
  const where = "writeMatrixMarket";
  assertKnownOptions(where, options, ["symmetry", "precision"]);
  const { symmetry = "general", precision = 17 } = options;
  assertOneOf(where, { symmetry }, ["general", "symmetric", "skew-symmetric"]);
  assertInteger(where, { precision }, 1, 17);
  const isSparse = isCsr(A);
  const lines = [`%%MatrixMarket matrix ${isSparse ? "coordinate" : "array"} real ${symmetry}`];
  if (isSparse) coordinateLines(where, A, symmetry, precision, lines);
  else arrayLines(where, A, symmetry, precision, lines);
  lines.push("");
  try {
    return lines.join("\n");
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new OptionError(where, "A", "a matrix whose text fits into one string", `${lines.length} lines`);
  }
}

function isCsr(A: CsrMatrix | MatrixInput): A is CsrMatrix {
  const value: unknown = A;
  return typeof value === "object" && value !== null && "rowPointers" in value;
}

type Symmetry = NonNullable<WriteMatrixMarketOptions["symmetry"]>;

/** The size and the entries, row after row: all, those on and below the diagonal, or those below it. */
function coordinateLines(where: string, A: CsrMatrix, symmetry: Symmetry, precision: number, lines: string[]): void {
  const S = csr(A.shape, A.rowPointers, A.columns, A.values); // checked: a damaged matrix makes no file
  const { shape, rowPointers, columns, values } = S;
  const [m, n] = shape;
  if (symmetry !== "general") assertSparseSymmetry(where, S, symmetry);
  const sizes = lines.push("") - 1;
  for (let i = 0; i < m; i++) {
    const end = symmetry === "general" ? n : symmetry === "symmetric" ? i + 1 : i; // columns of the row that are written
    for (let p = rowPointers[i]!; p < rowPointers[i + 1]! && columns[p]! < end; p++) {
      lines.push(`${i + 1} ${columns[p]! + 1} ${textOf(where, values[p]!, precision)}`);
    }
  }
  lines[sizes] = `${m} ${n} ${lines.length - sizes - 1}`;
}

/** The size and the values, column after column: all, those on and below the diagonal, or those below it. */
function arrayLines(where: string, A: MatrixInput, symmetry: Symmetry, precision: number, lines: string[]): void {
  const dense = asArray(A, `${where}(A)`);
  if (dense.shape.length !== 2) throw new ShapeError(where, "A", "a matrix, shape [m, n]", dense.shape);
  const [m, n] = dense.shape as [number, number];
  const a = denseCopy(dense, "float64");
  lines.push(`${m} ${n}`);
  if (symmetry !== "general" && m !== n) throw asymmetric(where, symmetry, "a matrix that is not square");
  const sign = symmetry === "skew-symmetric" ? -1 : 1;
  for (let j = 0; j < n; j++) {
    for (let i = symmetry === "general" ? 0 : j; i < m; i++) {
      const same = symmetry === "general" || a[i * n + j] === sign * a[j * n + i]!;
      if (!same) throw asymmetric(where, symmetry, `the entries at (${i}, ${j}) and (${j}, ${i})`);
      if (sign > 0 || i > j) lines.push(textOf(where, a[i * n + j]!, precision));
    }
  }
}

/** S equals its transpose, or its negative; both have the columns of each row in ascending order. */
function assertSparseSymmetry(where: string, S: CsrMatrix, symmetry: Symmetry): void {
  const T = S.transpose();
  const sign = symmetry === "skew-symmetric" ? -1 : 1;
  if (S.shape[0] !== S.shape[1]) throw asymmetric(where, symmetry, "a matrix that is not square");
  for (let i = 0, p = 0; i < S.shape[0]; i++) {
    if (S.rowPointers[i + 1] !== T.rowPointers[i + 1]) throw asymmetric(where, symmetry, `row ${i} and column ${i}`);
    for (; p < S.rowPointers[i + 1]!; p++) {
      const j = S.columns[p]!;
      const same = j === T.columns[p] && S.values[p] === sign * T.values[p]!;
      if (!same) throw asymmetric(where, symmetry, `the entries at (${i}, ${j}) and (${j}, ${i})`);
    }
  }
}

function asymmetric(where: string, symmetry: Symmetry, difference: string): OptionError {
  return new OptionError(where, "symmetry", `"general" for ${difference}`, symmetry);
}

/** The shortest text of the number after rounding it to so many digits; 17 round nothing. */
function textOf(where: string, x: number, precision: number): string {
  if (Object.is(x, -0)) return "-0";
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x < 0 ? "-inf" : "inf";
  const rounded = precision === 17 ? x : Number(x.toPrecision(precision));
  if (!Number.isFinite(rounded)) throw new OptionError(where, "precision", `enough digits for ${x} to stay finite`, precision);
  return String(rounded);
}
