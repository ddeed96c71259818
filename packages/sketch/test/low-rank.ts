/** What the tests of low-rank factors share: matrices of known singular values as arrays, and how much is run. */
import { svd, view, type Certificate, type NdArray } from "@subquad/linalg-core";
import { valuesOf } from "./dense.js";
import { frobenius, kahan, spectra, withSingularValues, type Known } from "./spectra.js";
import { isFull } from "./tails.js";

/** Sizes of the matrices, and the rank that is wanted. */
export const [m, n, k] = [60, 40, 8];

export const cases: Readonly<Record<string, Known>> = {
  ...Object.fromEntries(Object.entries(spectra).map(([name, s]) => [name, withSingularValues(m, n, s, name)])),
  kahan: kahan(40, 1.2),
};

/** 100 seeds, 1000 in the full profile. */
export const seeds = isFull ? 1000 : 100;

/** √Σ_(j > rank) σ_j²: what the best rank leaves. */
export function tailOf(known: Known, rank: number): number {
  return frobenius(valuesOf(view(svd(asArray(known), { vectors: "none" }).s.data, [Math.min(...known.shape), 1])).slice(rank));
}

export function asArray({ A, shape }: Known): NdArray {
  return view(A, shape);
}

export function boundOf(certificate: Certificate): number {
  if (certificate.kind === "none") throw new Error("a certificate is missing");
  return certificate.bound;
}
