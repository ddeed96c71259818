// Writes assembly/generated/register-tiles.ts: the innermost loops of the package, unrolled.
//
// All of them are one idea, the outer-product register tile:
//
//   C (rows x 8 float32, or rows x 4 float64) += sum over k of a_k (rows scalars) times b_k (two 128-bit vectors)
//
// With 6 rows it holds 12 accumulators, 2 vectors of b and 1 broadcast of a: 15 of the 16 registers of SSE-class
// machines, which is all V8 gives; where the multiply-add is not fused its product needs one more, and 4 rows are the faster product.
// A generator is used only because a register can be neither indexed nor looped over; `rows` and `step` are "repeat this line".
// The k loop of attention is unrolled by 4 and not more: at 16, V8 spills (0.79 -> 1.66 ns per score).
import { mkdirSync, writeFileSync } from "node:fs";

const repeat = (count, line) => Array.from({ length: count }, (_, i) => line(i)).join("\n");

/** Accumulators c0_0 … c5_1, set by `start(row)`. */
const accumulators = (rows, start) => repeat(rows, (i) => `  let c${i}_0 = ${start(i)}, c${i}_1 = c${i}_0;`);

/** One k, step `u` of the unrolled loop: operands at `a` (rows scalars) and `b` (32 bytes). */
const step = (rows, a, b, u) => `    { const b0 = v128.load(${b}, ${u * 32}), b1 = v128.load(${b}, ${u * 32 + 16});
${repeat(rows, (i) => `      { const x = v128.load_splat<T>(${a}, ${u * rows + i} * sizeof<T>()); ${multiplyAdd(i, "b0", "b1")} }`)}
    }`;
const multiplyAdd = (i, b0, b1) => `c${i}_0 = fma<T>(x, ${b0}, c${i}_0); c${i}_1 = fma<T>(x, ${b1}, c${i}_1);`;

/**
 * Four k. In the plain binary, which is what engines without relaxed SIMD get, the scalars of a are loaded a vector at a time and spread by
 * shuffles: such engines compile load_splat badly (Node 20: 26.8 -> 32.7 GFLOP/s). In the other binary load_splat is 10 % faster.
 */
const fourSteps = (rows, a, b) => `    if (ASC_FEATURE_RELAXED_SIMD) {
${repeat(4, (u) => step(rows, a, b, u))}
    } else if (sizeof<T>() == 4) {
${shuffledSteps(rows, a, b, 4, "i32")}
    } else {
${shuffledSteps(rows, a, b, 2, "i64")}
    }`;
const shuffledSteps = (rows, a, b, lanes, kind) =>
  repeat(4 * rows, (n) => {
    const [k, i, lane] = [Math.floor(n / rows), n % rows, n % lanes];
    const w = `w${Math.floor(n / lanes)}`;
    const operands = i === 0 ? `      const b${k}_0 = v128.load(${b}, ${k * 32}), b${k}_1 = v128.load(${b}, ${k * 32 + 16});\n` : "";
    const vector = lane === 0 ? `      const ${w} = v128.load(${a}, ${(n / lanes) * 16});\n` : "";
    const spread = `v128.shuffle<${kind}>(${w}, ${w}, ${Array(lanes).fill(lane).join(", ")})`;
    return `${operands}${vector}      { const x = ${spread}; ${multiplyAdd(i, `b${k}_0`, `b${k}_1`)} }`;
  });

/**
 * Matrix product: writes (or adds to) `rows` rows of C, `ldc` bytes apart.
 *
 * One k a block, `steps` blocks a turn: V8 orders what stands in one block by its accumulators, so that of several k in a block it loads all
 * operands first and spills them (Node 20, float32: 32 GFLOP/s instead of 47; Node 24: 48 instead of 58). A branch keeps two k apart.
 */
const product = (rows, steps) => `
/** C tile [${rows}][32 bytes] = (add: +=) sum over k of A sliver [k][${rows}] times B sliver [k][32 bytes]; at least one k; ldc in bytes. */
export function productTile${rows}<T>(k: i32, a: usize, b: usize, c: usize, ldc: usize, add: bool): void {
${accumulators(rows, () => "v128.splat<T>(0)")}
  const end = b + (<usize>k << 5);
  for (;;) {
${repeat(steps, () => `${step(rows, "a", "b", 0)}\n    a += ${rows} * sizeof<T>(); b += 32;\n    if (b >= end) break;`)}
  }
  if (add) {
${repeat(rows, (i) => `    v128.store(c, v128.add<T>(v128.load(c), c${i}_0)); v128.store(c, v128.add<T>(v128.load(c, 16), c${i}_1), 16); c += ldc;`)}
  } else {
${repeat(rows, (i) => `    v128.store(c, c${i}_0); v128.store(c, c${i}_1, 16); c += ldc;`)}
  }
}
`;

/** Attention scores: one query sliver against `groups` groups of 6 keys. */
const scores = `
/**
 * S [key][32 bytes of queries] = keys . queries + key bias + query bias, for \`groups\` groups of 6 keys; depth is a multiple of 4.
 * Transposed on purpose: after the exponential the tile is the packed right operand of the value product.
 */
export function scoreTile<T>(groups: i32, depth: i32, keys: usize, keyBias: usize, queries: usize, queryBias: usize, out: usize): void {
  const queriesEnd = queries + (<usize>depth << 5);
  const q0 = v128.load(queryBias), q1 = v128.load(queryBias, 16);
  for (let g = 0; g < groups; g++) {
${accumulators(6, (i) => `v128.load_splat<T>(keyBias, ${i} * sizeof<T>())`)}
    let q = queries;
    do {
${fourSteps(6, "keys", "q")}
      keys += 24 * sizeof<T>(); q += 128;
    } while (q < queriesEnd);
${repeat(6, (i) => `    v128.store(out, v128.add<T>(c${i}_0, q0), ${i * 32}); v128.store(out, v128.add<T>(c${i}_1, q1), ${i * 32 + 16});`)}
    keyBias += 6 * sizeof<T>(); out += 192;
  }
}
`;

/** Value product: adds to float64 accumulators, so that sums over many key blocks do not drift. */
const values = (rows) => `
/** O [${rows} channels][queries, float64] += sum over keys of values [key][${rows}] times weights [key][32 bytes]; count is a multiple of 4. */
export function valueTile${rows}<T>(count: i32, values: usize, weights: usize, out: usize): void {
${accumulators(rows, () => "v128.splat<T>(0)")}
  for (let k = 0; k < count; k += 4) {
${fourSteps(rows, "values", "weights")}
    values += ${4 * rows} * sizeof<T>(); weights += 128;
  }
  if (sizeof<T>() == 4) {
${repeat(rows, (i) => repeat(2, (h) => `    addPromoted(out + ${i * 64 + h * 32}, c${i}_${h});`))}
  } else {
${repeat(rows, (i) => repeat(2, (h) => `    v128.store(out, f64x2.add(v128.load(out, ${i * 32 + h * 16}), c${i}_${h}), ${i * 32 + h * 16});`))}
  }
}
`;

const source = `// GENERATED by scripts/register-tiles.mjs
import { addPromoted, fma } from "../simd";
${product(4, 4)}${product(6, 1)}${scores}${[1, 2, 3, 4, 5, 6].map(values).join("")}`;

export function writeRegisterTiles() {
  const folder = new URL("../assembly/generated/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL("register-tiles.ts", folder), source);
}
