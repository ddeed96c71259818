/**
 * Which kernel, and which of its parameters: checked once, so that an option without effect is refused.
 *
 * Source: textbook kernels.
 */
import { assertFinite, assertInRange, assertInteger, assertKnownOptions, assertOneOf, OptionError } from "@subquad/linalg-core";
import type { VectorInput } from "@subquad/linalg-core";
import { vectorEntries } from "@subquad/linalg-core/kernels";

const KERNELS = ["gaussian", "exp", "laplace", "matern32", "matern52", "polynomial", "linear"] as const;

/** The kernels with a name; see the head of kernel-oracle.ts for their formulas. */
export type KernelName = (typeof KERNELS)[number];

/** A kernel by name, or a symmetric function of two points (views that it must neither keep nor write). */
export type KernelSpec = KernelName | ((x: Float64Array, y: Float64Array) => number);

export interface KernelOracleOptions {
  /** κ. Default "gaussian". */
  readonly kernel?: KernelSpec;
  /** ℓ: the unit of distance of gaussian, laplace and Matérn kernels. In [1e-150, 1e150]. Default 1. */
  readonly lengthScale?: number;
  /** σ: factor of the inner product in exp, polynomial and linear kernels. In [1e-150, 1e150]. Default 1. */
  readonly scale?: number;
  /** p: degree of the polynomial kernel; integer in [1, 16]. Default 2. */
  readonly degree?: number;
  /** c: constant of the polynomial kernel, nonnegative. Default 0. */
  readonly offset?: number;
  /** w: [N]; entry ij is multiplied by e^(−w_i − w_j). Default none. */
  readonly logWeights?: VectorInput;
}

/** A kernel with its parameters checked. */
export interface KernelShape {
  readonly kernel: KernelName | "function";
  /** The function, when the kernel is one; never called otherwise. */
  readonly evaluate: (x: Float64Array, y: Float64Array) => number;
  /** ℓ. */
  readonly lengthScale: number;
  /** σ. */
  readonly scale: number;
  readonly degree: number;
  readonly offset: number;
  /** w; zeros where none were given. */
  readonly weights: Float64Array;
}

/** Whether a kernel is a function of r alone. */
export function isDistanceKernel(kernel: KernelShape["kernel"]): boolean {
  return kernel === "gaussian" || kernel === "laplace" || kernel === "matern32" || kernel === "matern52";
}

/** The checked options, with defaults. */
export function kernelShape(where: string, options: KernelOracleOptions, N: number): KernelShape {
  assertKnownOptions(where, options, ["kernel", "lengthScale", "scale", "degree", "offset", "logWeights"]);
  const { kernel = "gaussian", lengthScale = 1, scale = 1, degree = 2, offset = 0, logWeights } = options;
  if (typeof kernel !== "function") assertOneOf(where, { kernel }, KERNELS);
  const name = typeof kernel === "function" ? "function" : kernel;
  const isOfProducts = name === "exp" || name === "polynomial" || name === "linear";
  refuse(where, name, { lengthScale: options.lengthScale }, isDistanceKernel(name), "a distance kernel");
  refuse(where, name, { scale: options.scale }, isOfProducts, "a kernel of inner products");
  refuse(where, name, { degree: options.degree, offset: options.offset }, kernel === "polynomial", "the polynomial kernel");
  assertInRange(where, { lengthScale, scale }, 1e-150, 1e150);
  assertInteger(where, { degree }, 1, 16);
  assertInRange(where, { offset }, 0, 1e150);
  return {
    kernel: name,
    evaluate: typeof kernel === "function" ? kernel : () => NaN,
    lengthScale,
    scale,
    degree: kernel === "polynomial" ? degree : 1,
    offset: kernel === "polynomial" ? offset : 0,
    weights: logWeights === undefined ? new Float64Array(N) : weightVector(where, logWeights, N),
  };
}

function refuse(where: string, kernel: string, options: Readonly<Record<string, unknown>>, isUsed: boolean, user: string): void {
  if (isUsed) return;
  for (const [option, value] of Object.entries(options)) {
    if (value !== undefined) throw new OptionError(where, option, `${option} with ${user} only, not with kernel ${kernel}`, value);
  }
}

function weightVector(where: string, logWeights: VectorInput, N: number): Float64Array {
  const w = vectorEntries(logWeights, N, `${where}(logWeights)`);
  assertFinite(w, `${where}(logWeights)`);
  return w;
}
