/**
 * Linear operators: matrices known by their products alone, and the one checked form in which iterative algorithms see every operand.
 *
 *   A  m × n, dense, sparse or an operator      x  n      y  m      y ← A x, x ← Aᵀ y, both float64
 *
 * Source: Subquad's own convention.
 */
import { denseCopy } from "./array/cast.js";
import { assertFinite } from "./array/check.js";
import { asArray } from "./array/convert.js";
import { indicesOf } from "./array/layout.js";
import { asMatrix } from "./array/operands.js";
import type { MatrixInput, NdArray } from "./array/types.js";
import { view } from "./array/view.js";
import { NonFiniteError, OptionError, ShapeError, splitSite } from "./errors.js";
import { addRows, rowDots } from "./kernels/js/gemv.js";
import { rest, twoForms, type RunControl, type Steps } from "./runtime/steps.js";
import { isCsr } from "./sparse/csr.js";
import { multiplyCsr } from "./sparse/plain-products.js";
import { asCsr, assertCsrFinite, firstNonFinite, type CsrMatrix } from "./sparse/structure.js";

/** A matrix that is known by its products. It must be linear, and give the same product for the same vector. */
export interface LinearOperator {
  readonly shape: readonly [number, number];
  /** A x, shape [m], of a float64 x of shape [n]. */
  apply(x: NdArray): NdArray;
  /** Aᵀ y, shape [n], of a float64 y of shape [m]. */
  applyTranspose?(y: NdArray): NdArray;
  /** What asynchronous functions call instead of `apply`; the same bits. */
  applyAsync?(x: NdArray, control: RunControl): Promise<NdArray>;
}

/** A matrix, dense or sparse, or an operator. */
export type Operand = MatrixInput | CsrMatrix | LinearOperator;

/** Any operand of an iterative algorithm, checked: products of float64 vectors, y and x being overwritten. */
export interface CheckedOperator {
  readonly shape: readonly [number, number];
  /** Whether multiplyTranspose can be had: always, but of an operator without `applyTranspose`. */
  readonly hasTranspose: boolean;
  /** y ← A x. */
  multiply(x: Float64Array, y: Float64Array): void;
  /** x ← Aᵀ y. OptionError of an operator without `applyTranspose`. */
  multiplyTranspose(y: Float64Array, x: Float64Array): void;
  /** y ← A x; driven by `runAsync`, through `applyAsync` where there is one. */
  multiplySteps(x: Float64Array, y: Float64Array): Steps<void>;
}

/** What a product that is not finite is, of a matrix that is. */
export const OVERFLOW = "product overflows float64";

/** Whether a value is known by its products: a shape, and a function `apply`. */
export function isLinearOperator(value: unknown): value is LinearOperator {
  if (typeof value !== "object" || value === null) return false;
  const { shape, apply } = value as Partial<Record<keyof LinearOperator, unknown>>;
  return typeof apply === "function" && shape !== undefined;
}

/**
 * One checked form of a dense matrix, a sparse one or an operator.
 *
 * Matrices are checked to be finite and copied or kept at once; what an operator gives is checked each time, on a copy of the vector, so
 * that it may keep or change what it gets.
 * @param input the operand.
 * @param site "where(argument)", for the messages; those about an operator's answer name "argument: operator.apply".
 * @returns products in float64; each throws NonFiniteError when it overflows, or when an operator gives NaN; ShapeError when an operator gives
 * another shape.
 * @throws ShapeError, NonFiniteError for a bad matrix or an operator of no shape.
 * @complexity O(size) for the checks; a product costs 2 m n, 2 nnz or what the operator costs.
 * @source Subquad's own convention.
 * @example const A = asOperator(input, "conjugateGradient(A)"); A.multiply(x, y);
 */
export function asOperator(input: MatrixInput | CsrMatrix | LinearOperator, site: string): CheckedOperator {
  if (isCsr(input)) return fromCsr(asCsr(input, site), site);
  if (isLinearOperator(input)) return fromOperator(input, site);
  return fromDense(asMatrix(input, site), site);
}

function fromDense(A: NdArray, site: string): CheckedOperator {
  assertFinite(A, site);
  const [m = 0, n = 0] = A.shape;
  const entries = denseCopy(A, "float64");
  return fromProducts(
    [m, n],
    site,
    (x, y) => {
      rowDots(false, entries, 0, m, n, n, x, 0, y, 0);
    },
    (y, x) => {
      x.fill(0);
      addRows(false, entries, 0, m, n, n, y, 0, x, 0);
    },
  );
}

function fromCsr(S: CsrMatrix, site: string): CheckedOperator {
  assertCsrFinite(S, site);
  return fromProducts(
    S.shape,
    site,
    (x, y) => {
      multiplyCsr(S, x, y);
    },
    (y, x) => {
      multiplyCsr(S.transpose(), y, x);
    },
  );
}

type Product = (from: Float64Array, to: Float64Array) => void;

function fromProducts(shape: readonly [number, number], site: string, product: Product, transposed: Product): CheckedOperator {
  const multiply: Product = (x, y) => {
    product(x, y);
    checkProduct(y, site, OVERFLOW);
  };
  return {
    shape,
    hasTranspose: true,
    multiply,
    multiplyTranspose: (y, x) => {
      transposed(y, x);
      checkProduct(x, site, OVERFLOW);
    },
    *multiplySteps(x, y) {
      multiply(x, y);
      yield rest();
    },
  };
}

function fromOperator(operator: LinearOperator, site: string): CheckedOperator {
  const { where, argument } = splitSite(site);
  const shape: unknown = operator.shape;
  const isShape = Array.isArray(shape) && shape.length === 2 && shape.every((length) => Number.isSafeInteger(length) && length >= 0);
  if (!isShape) throw new ShapeError(where, `${argument}.shape`, "two nonnegative integers", shape);
  const [m, n] = operator.shape;
  const vector = (x: Float64Array): NdArray => view(x.slice(), [x.length]);
  const multiply: Product = (x, y) => {
    receive(operator.apply(vector(x)), y, site, "operator.apply");
  };
  return {
    shape: [m, n],
    hasTranspose: typeof operator.applyTranspose === "function",
    multiply,
    multiplyTranspose: (y, x) => {
      if (typeof operator.applyTranspose !== "function") {
        throw new OptionError(where, `${argument}.applyTranspose`, "a function, for products with the transpose", operator.applyTranspose);
      }
      receive(operator.applyTranspose(vector(y)), x, site, "operator.applyTranspose");
    },
    *multiplySteps(x, y) {
      if (typeof operator.applyAsync !== "function") {
        multiply(x, y);
        yield rest();
        return;
      }
      yield* twoForms(
        () => {
          multiply(x, y);
        },
        async (control) => {
          receive(await operator.applyAsync!(vector(x), control), y, site, "operator.applyAsync");
        },
      );
    },
  };
}

/** Copies what an operator gave, once its shape and its entries are checked. */
function receive(given: NdArray, to: Float64Array, site: string, label: string): void {
  const { where, argument } = splitSite(site);
  const result = asArray(given, `${where}(${argument}: ${label})`);
  if (result.shape.length !== 1 || result.shape[0] !== to.length) {
    throw new ShapeError(where, `${argument}: ${label}`, `shape [${to.length}]`, result.shape);
  }
  to.set(denseCopy(result, "float64"));
  checkProduct(to, site, label);
}

/** Every entry of a product is finite; `label` says what it is otherwise. */
export function checkProduct(product: Float64Array, site: string, label: string): void {
  const bad = firstNonFinite(product);
  if (bad < 0) return;
  const { where, argument } = splitSite(site);
  throw new NonFiniteError(where, `${argument}: ${label}`, product[bad]!, indicesOf(bad, [product.length]));
}
