/**
 * The TypeScript kernels against the plain SIMD binary, byte for byte, and both against double-precision arithmetic done plainly.
 *
 * Every case also places one of its regions flush with the end of memory, where the binary traps if it reads on.
 */
import { attentionReference, exactExp } from "./kernel-references.js";
import { choleskyOracle, fromNested, matmulMagnitude, matmulOracle, plain, testRandom, type TestRandom } from "@subquad/test-kit";
import { describe, expect, it } from "vitest";
import { EXP2_FLOOR, GEMM_ROWS, HIDDEN_SCORE, SCRATCH_BYTES } from "../src/kernels/abi.js";
import { GROUPS } from "./all-kernels.js";
import { bindTwins } from "../src/kernels/group.js";
import { TILE_ROWS } from "../src/kernels/js/register-tiles.js";
import { twoBackends, viewsOf, type DType, type TestCase } from "./two-backends.js";

const backends = twoBackends();
const DTYPES = ["float32", "float64"] as const;
const UNIT = { float32: 2 ** -24, float64: 2 ** -53 } as const;
const EXP2_ERROR = { float32: 2.6e-7, float64: 8 * 2 ** -53 } as const; // asserted below

const sizeOf = (dtype: DType): number => (dtype === "float32" ? 4 : 8);
const kernel = (name: string, dtype: DType): string => `${name}${dtype === "float32" ? "F32" : "F64"}`;
const roundUp = (n: number, multiple: number): number => Math.ceil(n / multiple) * multiple;
const rounded = (values: readonly number[], dtype: DType): number[] => (dtype === "float32" ? values.map(Math.fround) : [...values]);
const normals = (random: TestRandom, count: number, deviation = 1): number[] =>
  Array.from({ length: count }, () => deviation * random.normal());
const gamma = (k: number, u: number): number => (k * u) / (1 - k * u);
const pick = <Value>(random: TestRandom, values: readonly Value[]): Value => values[random.below(values.length)]!;

/** |x - truth| <= allowed; NaN fails. */
function assertWithin(x: number, truth: number, allowed: number): void {
  if (!(Math.abs(x - truth) <= allowed)) expect.fail(`${x} is not within ${allowed} of ${truth}`);
}

/** Runs `trial` for both dtypes, `count` times each, every time with another region at the end of memory. */
function eachTrial(name: string, count: number, trial: (random: TestRandom, dtype: DType, start: () => TestCase) => void): void {
  for (const dtype of DTYPES) {
    it(`${name}, ${dtype}`, () => {
      for (let index = 0; index < count; index++) {
        const random = testRandom(`${name} ${dtype} ${index}`);
        trial(random, dtype, () => backends.start(random.below(14) - 1));
      }
    });
  }
}

describe("oracle: names", () => {
  it("both backends have the same kernels", () => {
    const exported = Object.entries(backends.wasm.kernels).filter(([, value]) => typeof value === "function");
    expect(Object.keys(backends.js.kernels).sort()).toEqual(exported.map(([name]) => name).sort());
  });

  it("no two groups share a slot, a name or a kernel", () => {
    const names = GROUPS.flatMap((group) => Object.keys(bindTwins(group, backends.js.memory)));
    const [slots, groups] = [GROUPS.map(({ slot }) => String(slot)), GROUPS.map(({ name }) => name)];
    for (const list of [slots, groups, names]) expect(new Set(list).size).toBe(list.length);
  });

  it("views are read afresh", () => {
    const { js } = twoBackends();
    js.memory.f64.set([1, 2, 3], 100_000 / 8);
    const larger = new ArrayBuffer(2 * js.memory.buffer.byteLength);
    new Uint8Array(larger).set(js.memory.u8);
    Object.assign(js.memory, viewsOf(larger));
    js.memory.f64[100_000 / 8 + 1] = 5;
    expect(js.kernels.vectorMaximumF64!(3, 100_000)).toBe(5);
  });
});

describe("oracle: matrix product", () => {
  eachTrial("packs and multiplies", 60, (random, dtype, start) => {
    const [m, n] = [1 + random.below(20), 1 + random.below(30)];
    const k = pick(random, [1, 3, 4, 7, 16, 255, 256, 257, 300, 513]);
    const [size, W] = [sizeOf(dtype), 32 / sizeOf(dtype)];
    const scale = pick(random, [1e-9, 1, 1e9]);
    const [A, B] = [rounded(normals(random, m * k, scale), dtype), rounded(normals(random, k * n), dtype)];
    const t = start();
    const left = t.room(roundUp(m, GEMM_ROWS) * k * size);
    const right = t.room(roundUp(n, W) * k * size);
    packStrided(t, random, dtype, "packLeft", A, m, k, k, 1, GEMM_ROWS, left);
    packStrided(t, random, dtype, "packRight", B, n, k, 1, n, W, right);
    const [add, lower, width] = [random.below(2), random.below(2), n + random.below(3)];
    const before = rounded(normals(random, m * width), dtype);
    const out = t.inout(before, dtype);
    const [tileRows, tileColumns] = [GEMM_ROWS * (1 + random.below(3)), W * (1 + random.below(3))];
    const args = t.args([m, n, k, left, right, out, tileRows, tileColumns, width * size, add, lower]);
    t.tiled(kernel("multiply", dtype), args, Math.ceil(m / tileRows) * Math.ceil(n / tileColumns));
    t.check();

    const [a, b] = [plain(Float64Array.from(A), [m, k]), plain(Float64Array.from(B), [k, n])];
    const [truth, magnitude] = [matmulOracle(a, b).data, matmulMagnitude(a, b).data];
    const allowed = gamma(Math.min(k, 256) + Math.ceil(k / 256) + 1, UNIT[dtype]); // one accumulator a panel, then the panels
    t.read(out, m * width, dtype).forEach((c, p) => {
      const [i, j] = [Math.floor(p / width), p % width];
      const [q, start] = [i * n + j, add * before[p]!];
      if (j >= n) expect(c).toBe(before[p]);
      else if (lower === 0 || j <= i) assertWithin(c, start + truth[q]!, allowed * (magnitude[q]! + Math.abs(start)));
    });
  });

  it("bits do not depend on strides and tiles", () => {
    const random = testRandom("strides");
    const [m, n, k] = [13, 21, 270];
    const [A, B] = [rounded(normals(random, m * k), "float32"), rounded(normals(random, k * n), "float32")];
    const results = [0, 1, 2, 3].map(() => {
      const t = backends.start();
      const left = t.room(roundUp(m, GEMM_ROWS) * k * 4);
      const right = t.room(roundUp(n, 8) * k * 4);
      packStrided(t, random, "float32", "packLeft", A, m, k, k, 1, GEMM_ROWS, left);
      packStrided(t, random, "float32", "packRight", B, n, k, 1, n, 8, right);
      const out = t.room(m * n * 4);
      const [tileRows, tileColumns] = [GEMM_ROWS * (1 + random.below(3)), 8 * (1 + random.below(3))];
      t.tiled(
        "multiplyF32",
        t.args([m, n, k, left, right, out, tileRows, tileColumns, 4 * n, 0, 0]),
        Math.ceil(m / tileRows) * Math.ceil(n / tileColumns),
      );
      return t.read(out, m * n, "float32");
    });
    for (const result of results) expect(result).toEqual(results[0]);
  });
});

/** Lays a matrix out with strides of some kind (packed either way, spaced, reversed) and packs it. */
function packStrided(
  t: TestCase,
  random: TestRandom,
  dtype: DType,
  name: "packLeft" | "packRight",
  values: readonly number[],
  length: number,
  depth: number,
  lengthStep: number,
  depthStep: number,
  width: number,
  packed: number,
): void {
  const kind = pick(random, ["rows", "columns", "spaced", "reversed"]);
  const size = sizeOf(dtype);
  const gap = kind === "spaced" ? 3 : 1;
  const [across, along] = kind === "columns" ? [1, length] : [depth * gap, gap];
  const laid = new Float64Array((length - 1) * across + (depth - 1) * along + 1);
  const at = (i: number, l: number): number => (kind === "reversed" ? laid.length - 1 - i * across - l * along : i * across + l * along);
  for (let i = 0; i < length; i++) for (let l = 0; l < depth; l++) laid[at(i, l)] = values[i * lengthStep + l * depthStep]!;
  const source = t.input(laid, dtype) + at(0, 0) * size;
  const sign = kind === "reversed" ? -size : size;
  const slivers = 1 + random.below(3);
  const args = t.args([length, depth, source, sign * across, sign * along, packed, slivers], [1]);
  t.tiled(kernel(name, dtype), args, Math.ceil(Math.ceil(length / width) / slivers));
}

interface Staged {
  readonly depth: number;
  readonly channels: number;
  readonly keyCount: number;
  readonly keyBlock: number;
  /** As the kernels see them: padded rows, the channel of ones last. */
  readonly Q: number[];
  readonly K: number[];
  readonly V: number[];
  readonly keyBias: number[];
  /** What the argument block says of them. */
  readonly words: Partial<Record<AttentionWord, number>>;
}

/** The argument block of attention, in order. */
const ATTENTION = [
  ...(["causal", "offset", "maskKind", "mask", "maskKeys", "queryCount", "keyCount", "depth", "channels", "keyBlock", "slivers"] as const),
  ...(["queries", "queryBias", "keys", "keyBias", "values", "bounded", "out", "raw", "center", "low", "high"] as const),
  ...(["denominators", "maxima", "rescales"] as const),
] as const;
type AttentionWord = (typeof ATTENTION)[number];

function attentionWords(words: Partial<Record<AttentionWord, number>>): number[] {
  return ATTENTION.map((name) => words[name] ?? 0);
}

/** Random queries, keys and values, staged and packed by the kernels. */
function stage(
  t: TestCase,
  random: TestRandom,
  dtype: DType,
  n: number,
  m: number,
  d: number,
  e: number,
  scores: number,
  hidden: boolean,
): Staged {
  const size = sizeOf(dtype);
  const [depth, channels, stride] = [roundUp(d, 4), e + 1, roundUp(e + 1, 4)];
  const keyCount = roundUp(m, 12);
  const keyBlock = pick(random, [12, 24, 192]);
  const stageRows = (
    rows: number,
    capacity: number,
    columns: number,
    width: number,
    factor: number,
    ones: number,
  ): { address: number; rows: number[] } => {
    const source = t.input(rounded(normals(random, rows * columns), dtype), dtype);
    // rows past the end are zeros: the caller's duty
    const out = t.inout(new Float64Array(capacity * width), dtype);
    t.direct(kernel("stageRows", dtype), rows, columns, source, columns * size, size, factor, out, width, ones);
    return { address: out, rows: t.read(out, capacity * width, dtype) };
  };
  const Q = stageRows(n, n, d, depth, scores / Math.sqrt(d), 0);
  const K = stageRows(m, keyCount, d, depth, 1, 0);
  const V = stageRows(m, keyCount, e, stride, 1, 1);
  const keyBias = rounded(normals(random, keyCount), dtype).map((bias, j) => (j < m ? bias : HIDDEN_SCORE[dtype]));
  for (let j = 0; hidden && j < m; j++) {
    if (random.uniform() < 0.7) continue;
    keyBias[j] = HIDDEN_SCORE[dtype]; // a masked key: lowest bias, and a row of zeros for values
    for (let c = 0; c < stride; c++) V.rows[j * stride + c] = 0;
  }
  const staged = t.input(V.rows, dtype);
  const packedKeys = t.room(keyCount * depth * size);
  const packedValues = t.room(keyCount * channels * size);
  const args = t.args([keyCount, depth, channels, keyBlock, K.address, staged, stride, packedKeys, packedValues]);
  t.tiled(kernel("packKeys", dtype), args, Math.ceil(keyCount / keyBlock));
  const values = Array.from({ length: keyCount * channels }, (_, p) => V.rows[Math.floor(p / channels) * stride + (p % channels)]!);
  const operands = { queries: Q.address, keys: packedKeys, keyBias: t.input(keyBias, dtype), values: packedValues };
  const words = { keyCount, depth, channels, keyBlock, ...operands };
  return { depth, channels, keyCount, keyBlock, Q: Q.rows, K: K.rows, V: values, keyBias, words };
}

describe("oracle: attention", () => {
  eachTrial("streams", 160, (random, dtype, start) => {
    const [n, m, e] = [1 + random.below(40), 1 + random.below(60), random.below(17)];
    const d = pick(random, [1, 3, 15, 16, 64]);
    const scores = pick(random, [0.1, 1, 30, 1e4]);
    const [size, W] = [sizeOf(dtype), 32 / sizeOf(dtype)];
    const t = start();
    const s = stage(t, random, dtype, n, m, d, e, scores, random.below(3) === 0);
    const causal = random.below(3) === 0;
    const offset = causal ? random.below(m + n) - n : 0;
    const maskKind = random.below(3);
    const bounded = random.below(3) === 0;
    const raw = random.below(3) === 0;
    const slivers = 1 + random.below(4);

    const mask = Array.from({ length: n * m }, () =>
      maskKind === 1 ? Number(random.uniform() < 0.7) : random.uniform() < 0.2 ? -Infinity : random.normal(),
    );
    const maskAddress = maskKind === 0 ? 0 : t.input(mask, maskKind === 1 ? "uint8" : dtype);
    const visible = (i: number, j: number): boolean => !(causal && j > i + offset) && !(maskKind === 1 && mask[i * m + j] === 0);
    const added = (i: number, j: number): number => (maskKind === 2 ? rounded(mask, dtype)[i * m + j]! * Math.LOG2E : 0);
    const plainReference = { ...s, dtype, n, m, visible, added, queryBias: Array.from({ length: n }, () => 0) };
    // bounded: a bias that takes every score to 0 or below
    const highest = attentionReference(plainReference).maxima;
    const queryBias = rounded(
      highest.map((most) => (bounded ? (Number.isFinite(most) ? -most - 1 : 0) - random.uniform() : random.normal())),
      dtype,
    );
    const hasBias = bounded || random.below(2) === 0;
    const biasAddress = hasBias ? t.input([...queryBias, ...Array.from({ length: roundUp(n, W) - n }, () => 0)], dtype) : 0;
    const center = rounded(normals(random, e), dtype);
    const low = rounded(normals(random, e, 0.1), dtype);
    const high = rounded(normals(random, e, 0.1), dtype).map((x, c) => Math.max(x, low[c]!));
    const [hasCenter, hasClip] = [!raw && random.below(2) === 0, !raw && random.below(2) === 0];
    const out = t.room(raw ? n * s.channels * 8 : n * e * size);
    const tileCount = Math.ceil(Math.ceil(n / W) / slivers);
    const [denominators, maxima, rescales] = [t.room(n * 8), t.room(n * 8), t.room(tileCount * 4)];
    const [recordsSums, recordsRescales] = [random.below(4) > 0, random.below(4) > 0];
    const words = attentionWords({
      ...{ causal: Number(causal), offset, maskKind, mask: maskAddress, maskKeys: m, queryCount: n, slivers },
      ...{ queryBias: biasAddress, bounded: Number(bounded), out, raw: Number(raw), center: hasCenter ? t.input(center, dtype) : 0 },
      ...(hasClip ? { low: t.input(low, dtype), high: t.input(high, dtype) } : {}),
      ...(recordsSums ? { denominators, maxima } : {}),
      ...(recordsRescales ? { rescales } : {}),
      ...s.words,
    });
    const args = t.args(words, [Math.LOG2E]);
    t.tiled(kernel("attention", dtype), args, tileCount);
    t.check();
    if (!recordsSums) return;

    const result = { sums: t.read(denominators, n, "float64"), maxima: t.read(maxima, n, "float64") };
    const subtract = bounded ? Array.from({ length: n }, () => 0) : result.maxima;
    const truth = attentionReference({ ...plainReference, queryBias: hasBias ? queryBias : plainReference.queryBias, subtract });
    const u = UNIT[dtype];
    const most = recordsRescales ? Math.max(...t.read(rescales, tileCount, "int32")) : s.keyCount / s.keyBlock;
    if (recordsRescales) expect(most).toBeLessThan(Math.ceil(s.keyCount / s.keyBlock));
    if (bounded && recordsRescales) expect(most).toBe(0);
    for (let i = 0; i < n; i++) {
      // δ: error of a weight's exponent by the score (d + 3 roundings of its terms), and of the exponential at each change of the maximum
      const δ = Math.LN2 * gamma(d + 6, u) * (truth.magnitudes[i]! + Math.abs(subtract[i]!)) + (most + 1) * (EXP2_ERROR[dtype] + 3 * u);
      const relative = Math.expm1(Math.min(δ, 600)) + gamma(s.keyBlock + 8, u);
      const floor = truth.visible[i]! * 2 ** EXP2_FLOOR[dtype];
      if (truth.visible[i] === 0) expect(result.sums[i]).toBe(0);
      const sums = raw ? t.read(out + i * s.channels * 8, s.channels, "float64") : [result.sums[i]!];
      sums.forEach((sum, c) => {
        const p = i * s.channels + (raw ? c : e);
        assertWithin(sum, truth.sums[p]!, relative * truth.magnitudesOfSums[p]! + floor * 10);
      });
      if (raw) continue;
      t.read(out + i * e * size, e, dtype).forEach((x, c) => {
        const denominator = truth.sums[i * s.channels + e]!;
        let y = denominator === 0 ? 0 : truth.sums[i * s.channels + c]! / denominator;
        if (hasCenter) y += center[c]!;
        if (hasClip && denominator !== 0) y = Math.max(low[c]!, Math.min(high[c]!, y));
        const spread = denominator === 0 ? 0 : truth.magnitudesOfSums[i * s.channels + c]! / denominator;
        const allowed = (Math.expm1(Math.min(2 * δ, 600)) + 2 * gamma(s.keyBlock + 8, u)) * 2 * spread + 4 * u * (Math.abs(y) + spread + 5);
        if (!(bounded && denominator < 2 ** -60)) assertWithin(x, y, allowed + (10 * floor) / Math.max(denominator, 1e-20));
      });
    }
  });

  eachTrial("writes the weights themselves", 60, (random, dtype, start) => {
    const [n, m] = [1 + random.below(30), 1 + random.below(60)];
    const [size, W] = [sizeOf(dtype), 32 / sizeOf(dtype)];
    const t = start();
    const s = stage(t, random, dtype, n, m, pick(random, [1, 3, 15, 16, 64]), 0, pick(random, [0.1, 1, 5]), false);
    const clamp = random.below(2);
    const queryBias = rounded(normals(random, roundUp(n, W)), dtype);
    const biasAddress = random.below(2) === 0 ? 0 : t.input(queryBias, dtype);
    const slivers = 1 + random.below(4);
    const out = t.room(n * m * size);
    const words = attentionWords({ ...s.words, queryCount: n, channels: m, slivers, queryBias: biasAddress, bounded: clamp, out });
    const args = t.args(words);
    t.tiled(kernel("exponential", dtype), args, Math.ceil(Math.ceil(n / W) / slivers));
    t.check();
    t.read(out, n * m, dtype).forEach((x, p) => {
      const [i, j] = [Math.floor(p / m), p % m];
      let score = s.keyBias[j]! + (biasAddress === 0 ? 0 : queryBias[i]!);
      let magnitude = Math.abs(s.keyBias[j]!) + Math.abs(queryBias[i]!);
      for (let c = 0; c < s.depth; c++) {
        const term = s.Q[i * s.depth + c]! * s.K[j * s.depth + c]!;
        score += term;
        magnitude += Math.abs(term);
      }
      const truth = 2 ** (clamp === 1 ? Math.min(0, score) : score);
      const allowed = Math.expm1(Math.LN2 * gamma(s.depth + 3, UNIT[dtype]) * magnitude) + EXP2_ERROR[dtype];
      assertWithin(x / truth, 1, allowed);
    });
  });

  it("packKeyRows is the first half of packKeys", () => {
    for (const dtype of DTYPES) {
      for (const [count, depth] of [
        [12, 4],
        [36, 20],
      ] as const) {
        const t = backends.start(depth === 4 ? 0 : 1);
        const rows = t.input(normals(testRandom("key rows"), count * depth), dtype);
        const out = t.room(count * depth * sizeOf(dtype));
        t.direct(kernel("packKeyRows", dtype), count, depth, rows, out);
        t.check();
        const [packed, plainRows] = [t.read(out, count * depth, dtype), t.read(rows, count * depth, dtype)];
        packed.forEach((x, p) => {
          const [group, c, r] = [Math.floor(p / (TILE_ROWS * depth)), Math.floor(p / TILE_ROWS) % depth, p % TILE_ROWS];
          expect(x).toBe(plainRows[(group * TILE_ROWS + r) * depth + c]);
        });
      }
    }
  });

  it.each(DTYPES)("the largest rows fit the scratch, %s", (dtype) => {
    const large = twoBackends(256);
    const [size, W, depth, channels, keyBlock] = [sizeOf(dtype), 32 / sizeOf(dtype), 4096, 4097, 192];
    const random = testRandom("largest");
    const cheap = (count: number): Float64Array => Float64Array.from({ length: count }, () => random.uniform() - 0.5);
    const sliverBytes = depth * 32 + channels * W * 8 + 32 + 4;
    const fits = Math.floor((SCRATCH_BYTES - 128 - (keyBlock + 1) * 32) / sliverBytes);
    expect(fits).toBe(1);
    const t = large.start();
    const [queries, keys] = [t.input(cheap(depth), dtype), t.input(cheap(keyBlock * depth), dtype)];
    const [keyBias, values] = [t.input(cheap(keyBlock), dtype), t.input(cheap(keyBlock * channels), dtype)];
    const out = t.room((channels - 1) * size);
    const operands = { queries, keys, keyBias, values, out };
    const words = attentionWords({ queryCount: 1, keyCount: keyBlock, depth, channels, keyBlock, slivers: fits, ...operands });
    t.tiled(kernel("attention", dtype), t.args(words), 1);
    t.check();
    expect(t.read(out, channels - 1, dtype).every(Number.isFinite)).toBe(true);
  });
});

describe("oracle: exponentials", () => {
  eachTrial("2^x", 20, (random, dtype, start) => {
    const [rows, W] = [1 + random.below(20), 32 / sizeOf(dtype)];
    const [floor, most] = [EXP2_FLOOR[dtype], dtype === "float32" ? 127 : 1023];
    const special = [0, -0, 0.5, -0.5, 1, most, floor, floor - 1, HIDDEN_SCORE[dtype], -Infinity];
    const values = rounded(
      Array.from({ length: rows * W }, () =>
        random.below(4) === 0 ? pick(random, special) : floor - 5 + (most - floor + 5) * random.uniform(),
      ),
      dtype,
    );
    const t = start();
    const x = t.inout(values, dtype);
    t.direct(kernel("exp2Rows", dtype), rows, x);
    t.check();
    t.read(x, rows * W, dtype).forEach((y, p) => {
      assertWithin(y / 2 ** Math.max(values[p]!, floor), 1, EXP2_ERROR[dtype]);
    });
  });

  it("e^x in float32: within 8.1e-8, 0 where subnormal, Infinity where too large", () => {
    const random = testRandom("exp");
    const [least, most] = [-87.33654022216797, 88.72283172607422];
    const ends = [
      0,
      -0,
      least,
      most,
      -87.33654785,
      88.72283935546875,
      -1e30,
      1e30,
      -Infinity,
      Infinity,
      -87,
      -87.2,
      88.72,
      88.7225,
      1e-40,
      -1e-40,
    ];
    const values = rounded([...ends, ...Array.from({ length: 20_000 }, () => -90 + 180 * random.uniform())], "float32");
    const t = backends.start(0);
    const x = t.inout(values, "float32");
    t.direct("expF32", values.length, x);
    t.check();
    t.read(x, values.length, "float32").forEach((y, p) => {
      const v = values[p]!;
      if (v < least) expect(y).toBe(0);
      else if (v > most) expect(y).toBe(Infinity);
      else assertWithin(y / Math.exp(v), 1, 8.1e-8);
    });
  });

  it("e^x in float64: within 1.5 ulp", () => {
    const random = testRandom("exp");
    const ends = [
      0,
      -0,
      709.782712893384,
      709.7827128933841,
      709.79,
      1e300,
      -745.13,
      -745.14,
      -745.3,
      -1e300,
      Infinity,
      -Infinity,
      -708.4,
      -709,
    ];
    const values = [...ends, ...Array.from({ length: 2000 }, () => -750 + 1465 * random.uniform()), ...normals(random, 1002)]; // 14 ends: a multiple of 4
    const t = backends.start(0);
    const x = t.inout(values, "float64");
    t.direct("expF64", values.length, x);
    t.check();
    t.read(x, values.length, "float64").forEach((y, p) => {
      const v = values[p]!;
      if (v > 709.782712893384) expect(y).toBe(Infinity);
      else if (v < -745.2) expect(y).toBe(0);
      else expect(exactExp(v).ulps(y)).toBeLessThanOrEqual(1.5);
    });
  });
});

describe("oracle: rows", () => {
  eachTrial("passes", 40, (random, dtype, start) => {
    const [n, d] = [1 + random.below(20), 1 + random.below(30)];
    const width = roundUp(d + 1, 4);
    const size = sizeOf(dtype);
    const scale = pick(random, [1e-9, 1, 1e9]);
    const t = start();
    const gap = pick(random, [1, 3]);
    const source = t.input(normals(random, n * d * gap, scale), dtype);
    const [rowStride, columnStride] = random.below(2) === 0 ? [d * gap * size, gap * size] : [gap * size, n * gap * size];
    const isReversed = random.below(3) === 0;
    const [from, sign] = isReversed ? [source + (n - 1) * rowStride + (d - 1) * columnStride, -1] : [source, 1];
    const rows = t.room(n * width * size);
    t.direct(kernel("stageRows", dtype), n, d, from, sign * rowStride, sign * columnStride, random.normal(), rows, width, random.below(2));

    const [sums, low, high, squares] = [t.room(width * 8), t.room(width * size), t.room(width * size), t.room(width * 8)];
    t.direct(kernel("columnRange", dtype), n, width, rows, sums, low, high);
    const mean = t.input(normals(random, width, scale), dtype);
    const meanWide = t.input(normals(random, width, scale), "float64");
    t.direct(kernel("columnSpread", dtype), n, width, rows, meanWide, squares);
    const [centred, halfNorms] = [t.room(n * width * size), t.room(n * size)];
    t.direct(kernel("centerRows", dtype), n, width, rows, mean, random.normal(), centred, halfNorms);
    const [products, weighted] = [t.room(n * size), t.room(n * width * size)];
    t.direct(kernel("rowProducts", dtype), n, width, rows, mean, random.below(2) === 0 ? 0 : halfNorms, products);
    t.direct(kernel("weightRows", dtype), n, width, rows, mean, products, weighted);
    const indices = Array.from({ length: 7 }, () => random.below(n));
    const gathered = t.room(7 * width * size);
    t.direct(kernel("gatherRows", dtype), 7, width, weighted, t.input(indices, "int32"), gathered);
    const most = t.direct(kernel("vectorMaximum", dtype), n, products);
    t.check();

    const read = t.read(rows, n * width, dtype);
    const columns = Array.from({ length: width }, (_, c) => read.filter((_value, p) => p % width === c));
    expect(t.read(low, width, dtype)).toEqual(columns.map((column) => Math.min(...column)));
    expect(t.read(high, width, dtype)).toEqual(columns.map((column) => Math.max(...column)));
    expect(most).toBe(Math.max(...t.read(products, n, dtype)));
    const w = t.read(weighted, n * width, dtype);
    expect(t.read(gathered, 7 * width, dtype)).toEqual(indices.flatMap((i) => w.slice(i * width, (i + 1) * width)));
    const norms = t.read(halfNorms, n, dtype);
    const c = t.read(centred, n * width, dtype);
    for (let i = 0; i < n; i++) {
      const exact = c.slice(i * width, (i + 1) * width).reduce((sum, x) => sum + x * x, 0);
      expect(Math.abs(norms[i]! + exact / 2)).toBeLessThanOrEqual(gamma(width + 2, UNIT[dtype]) * exact);
    }
  });

  eachTrial("centring in place is the same", 5, (random, dtype, start) => {
    const [n, width] = [5, 12];
    const values = normals(random, n * width);
    const t = start();
    const [rows, mean] = [t.inout(values, dtype), t.input(normals(random, width), dtype)];
    const [copy, first, second] = [t.room(n * width * sizeOf(dtype)), t.room(n * sizeOf(dtype)), t.room(n * sizeOf(dtype))];
    t.direct(kernel("centerRows", dtype), n, width, rows, mean, 3, copy, first);
    t.direct(kernel("centerRows", dtype), n, width, rows, mean, 3, rows, second);
    t.check();
    expect(t.read(rows, n * width, dtype)).toEqual(t.read(copy, n * width, dtype));
    expect(t.read(second, n, dtype)).toEqual(t.read(first, n, dtype));
  });

  eachTrial("finds the first value that is not finite", 60, (random, dtype, start) => {
    const count = random.below(20);
    const values = normals(random, count, 1e30);
    const bad = Array.from({ length: random.below(3) }, () => random.below(20)).filter((index) => index < count);
    for (const index of bad) values[index] = pick(random, [NaN, Infinity, -Infinity]);
    const t = start();
    expect(t.direct(kernel("firstNonFinite", dtype), count, t.input(values, dtype))).toBe(bad.length === 0 ? -1 : Math.min(...bad));
    t.check();
  });
});

describe("oracle: landmarks", () => {
  eachTrial("distances, nearest centres and their sums", 40, (random, dtype, start) => {
    const size = sizeOf(dtype);
    const [n, centres, width] = [32 * (1 + random.below(3)), 1 + random.below(20), 4 * (1 + random.below(8))];
    const padded = roundUp(centres, 12);
    const t = start();
    const values = rounded(normals(random, n * width), dtype);
    const points = t.input(values, dtype);
    const chosen = rounded(normals(random, padded * width), dtype).map((x, p) => (p < centres * width ? x : 0));
    if (centres > 2) for (let c = 0; c < width; c++) chosen[2 * width + c] = chosen[c]!; // equal centres: the lower index wins
    const rows = t.input(chosen, dtype);
    const packed = t.room(padded * width * size);
    t.direct(kernel("packKeyRows", dtype), padded, width, rows, packed);
    const bias = Array.from({ length: padded }, (_, j) => {
      const row = chosen.slice(j * width, (j + 1) * width);
      return j < centres ? -row.reduce((sum, x) => sum + x * x, 0) / 2 : HIDDEN_SCORE[dtype];
    });
    const nearest = t.room(n * 4);
    const pointsPerTile = 32 * (1 + random.below(2));
    const args = t.args([n, width, centres, padded, points, packed, t.input(bias, dtype), nearest, pointsPerTile]);
    t.tiled(kernel("assign", dtype), args, Math.ceil(n / pointsPerTile));
    const weights = t.input(
      rounded(
        Array.from({ length: n }, () => random.uniform()),
        dtype,
      ),
      dtype,
    );
    const sums = t.inout(new Float64Array(centres * width), dtype);
    const totals = t.inout(new Float64Array(centres), dtype);
    t.direct(kernel("accumulateCentres", dtype), n, width, points, nearest, weights, sums, totals);
    const distances = t.inout(
      Array.from({ length: n }, () => 2 * width * random.uniform()),
      dtype,
    );
    t.direct(kernel("shrinkDistances", dtype), n, width, points, rows, distances);
    t.check();

    const squared = (i: number, j: number): number => {
      let sum = 0;
      for (let c = 0; c < width; c++) sum += (values[i * width + c]! - chosen[j * width + c]!) ** 2;
      return sum;
    };
    t.read(nearest, n, "int32").forEach((j, i) => {
      expect(j === 2 && centres > 2).toBe(false);
      const best = Math.min(...Array.from({ length: centres }, (_, other) => squared(i, other)));
      expect(squared(i, j)).toBeLessThanOrEqual(best + 100 * width * UNIT[dtype]); // near ties may fall either way
    });
    t.read(distances, n, dtype).forEach((distance, i) => {
      expect(distance).toBeLessThanOrEqual(squared(i, 0) * (1 + gamma(width + 3, UNIT[dtype])));
    });
  });
});

describe("oracle: triangular", () => {
  const spd = (random: TestRandom, n: number, scale: number): number[][] => {
    const G = Array.from({ length: n }, () => normals(random, n));
    const dot = (x: number[], y: number[]): number => x.reduce((sum, value, k) => sum + value * y[k]!, 0);
    return G.map((row, i) => G.map((other, j) => scale * (dot(row, other) / n + (i === j ? 0.1 : 0))));
  };
  /** Rows with `extra` columns that hold NaN: nobody may read them. */
  const laid = (A: number[][], extra: number): number[] => A.flatMap((row) => [...row, ...Array.from({ length: extra }, () => NaN)]);

  it("cholesky", () => {
    const random = testRandom("cholesky");
    for (const n of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 16, 17, 23, 40, 41]) {
      for (const scale of [1e-300, 1e-150, 1e-9, 1, 1e9, 1e150]) {
        const A = spd(random, n, scale);
        const extra = random.below(4);
        const t = backends.start(0);
        const address = t.inout(laid(A, extra), "float64");
        expect(t.direct("cholesky", n, (n + extra) * 8, address)).toBe(0);
        t.check();
        const L = t.read(address, n * (n + extra), "float64");
        const at = (i: number, j: number): number => L[i * (n + extra) + j]!;
        const truth = n === 0 ? [] : choleskyOracle(fromNested(A)).data;
        for (let i = 0; i < n; i++) {
          for (let j = 0; j < n; j++) {
            if (j > i) expect(at(i, j)).toBe(A[i]![j]);
            else {
              assertWithin(at(i, j), truth[i * n + j]!, 1e-12 * Math.sqrt(A[i]![i]!)); // condition at most some 50 n
              let product = 0;
              for (let k = 0; k <= j; k++) product += at(i, k) * at(j, k);
              // |A − LLᵀ| <= γ_(n+1) |L||Lᵀ|, whose entries are at most √(a_ii a_jj)
              assertWithin(product, A[i]![j]!, 2 * gamma(n + 2, 2 ** -53) * Math.sqrt(A[i]![i]!) * Math.sqrt(A[j]![j]!));
            }
          }
        }
      }
    }
  });

  it("names the pivot that is not positive, and leaves its value", () => {
    const random = testRandom("indefinite");
    for (const n of [1, 3, 4, 6, 9, 14]) {
      for (let bad = 0; bad < n; bad++) {
        for (const value of [0, -1, -1e-310, NaN]) {
          const A = spd(random, n, 1);
          for (let j = 0; j < n; j++) A[bad]![j] = 0;
          A[bad]![bad] = value;
          const t = backends.start(0);
          const address = t.inout(laid(A, 0), "float64");
          expect(t.direct("cholesky", n, n * 8, address)).toBe(bad + 1);
          expect(t.read(address + (bad * n + bad) * 8, 1, "float64")[0]).toBe(value);
          if (!Number.isNaN(value)) t.check();
        }
      }
    }
  });

  it("subnormal pivots", () => {
    const t = backends.start(0);
    const address = t.inout([4e-320, 0, 2e-320, 5e-320], "float64"); // of 4 digits
    expect(t.direct("cholesky", 2, 16, address)).toBe(0);
    t.check();
    expect(t.read(address, 1, "float64")[0]).toBe(Math.sqrt(4e-320));
  });

  it("solveTriangular", () => {
    const random = testRandom("solve");
    for (const n of [0, 1, 2, 5, 8, 13]) {
      for (const columns of [2, 6, 8, 10, 18]) {
        for (const lower of [0, 1]) {
          for (const unit of [0, 1]) {
            for (const isTransposed of [false, true]) {
              const T = Array.from({ length: n }, (_, i) =>
                Array.from({ length: n }, (_, j) =>
                  i === j ? (unit === 1 ? NaN : 1 + random.uniform()) : j < i === (lower === 1) ? random.normal() / n : NaN,
                ),
              );
              const stored = isTransposed ? T.map((_, i) => T.map((row) => row[i]!)) : T;
              const B = normals(random, n * columns);
              const t = backends.start(random.below(3) - 1);
              const [tAddress, address] = [t.input(stored.flat(), "float64"), t.inout(B, "float64")];
              const [rowStride, columnStride] = isTransposed ? [8, n * 8] : [n * 8, 8];
              t.direct("solveTriangular", n, tAddress, rowStride, columnStride, lower, unit, columns, address, columns * 8);
              t.check();
              const X = t.read(address, n * columns, "float64");
              B.forEach((b, p) => {
                const [i, c] = [Math.floor(p / columns), p % columns];
                let [sum, size] = [0, 0];
                for (let j = 0; j < n; j++) {
                  if (i !== j && j < i !== (lower === 1)) continue;
                  const term = (i === j && unit === 1 ? 1 : T[i]![j]!) * X[j * columns + c]!;
                  sum += term;
                  size += Math.abs(term);
                }
                assertWithin(sum, b, 2 * gamma(n + 2, 2 ** -53) * (size + Math.abs(b))); // backward stable
              });
            }
          }
        }
      }
    }
  });
});
