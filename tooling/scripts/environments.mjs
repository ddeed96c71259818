// What the projects node-without-wasm and node-without-codegen of vitest.config.ts leave out, and why.

/** Files about the binaries themselves, about the pool, which needs their memory, or about libraries that need WebAssembly: there is nothing to test without it. */
export const aboutWebAssembly = [
  "packages/linalg-core/test/js-kernels*.test.ts",
  "packages/linalg-core/test/array/foreign.node.test.ts",
  "packages/linalg-core/test/same-bits.test.ts",
  "packages/linalg-core/test/runtime/binary.test.ts",
  "packages/linalg-core/test/runtime/{loader,pool,process}.node.test.ts",
  "packages/attention-approx/test/threads.node.test.ts",
];

/** Files that need ndarray-ops, which compiles code from strings. */
export const aboutCodeGeneration = ["packages/linalg-core/test/ops.node.test.ts"];

/**
 * Files that take the plain kernels more than about 5 s of a processor. Every `npm test` runs the others without WebAssembly, in some 90 s of two
 * processors; `npm run test:full` runs these too. A new file runs until it is found to be slow.
 */
export const slowWithoutWebAssembly = [
  "packages/attention-approx/test/attention.test.ts",
  "packages/attention-approx/test/certificate.test.ts",
  "packages/attention-approx/test/control.test.ts",
  "packages/attention-approx/test/errors.test.ts",
  "packages/attention-approx/test/issue-02.test.ts",
  "packages/attention-approx/test/laws.test.ts",
  "packages/attention-approx/test/memory.node.test.ts",
  "packages/attention-approx/test/nystrom.test.ts",
  "packages/attention-approx/test/plan.test.ts",
  "packages/attention-approx/test/real-heads.node.test.ts",
  "packages/linalg-core/test/blocked-factorizations.node.test.ts",
  "packages/linalg-core/test/blocked-factorizations.test.ts",
  "packages/linalg-core/test/cholesky.test.ts",
  "packages/linalg-core/test/conjugate-gradient.test.ts",
  "packages/linalg-core/test/eig-symmetric-internals.test.ts",
  "packages/linalg-core/test/eig-symmetric-threads.test.ts",
  "packages/linalg-core/test/eig-symmetric.test.ts",
  "packages/linalg-core/test/exp-action.test.ts",
  "packages/linalg-core/test/exp-gemm.test.ts",
  "packages/linalg-core/test/fft.test.ts",
  "packages/linalg-core/test/fwht.test.ts",
  "packages/linalg-core/test/gram-threads.test.ts",
  "packages/linalg-core/test/issue-02.node.test.ts",
  "packages/linalg-core/test/lanczos.test.ts",
  "packages/linalg-core/test/least-squares-threads.test.ts",
  "packages/linalg-core/test/lu-threads.test.ts",
  "packages/linalg-core/test/lu.test.ts",
  "packages/linalg-core/test/math.test.ts",
  "packages/linalg-core/test/matmul.test.ts",
  "packages/linalg-core/test/pack-signs.test.ts",
  "packages/linalg-core/test/product-bound.test.ts",
  "packages/linalg-core/test/products.test.ts",
  "packages/linalg-core/test/qr-internals.test.ts",
  "packages/linalg-core/test/qr-pivoted.test.ts",
  "packages/linalg-core/test/qr-threads.test.ts",
  "packages/linalg-core/test/qr.test.ts",
  "packages/linalg-core/test/rfft.test.ts",
  "packages/linalg-core/test/rng.test.ts",
  "packages/linalg-core/test/runtime/arena.test.ts",
  "packages/linalg-core/test/runtime/transfer.test.ts",
  "packages/linalg-core/test/sign-products.test.ts",
  "packages/linalg-core/test/solve-threads.test.ts",
  "packages/linalg-core/test/solve.test.ts",
  "packages/linalg-core/test/sparse-gram.test.ts",
  "packages/linalg-core/test/streaming.test.ts",
  "packages/linalg-core/test/svd-threads.test.ts",
  "packages/linalg-core/test/svd.test.ts",
  "packages/linalg-core/test/triangular.test.ts",
  "packages/sketch/test/embedding-dimension.test.ts",
  "packages/sketch/test/honest-certificates.test.ts",
  "packages/sketch/test/issue-02.test.ts",
  "packages/sketch/test/leverage.test.ts",
  "packages/sketch/test/low-rank-quality.test.ts",
  "packages/sketch/test/psd-low-rank.test.ts",
  "packages/sketch/test/qb.test.ts",
  "packages/sketch/test/sample-size.test.ts",
];
