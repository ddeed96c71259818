import { gaussianArray, layouts, strided } from "@subquad/test-kit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kernelOracle, type KernelName, type KernelOracleOptions } from "../src/kernel-oracle.js";
import { entriesOf } from "./dense.js";
import { codeOf } from "./failures.js";

const names: readonly KernelName[] = ["gaussian", "exp", "laplace", "matern32", "matern52", "polynomial", "linear"];

/** The formulas, entry by entry, with the engine's own exp. */
function reference(x: ArrayLike<number>, y: ArrayLike<number>, kernel: KernelName, o: KernelOracleOptions): number {
  const { lengthScale = 1, scale = 1, degree = 2, offset = 0 } = o;
  let product = 0, square = 0; // prettier-ignore
  for (let l = 0; l < x.length; l++) {
    product += x[l]! * y[l]!;
    square += ((x[l]! - y[l]!) / lengthScale) ** 2;
  }
  const r = Math.sqrt(square);
  switch (kernel) {
    case "gaussian":
      return Math.exp(-square / 2);
    case "laplace":
      return Math.exp(-r);
    case "matern32":
      return (1 + Math.sqrt(3) * r) * Math.exp(-Math.sqrt(3) * r);
    case "matern52":
      return (1 + Math.sqrt(5) * r + (5 / 3) * square) * Math.exp(-Math.sqrt(5) * r);
    case "exp":
      return Math.exp(scale * product);
    case "polynomial":
      return (scale * product + offset) ** degree;
    case "linear":
      return scale * product;
  }
}

const parameters: Readonly<Record<KernelName, KernelOracleOptions>> = {
  gaussian: { lengthScale: 1.7 },
  laplace: { lengthScale: 0.6 },
  matern32: { lengthScale: 2.5 },
  matern52: { lengthScale: 1.1 },
  exp: { scale: 0.3 },
  polynomial: { scale: 0.4, offset: 1.5, degree: 3 },
  linear: { scale: 2 },
};

describe("oracle", () => {
  for (const kernel of names) {
    it(`${kernel}: the formula, within the error it states, few and many coordinates, small and large blocks`, () => {
      for (const d of [1, 3, 8, 9, 40]) {
        const X = gaussianArray([90, d], { seed: `${kernel} ${d}`, mean: 3, deviation: 1 / Math.sqrt(d) });
        const w = gaussianArray([90], { seed: `w ${d}` });
        for (const logWeights of [undefined, w]) {
          const oracle = kernelOracle(X, { kernel, ...parameters[kernel], ...(logWeights === undefined ? {} : { logWeights }) });
          const K = entriesOf(oracle);
          const diagonal = new Float64Array(90);
          oracle.diagonal(diagonal);
          // the reference errs too: d products of size at most ‖x‖² ≈ 10 d, and two roundings more
          const allowed = oracle.relativeError! + (d + 8) * 2 ** -52 * 40;
          for (let i = 0; i < 90; i++) {
            const x = X.data.slice(i * d, (i + 1) * d);
            for (let j = 0; j < 90; j++) {
              const y = X.data.slice(j * d, (j + 1) * d);
              const weight = logWeights === undefined ? 1 : Math.exp(-w.data[i]! - w.data[j]!);
              const wanted = reference(x, y, kernel, parameters[kernel]) * weight;
              expect(Math.abs(K[i * 90 + j]! - wanted)).toBeLessThanOrEqual(allowed * Math.sqrt(diagonal[i]! * diagonal[j]!));
            }
            expect(K[i * 90 + i]).toBe(diagonal[i]);
          }
        }
      }
    });
  }
  it("a function of two points", () => {
    const X = gaussianArray([20, 4]);
    const oracle = kernelOracle(X, { kernel: (x, y) => 1 + x[0]! * y[0]!, logWeights: new Float64Array(20).fill(Math.LN2) });
    const K = entriesOf(oracle);
    for (let i = 0; i < 20; i++) {
      for (let j = 0; j < 20; j++) expect(K[i * 20 + j]).toBeCloseTo((1 + X.data[4 * i]! * X.data[4 * j]!) / 4, 12);
    }
    expect(oracle.positiveSemidefinite).toBeUndefined();
  });
  it("a named kernel says that it is positive semidefinite", () => {
    for (const kernel of names) expect(kernelOracle([[0], [1]], { kernel }).positiveSemidefinite).toBe(true);
  });
});

describe("laws", () => {
  it("shifting all points changes no distance kernel beyond rounding of the points", () => {
    const X = gaussianArray([50, 12]);
    const far = { ...X, data: X.data.map((x) => x + 4096) };
    const a = entriesOf(kernelOracle(X)), b = entriesOf(kernelOracle(far)); // prettier-ignore
    // shifted coordinates carry an error of 2^-41 each, which moves r by at most 12 of them
    for (let e = 0; e < a.length; e++) expect(Math.abs(a[e]! - b[e]!)).toBeLessThanOrEqual(24 * 2 ** -41);
  });
  it("exp with weights ‖x‖²/2 is the Gaussian kernel", () => {
    const X = gaussianArray([40, 5], { deviation: 3 });
    const logWeights = Float64Array.from({ length: 40 }, (_, i) => X.data.slice(5 * i, 5 * i + 5).reduce((s, x) => s + (x * x) / 2, 0));
    const a = entriesOf(kernelOracle(X)), b = entriesOf(kernelOracle(X, { kernel: "exp", logWeights })); // prettier-ignore
    for (let e = 0; e < a.length; e++) expect(Math.abs(a[e]! - b[e]!)).toBeLessThanOrEqual(1e-13); // exponents up to 100, 8 roundings
  });
  it("any layout of the points gives the same bits, and the points are copied", () => {
    for (const d of [3, 20]) {
      const X = gaussianArray([30, d]);
      const wanted = entriesOf(kernelOracle(X));
      for (const layout of layouts) expect(entriesOf(kernelOracle(strided(X, layout)))).toEqual(wanted);
      const oracle = kernelOracle(X);
      X.data.fill(0);
      expect(entriesOf(oracle)).toEqual(wanted);
    }
  });
  it("a block is the same however it is asked for, within rounding", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...names),
        fc.constantFrom(2, 30),
        fc.array(fc.nat(59), { minLength: 1, maxLength: 8 }),
        (kernel, d, picked) => {
          const oracle = kernelOracle(gaussianArray([60, d], { deviation: 0.3 }), { kernel });
          const K = entriesOf(oracle);
          const columns = Int32Array.from(picked);
          const out = new Float64Array(7 * columns.length);
          oracle.block(20, 27, columns, out);
          for (let e = 0; e < out.length; e++) {
            const wanted = K[(20 + Math.floor(e / columns.length)) * 60 + columns[e % columns.length]!]!;
            expect(Math.abs(out[e]! - wanted)).toBeLessThanOrEqual(1e-13 * Math.max(1, Math.abs(wanted))); // products may be fused in one path only
          }
        },
      ),
      { seed: 4, numRuns: 60 },
    );
  });
});

describe("errors", () => {
  const X = [[0, 1], [2, 3], [4, 5]]; // prettier-ignore
  it("points", () => {
    expect(codeOf(() => kernelOracle([[0, NaN]]))).toBe("ERR_NON_FINITE points");
    expect(codeOf(() => kernelOracle([[0, 1], [-Infinity, 1]]))).toBe("ERR_NON_FINITE points"); // prettier-ignore
    expect(codeOf(() => kernelOracle({ data: new Float64Array(3), shape: [3], stride: [1], offset: 0 }))).toBe("ERR_SHAPE points");
    expect(codeOf(() => kernelOracle([[0, 1], [2]]))).toBe("ERR_SHAPE points"); // prettier-ignore
    expect(codeOf(() => kernelOracle([[0], [1e200]]))).toBe("ERR_ASSUMPTION points");
  });
  it("options", () => {
    expect(codeOf(() => kernelOracle(X, { kernel: "rbf" as KernelName }))).toBe("ERR_OPTION kernel");
    for (const bad of [NaN, 0, -1, Infinity, "1" as unknown as number]) {
      expect(codeOf(() => kernelOracle(X, { lengthScale: bad }))).toBe("ERR_OPTION lengthScale");
      expect(codeOf(() => kernelOracle(X, { kernel: "exp", scale: bad }))).toBe("ERR_OPTION scale");
    }
    for (const bad of [0, 17, 1.5, NaN])
      expect(codeOf(() => kernelOracle(X, { kernel: "polynomial", degree: bad }))).toBe("ERR_OPTION degree");
    expect(codeOf(() => kernelOracle(X, { kernel: "polynomial", offset: -1 }))).toBe("ERR_OPTION offset");
    expect(codeOf(() => kernelOracle(X, { logWeights: [1, 2] }))).toBe("ERR_SHAPE logWeights");
    expect(codeOf(() => kernelOracle(X, { logWeights: [1, 2, NaN] }))).toBe("ERR_NON_FINITE logWeights");
    expect(codeOf(() => kernelOracle(X, { sigma: 1 } as KernelOracleOptions))).toBe("ERR_OPTION sigma");
    expect(codeOf(() => kernelOracle(X, null as unknown as KernelOracleOptions))).toBe("ERR_OPTION options");
  });
  it("an option that the kernel does not use", () => {
    expect(codeOf(() => kernelOracle(X, { scale: 1 }))).toBe("ERR_OPTION scale");
    expect(codeOf(() => kernelOracle(X, { kernel: "exp", lengthScale: 1 }))).toBe("ERR_OPTION lengthScale");
    expect(codeOf(() => kernelOracle(X, { kernel: "linear", degree: 2 }))).toBe("ERR_OPTION degree");
    expect(codeOf(() => kernelOracle(X, { kernel: () => 1, scale: 1 }))).toBe("ERR_OPTION scale");
  });
  it("an exponential that overflows: weights are the remedy", () => {
    const far = [[30], [1]];
    expect(codeOf(() => kernelOracle(far, { kernel: "exp" }))).toBe("ERR_ASSUMPTION points");
    expect(() => kernelOracle(far, { kernel: "exp" })).toThrow(/logWeights/);
    expect(codeOf(() => kernelOracle(far, { kernel: "exp", logWeights: [450, 0.5] }))).toBe("no error");
    expect(codeOf(() => kernelOracle([[1e100]], { kernel: "polynomial", degree: 4 }))).toBe("ERR_NON_FINITE kernel");
  });
});

describe("degenerate", () => {
  it("no points, no coordinates, one point", () => {
    expect(kernelOracle({ data: new Float64Array(0), shape: [0, 3], stride: [3, 1], offset: 0 }).size).toBe(0);
    const K = entriesOf(kernelOracle({ data: new Float64Array(0), shape: [4, 0], stride: [0, 1], offset: 0 }));
    expect(K.every((entry) => entry === 1)).toBe(true);
    expect(entriesOf(kernelOracle([[7]]))).toEqual(Float64Array.of(1));
  });
  it("equal points give exactly 1, far ones 0, at every scale", () => {
    for (const unit of [1e-100, 1e-9, 1, 1e9, 1e100]) {
      const K = entriesOf(kernelOracle([[unit, unit], [unit, unit], [1e4 * unit, unit]], { lengthScale: unit })); // prettier-ignore
      expect(K).toEqual(Float64Array.of(1, 1, 0, 1, 1, 0, 0, 0, 1));
    }
  });
});
