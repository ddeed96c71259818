// One seeded run through every package in deterministic mode. Every runtime must print the same hash.
import { openSafetensors, writeSafetensors } from "@subquad/array-io";
import { attention } from "@subquad/attention-approx";
import { backend, closePool, configure, matmul, ready, rngFor, view, type NdArray } from "@subquad/linalg-core";

export interface SeededResult {
  readonly backend: string;
  readonly threads: number;
  readonly method: string;
  readonly certificate: string;
  readonly hash: string;
}

/** Attention on smooth points and a product, hashed bit for bit. */
export async function seeded(): Promise<SeededResult> {
  configure({ deterministic: true });
  await ready(); // so that the threads below are those that have answered
  const [q, k, v] = [points("q"), points("k"), points("v")];
  const { output, method, certificate } = await attention(q, k, v, { tolerance: 3e-2, seed: "consumer" });
  const file = await openSafetensors(writeSafetensors({ output }));
  const product = matmul(await file.read("output"), points("w"), { transposeA: true });
  const { name, threads } = backend();
  await closePool();
  return { backend: name, threads, method, certificate: certificate.kind, hash: `${hash(output)}-${hash(product)}` };
}

function points(name: string): NdArray {
  const rng = rngFor("consumer", `consumer/${name}`);
  return view(
    Float32Array.from({ length: 1536 * 8 }, () => 0.4 * rng.normal()),
    [1536, 8],
  );
}

/** FNV-1a over the bytes, as two 32-bit halves with different offsets. */
function hash(A: NdArray): string {
  const bytes = new Uint8Array(A.data.buffer, A.data.byteOffset, A.data.byteLength);
  let low = 0x811c9dc5;
  let high = 0x9747b28c;
  for (const byte of bytes) {
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ byte, 0x01000193) ^ (low >>> 15);
  }
  return [low, high].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}
