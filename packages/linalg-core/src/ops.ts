/**
 * The functions of ndarray-ops, for those who have ndarrays and want `add`, `sum`, `assign` … (subpath `@subquad/linalg-core/ops`).
 *
 *   out     where the result goes: an array whose data can be written in place, of the shape of the others
 *   a, b    operands of the same shape: anything that `asArray` reads
 *   s       a number
 *
 * Names as in ndarray-ops: `add` out = a + b · `adds` out = a + s · `addeq` out = out + a · `addseq` out = out + s, and so for the others.
 * No algorithm here uses them. ndarray-ops compiles its loops from strings, some while it loads: it is loaded at the first call, and where a
 * Content-Security-Policy forbids such code, that call is refused.
 * Source: scijs/ndarray-ops 1.2.2 (MIT).
 */
import { asArray } from "./array/convert.js";
import { usesPlainArrays } from "./array/make-array.js";
import type { ArrayInput, NdArray, NdArrayLike } from "./array/types.js";
import { describeValue } from "./describe.js";
import { NumericsError, OptionError, ShapeError } from "./errors.js";

const BINARY = [
  ...(["add", "sub", "mul", "div", "mod", "band", "bor", "bxor", "lshift", "rshift", "rrshift"] as const),
  ...(["and", "or", "eq", "neq", "lt", "gt", "leq", "geq", "max", "min", "atan2", "pow", "atan2op", "powop"] as const),
] as const;
const UNARY = [
  ...(["not", "bnot", "neg", "recip", "abs", "acos", "asin", "atan", "ceil", "cos", "exp", "floor", "log"] as const),
  ...(["round", "sin", "sqrt", "tan"] as const),
] as const;
const NUMBERS = ["sum", "prod", "norm2squared", "norm2", "norminf", "norm1", "sup", "inf"] as const;

type Binary = (typeof BINARY)[number];
type Unary = (typeof UNARY)[number];
type Bridge = Record<Binary, (out: NdArrayLike, a: ArrayInput, b: ArrayInput) => NdArray> &
  Record<`${Binary}s`, (out: NdArrayLike, a: ArrayInput, s: number) => NdArray> &
  Record<Unary | `${Binary}eq` | "assign", (out: NdArrayLike, a: ArrayInput) => NdArray> &
  Record<`${Binary}seq` | "assigns", (out: NdArrayLike, s: number) => NdArray> &
  Record<`${Unary}eq` | "random", (out: NdArrayLike) => NdArray> &
  Record<(typeof NUMBERS)[number], (a: ArrayInput) => number> &
  Record<"any" | "all", (a: ArrayInput) => boolean> &
  Record<"argmin" | "argmax", (a: ArrayInput) => number[]> &
  Record<"equals", (a: ArrayInput, b: ArrayInput) => boolean>;

type Loop = (...operands: readonly (NdArray | number)[]) => unknown;
type Kind = "out" | "array" | "number";

/** What each function takes. */
const SIGNATURES: readonly (readonly [name: string, ...kinds: Kind[]])[] = [
  ...BINARY.flatMap((name) => [
    [name, "out", "array", "array"] as const,
    [`${name}s`, "out", "array", "number"] as const,
    [`${name}eq`, "out", "array"] as const,
    [`${name}seq`, "out", "number"] as const,
  ]),
  ...UNARY.flatMap((name) => [[name, "out", "array"] as const, [`${name}eq`, "out"] as const]),
  ...[...NUMBERS, "any", "all", "argmin", "argmax"].map((name) => [name, "array"] as const),
  ["assign", "out", "array"],
  ["assigns", "out", "number"],
  ["random", "out"],
  ["equals", "array", "array"],
];

let loops: Readonly<Record<string, Loop>> | undefined;

/** ndarray-ops itself. `require`, because an import would run at ours; the build puts the module into this file, so that browsers need none. */
function load(where: string): Readonly<Record<string, Loop>> {
  if (usesPlainArrays()) {
    const expected = "a page or process that may compile code from strings";
    throw new NumericsError("ERR_CSP", `${where}: expected ${expected}, got one that forbids it`, { where, expected });
  }
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
  loops ??= require("ndarray-ops") as Readonly<Record<string, Loop>>;
  return loops;
}

function bridged(where: string, kinds: readonly Kind[]): (...args: readonly unknown[]) => unknown {
  return (...args) => {
    const loop = load(where)[where]!;
    const operands = kinds.map((kind, i) => operand(where, kind, args[i], i));
    const arrays = operands.filter((A) => typeof A !== "number");
    const shape = arrays[0]!.shape;
    for (const A of arrays) {
      if (A.shape.length === shape.length && A.shape.every((n, k) => n === shape[k])) continue;
      throw new ShapeError(where, "", `operands of the shape [${shape.join(", ")}] of the first`, A.shape);
    }
    return loop(...operands);
  };
}

function operand(where: string, kind: Kind, value: unknown, i: number): NdArray | number {
  if (kind === "number") {
    if (typeof value !== "number") throw new OptionError(where, "s", "a number", value);
    return value;
  }
  const A = asArray(value as ArrayInput, `${where}(${kind === "out" ? "out" : `operand ${i + 1}`})`);
  if (kind === "out" && A.data !== (value as Partial<NdArray>).data && A.data !== value) {
    throw new ShapeError(where, "out", "an array over float64, float32 or int32 data, which can be written in place", describeValue(value));
  }
  return A;
}

const bridge = Object.fromEntries(SIGNATURES.map(([name, ...kinds]) => [name, bridged(name, kinds)])) as Bridge;

/** + − * / and the remainder. */
// prettier-ignore
export const {
  add, adds, addeq, addseq, sub, subs, subeq, subseq, mul, muls, muleq, mulseq, div, divs, diveq, divseq, mod, mods, modeq, modseq,
} = bridge;
/** Bitwise, on 32-bit integers. */
// prettier-ignore
export const {
  band, bands, bandeq, bandseq, bor, bors, boreq, borseq, bxor, bxors, bxoreq, bxorseq, lshift, lshifts, lshifteq, lshiftseq, rshift,
  rshifts, rshifteq, rshiftseq, rrshift, rrshifts, rrshifteq, rrshiftseq, bnot, bnoteq,
} = bridge;
/** Logic and comparisons: 1 for true, 0 for false. */
// prettier-ignore
export const {
  and, ands, andeq, andseq, or, ors, oreq, orseq, eq, eqs, eqeq, eqseq, neq, neqs, neqeq, neqseq, lt, lts, lteq, ltseq, gt, gts, gteq,
  gtseq, leq, leqs, leqeq, leqseq, geq, geqs, geqeq, geqseq, not, noteq,
} = bridge;
/** Of two operands: max, min, atan2, power; `…op` swaps the operands. */
// prettier-ignore
export const {
  max, maxs, maxeq, maxseq, min, mins, mineq, minseq, atan2, atan2s, atan2eq, atan2seq, pow, pows, poweq, powseq, atan2op, atan2ops,
  atan2opeq, atan2opseq, powop, powops, powopeq, powopseq,
} = bridge;
/** Of one operand. exp, log and the trigonometric ones are the engine's own, whose last bits vary; `/math` has portable ones. */
// prettier-ignore
export const {
  neg, negeq, recip, recipeq, abs, abseq, acos, acoseq, asin, asineq, atan, ataneq, ceil, ceileq, cos, coseq, exp, expeq, floor,
  flooreq, log, logeq, round, roundeq, sin, sineq, sqrt, sqrteq, tan, taneq,
} = bridge;
/** Copying and filling; random takes unseeded uniforms, so prefer rngFor. */
// prettier-ignore
export const {
  assign, assigns, random,
} = bridge;
/** Over all elements, to one value. */
// prettier-ignore
export const {
  sum, prod, norm2squared, norm2, norminf, norm1, sup, inf, any, all, argmin, argmax, equals,
} = bridge;
