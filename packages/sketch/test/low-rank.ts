/** What the tests of low-rank factors share: matrices of known singular values as arrays, and how much is run. */
import { view, type Certificate, type NdArray } from "@subquad/linalg-core";
import { kahan, spectra, withSingularValues, type Known } from "./spectra.js";

/** Sizes of the matrices, and the rank that is wanted. */
export const [m, n, k] = [60, 40, 8];

export const cases: Readonly<Record<string, Known>> = {
  ...Object.fromEntries(Object.entries(spectra).map(([name, s]) => [name, withSingularValues(m, n, s, name)])),
  kahan: kahan(40, 1.2),
};

/** 100 seeds, 1000 in the full profile. */
export const seeds =
  (globalThis as { readonly process?: { readonly env?: Record<string, string | undefined> } }).process?.env?.SUBQUAD_TEST_PROFILE === "full"
    ? 1000
    : 100;

export function asArray({ A, shape }: Known): NdArray {
  return view(A, shape);
}

export function boundOf(certificate: Certificate): number {
  if (certificate.kind === "none") throw new Error("a certificate is missing");
  return certificate.bound;
}
