import { matmul, matmulAsync } from "../../src/dense/matmul.js";
import { backend, closePool } from "../../src/runtime/environment.js";
import { shared, SHARED_KEY } from "../../src/runtime/shared.js";
import type { RunControl } from "../../src/steps.js";

/** Forgets the loaded backend, the pool and all settings, as if the package had just been imported. */
export async function forgetRuntime(): Promise<void> {
  await closePool();
  Reflect.deleteProperty(globalThis, SHARED_KEY);
}

/** A matrix of numbers that differ, exact in float32: no seed needed. */
export function numbers(rows: number, columns: number): { data: Float64Array; shape: number[]; stride: number[]; offset: number } {
  const data = Float64Array.from({ length: rows * columns }, (_, i) => ((i * 7919) % 1013) / 1024 - 0.5);
  return { data, shape: [rows, columns], stride: [columns, 1], offset: 0 };
}

/** The bits of A A, in hexadecimal words, by the synchronous form. */
export function squareBits(n: number): string {
  const A = numbers(n, n);
  return bits(matmul(A, A).data);
}

/** The same by the asynchronous form. */
export async function squareBitsAsync(n: number, control: RunControl = {}): Promise<string> {
  const A = numbers(n, n);
  return bits((await matmulAsync(A, A, control)).data);
}

export function bits(data: ArrayBufferView): string {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  let hash = 2166136261;
  for (const word of words) hash = Math.imul(hash ^ word, 16777619);
  return `${words.length}:${(hash >>> 0).toString(16)}`;
}

/** Runs `work` with a property of an object replaced. */
export async function withReplaced<R>(owner: object, name: string, value: unknown, work: () => R | Promise<R>): Promise<R> {
  const descriptor = Object.getOwnPropertyDescriptor(owner, name)!;
  if (value === undefined) Reflect.deleteProperty(owner, name);
  else Object.defineProperty(owner, name, { ...descriptor, ...("value" in descriptor ? { value } : { get: () => value }) });
  try {
    return await work();
  } finally {
    Object.defineProperty(owner, name, descriptor);
  }
}

/** Why nothing better runs, but for the class of arrays, which is no matter of the runtime. */
export function reasons(): readonly string[] {
  return backend().reasons.filter((reason) => !reason.startsWith("csp: "));
}

/** Whether a pool is up. */
export function hasPool(): boolean {
  return shared().pool !== undefined;
}
