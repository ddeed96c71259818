/**
 * Numbers of two float64 terms, about 106 bits: what the oracles of factorizations count with.
 *
 *   x = hi + lo,  |lo| ≤ ulp(hi)/2        No operand may pass 2^995: scale by a power of two first.
 */
export interface TwoTerm {
  readonly hi: number;
  readonly lo: number;
}

const SPLITTER = 2 ** 27 + 1;

/** a + b, exactly. */
export function exactSum(a: number, b: number): TwoTerm {
  const hi = a + b;
  const part = hi - a;
  return { hi, lo: a - (hi - part) + (b - part) };
}

/** a b, exactly unless the lower half underflows. */
function exactProduct(a: number, b: number): TwoTerm {
  const hi = a * b;
  const [p, q] = [SPLITTER * a, SPLITTER * b];
  const [aTop, bTop] = [p - (p - a), q - (q - b)];
  const [aRest, bRest] = [a - aTop, b - bTop];
  return { hi, lo: aRest * bRest - (hi - aTop * bTop - aRest * bTop - aTop * bRest) };
}

export const one = (x: number): TwoTerm => ({ hi: x, lo: 0 });

export function add(x: TwoTerm, y: TwoTerm): TwoTerm {
  const sum = exactSum(x.hi, y.hi);
  const rest = exactSum(x.lo, y.lo);
  const first = exactSum(sum.hi, sum.lo + rest.hi);
  return exactSum(first.hi, first.lo + rest.lo);
}

export const negate = ({ hi, lo }: TwoTerm): TwoTerm => ({ hi: -hi, lo: -lo });

export function multiply(x: TwoTerm, y: TwoTerm): TwoTerm {
  const product = exactProduct(x.hi, y.hi);
  return exactSum(product.hi, product.lo + (x.hi * y.lo + x.lo * y.hi));
}

export function divide(x: TwoTerm, y: TwoTerm): TwoTerm {
  const first = x.hi / y.hi;
  const rest = add(x, negate(multiply(y, one(first))));
  const second = rest.hi / y.hi;
  const last = add(rest, negate(multiply(y, one(second)))).hi / y.hi;
  return add(exactSum(first, second), one(last));
}

export function squareRoot(x: TwoTerm): TwoTerm {
  if (!(x.hi > 0)) return one(0);
  const root = Math.sqrt(x.hi);
  const rest = add(x, negate(exactProduct(root, root)));
  return exactSum(root, rest.hi / (2 * root));
}

/**
 * start + Σ_l x[xAt + l xStep] y[yAt + l yStep], rounded once or nearly so.
 */
export function twoTermDot(
  length: number,
  x: ArrayLike<number>,
  xAt: number,
  xStep: number,
  y: ArrayLike<number>,
  yAt: number,
  yStep: number,
  start: number,
): number {
  let [hi, lo] = [start, 0];
  for (let l = 0; l < length; l++) {
    const [a, b] = [x[xAt + l * xStep]!, y[yAt + l * yStep]!];
    const product = a * b;
    const [p, q] = [SPLITTER * a, SPLITTER * b];
    const [aTop, bTop] = [p - (p - a), q - (q - b)];
    const [aRest, bRest] = [a - aTop, b - bTop];
    const sum = hi + product;
    const part = sum - hi;
    lo += hi - (sum - part) + (product - part) + (aRest * bRest - (product - aTop * bTop - aRest * bTop - aTop * bRest));
    hi = sum;
  }
  return hi + lo;
}
