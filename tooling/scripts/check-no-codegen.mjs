// Calls every public function of every package once under `node --disallow-code-generation-from-strings`, as a page with a strict
// Content-Security-Policy would, with the WebAssembly kernels and with the plain ones. A function without a call here fails the check.
import { spawnSync } from "node:child_process";
import { basename, join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { root } from "./bootstrap.mjs";
import { packageFolders } from "./subpaths.mjs";

const flag = "--disallow-code-generation-from-strings";
if (process.execArgv.includes(flag)) await callAll(process.argv[2]);
else {
  for (const backend of ["auto", "js"]) {
    const { status } = spawnSync(process.execPath, [flag, fileURLToPath(import.meta.url), backend], { cwd: root, stdio: "inherit" });
    if (status !== 0) process.exitCode = 1;
  }
}

async function callAll(backend) {
  if (!refused(() => new Function("return 1")())) throw new Error(`${flag} does not hold`);
  const packages = {};
  for (const folder of packageFolders) packages[basename(folder)] = await import(pathToFileURL(join(folder, "dist/index.js")).href);
  packages["linalg-core"].configure({ backend });
  const calls = callsOf(packages);
  let count = 0;
  const problems = [];
  for (const [name, module] of Object.entries(packages)) {
    for (const [exported, value] of Object.entries(module)) {
      if (typeof value !== "function" || /^[A-Z]/.test(exported)) continue; // classes are errors, made by the functions that throw them
      const call = calls[name]?.[exported];
      if (!call) problems.push(`${name}: no call of ${exported} in tooling/scripts/check-no-codegen.mjs`);
      else
        try {
          await call(module);
          count++;
        } catch (error) {
          problems.push(`${name}: ${exported}: ${error.stack}`);
        }
    }
  }
  const { name } = packages["linalg-core"].backend();
  await packages["linalg-core"].closePool();
  for (const problem of problems) console.error(problem);
  console.log(`${count} functions called without code generation on ${name}, ${problems.length} problems`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}

/** One call of each function on small inputs; async ones return their promise. */
function callsOf({ "linalg-core": core, "array-io": io, sketch, "attention-approx": attention }) {
  const random = (rows, columns, name) => {
    const rng = core.rngFor("0", `no-codegen/${name}`);
    return core.view(
      Float64Array.from({ length: rows * columns }, () => rng.normal()),
      [rows, columns],
    );
  };
  const A = random(6, 4, "A");
  const [q, k, v] = ["q", "k", "v"].map((name) => random(40, 4, name));
  const [Q, K, V] = ["Q", "K", "V"].map((name) => random(1100, 4, name)); // enough pairs for an approximation
  const spd = core.matmul(A, A, { transposeA: true });
  return {
    "linalg-core": {
      array: () => core.array([[1, 2]]),
      asArray: () => core.asArray([[1, 2]], "f(A)"),
      assert: () => core.assert(true, "never"),
      assertBoolean: () => core.assertBoolean("f", { causal: true }),
      assertFinite: () => core.assertFinite(A, "f(A)"),
      assertInRange: () => core.assertInRange("f", { tolerance: 1 }, 0, 1),
      assertInteger: () => core.assertInteger("f", { rank: 1 }, 0, 1),
      assertKnownOptions: () => core.assertKnownOptions("f", { rank: 1 }, ["rank"]),
      assertOneOf: () => core.assertOneOf("f", { method: "exact" }, ["exact"]),
      backend: () => core.backend(),
      backwardError: () => core.backwardError(spd, q.pick(0, null), q.pick(1, null)),
      cholesky: () => core.cholesky(spd),
      choleskyAsync: () => core.choleskyAsync(spd, { pivot: true }),
      circularConvolve: () => core.circularConvolve([1, 2, 3], [0, 1, 0]),
      circularConvolveAsync: () => core.circularConvolveAsync([1, 2, 3], [0, 1, 0]),
      closePool: () => core.closePool(),
      column: () => core.column(A, 0),
      conditionBound: () => core.conditionBound(core.qr(A).R),
      conditionEstimate: () => core.conditionEstimate(spd),
      configure: () => core.configure({}),
      conjugateGradient: () => core.conjugateGradient(spd, [1, 2, 3, 4]),
      conjugateGradientSync: () => core.conjugateGradientSync(spd, [1, 2, 3, 4]),
      copy: () => core.copy(core.transpose(A)),
      csr: () => core.csr([1, 2], [0, 1], [1], [3]),
      csrFromDense: () => core.csrFromDense(A),
      csrFromTriplets: () => core.csrFromTriplets([2, 2], [1, 0], [0, 1], [3, 4]),
      csrToDense: () => core.csrToDense(core.csrFromDense(A).transpose()),
      denseCopy: () => core.denseCopy(core.transpose(A), "float32"),
      dot: () => core.dot([1, 2], [3, 4]),
      dtypeOf: () => core.dtypeOf(A),
      eigSymmetric: () => core.eigSymmetric(core.matmul(Q, Q, { transposeA: true })),
      eigSymmetricAsync: () => core.eigSymmetricAsync(spd, { method: "qr" }),
      exp: () => core.exp(A),
      expAction: () => core.expAction(spd, [1, 2, 3, 4], { time: -1 }),
      expActionSync: () => core.expActionSync(spd, [1, 2, 3, 4], { time: -1 }),
      fft: () => core.fft(A, null),
      fftAsync: () => core.fftAsync(A, A, { inverse: true }),
      full: () => core.full([2, 2], 1),
      fwht: () => core.fwht(A),
      fwhtAsync: () => core.fwhtAsync(A),
      gram: () => core.gram(A),
      gramAsync: () => core.gramAsync(A),
      identity: () => core.identity(3),
      irfft: () => core.irfft(core.rfft(A), 4),
      irfftAsync: () => core.irfftAsync(core.rfft(A), 4),
      isCsr: () => core.isCsr(core.csrFromDense(A)),
      isNumericsError: () => core.isNumericsError(new Error()),
      lanczos: () => core.lanczos(spd, { count: 2 }),
      lanczosSync: () => core.lanczosSync(core.csrFromDense(spd), { count: 2 }),
      leastSquares: () => core.leastSquares(A, A),
      leastSquaresAsync: () => core.leastSquaresAsync(A, A, { method: "svd" }),
      logSumExpRows: () => core.logSumExpRows(A),
      lsqr: () => core.lsqr(A, [1, 2, 3, 4, 5, 6]),
      lsqrSync: () => core.lsqrSync(core.csrFromDense(A), [1, 2, 3, 4, 5, 6]),
      lu: () => core.lu(spd),
      luAsync: () => core.luAsync(spd),
      matmul: () => core.matmul(A, spd),
      matmulAsync: () => core.matmulAsync(A, spd),
      matvec: () => core.matvec(Q, [1, 2, 3, 4]),
      matvecAsync: () => core.matvecAsync(core.csrFromDense(Q), [1, 2, 3, 4]),
      mergeAttention: () => core.mergeAttention([core.streamingAttentionSync(q, k, v), core.streamingAttentionSync(q, k, v)]),
      norm: () => core.norm(A, { kind: 2 }),
      normalizeSeed: () => core.normalizeSeed(1),
      packSigns: () => core.packSigns(A),
      planMatmul: () => core.planMatmul(96, 96, 96),
      productBound: () => core.productBound(A, spd),
      promote: () => core.promote(A, spd),
      pseudoInverse: () => core.pseudoInverse(A),
      qr: () => core.qr(A, { pivot: true, certify: true }).applyQ(A),
      qrAsync: () => core.qrAsync(A, { mode: "full" }),
      ready: () => core.ready(),
      releaseMemory: () => core.releaseMemory(),
      reshape: () => core.reshape(A, [4, 6]),
      residual: () => core.residual(spd, q.pick(0, null), q.pick(1, null)),
      rfft: () => core.rfft(new Float64Array(32)),
      rfftAsync: () => core.rfftAsync(new Float64Array(32)),
      rngFor: () => core.rngFor("0", "no-codegen/rng").below(7),
      row: () => core.row(A, 0),
      selectColumns: () => core.selectColumns(core.csrFromDense(A), [3, 0], [1, 2]),
      selectRows: () => core.selectRows(core.csrFromDense(A), [3, 0]),
      signProducts: () => core.signProducts(core.packSigns(A), core.packSigns(A)),
      signProductsAsync: () => core.signProductsAsync(core.packSigns(A), core.packSigns(A)),
      slice: () => core.slice(A, [1, 3], null),
      softmaxRows: () => core.softmaxRows(A),
      solve: () => core.solve(spd, spd),
      solveAsync: () => core.solveAsync(spd, spd),
      solveTriangular: () => core.solveTriangular(core.cholesky(spd).L, spd),
      spectrumInterval: () => core.spectrumInterval(spd),
      spectrumIntervalSync: () => core.spectrumIntervalSync(spd),
      splitSite: () => core.splitSite("f(A)"),
      streamingAttention: () => core.streamingAttention(q, k, v),
      streamingAttentionSync: () => core.streamingAttentionSync(q, k, v),
      svd: () => core.svd(A),
      svdAsync: () => core.svdAsync(A, { method: "golub-kahan", vectors: "full" }),
      toNested: () => core.toNested(core.transpose(A)),
      transpose: () => core.transpose(A),
      view: () => core.view(new Float32Array(6), [2, 3]),
      weakest: () => core.weakest([{ kind: "exact", bound: 0 }]),
      zeros: () => core.zeros([2, 2]),
    },
    "array-io": {
      openNpy: async () => (await io.openNpy(io.writeNpy(A))).readBlock(0),
      parseNpy: () => io.parseNpy(io.writeNpy(A)),
      readMatrixMarket: () => io.readMatrixMarket(Buffer.from(io.writeMatrixMarket(A))),
      readNpy: () => io.readNpy(io.writeNpy(A)),
      readNpz: () => io.readNpz(io.writeNpz({ A })),
      writeMatrixMarket: () => io.writeMatrixMarket(A),
      writeNpy: () => io.writeNpy(A),
      writeNpz: () => io.writeNpz({ A }),
      openSafetensors: async () => (await io.openSafetensors(io.writeSafetensors({ A }))).read("A"),
      writeSafetensors: () => io.writeSafetensors({ A }),
    },
    sketch: {
      countSketch: () => sketch.countSketch(8, 64),
      embedSubspace: () => sketch.embedSubspace(A),
      embedSubspaceSync: () => sketch.embedSubspaceSync(A),
      gaussian: () => sketch.gaussian(8, 64),
      johnsonLindenstraussDim: () => sketch.johnsonLindenstraussDim(1000),
      measureDistortion: () => sketch.measureDistortion(A, A),
      measureDistortionSync: () => sketch.measureDistortionSync(A, A, { method: "lanczos" }),
      planEmbedding: () => sketch.planEmbedding(10),
      rademacher: () => sketch.rademacher(8, 64),
      rowSampling: () => sketch.rowSampling(2, [1, 2, 3]),
      sampleSketch: () => sketch.sampleSketch(sketch.sparseSign(8, A.shape[0])).applyLeft(A),
      sparseSign: () => sketch.sparseSign(8, 64),
      srht: () => sketch.srht(8, 64),
      createAccumulator: () => sketch.createAccumulator(sketch.sparseSign(4, 9), 1).update([[1], [2]], { firstRow: 0 }),
      decodeAccumulator: () => sketch.decodeAccumulator(sketch.createAccumulator(sketch.sparseSign(4, 9), 1).encode()),
      leverageScores: () => sketch.leverageScores(A),
      leverageScoresSync: () => sketch.leverageScoresSync(A),
      sampleColumns: () => sketch.sampleColumns(A, { count: 3 }),
      sampleColumnsSync: () => sketch.sampleColumnsSync(A, { count: 3 }),
      sampleRows: () => sketch.sampleRows(A, { count: 3 }),
      sampleRowsSync: () => sketch.sampleRowsSync(A, { count: 3 }),
      entryBound: () => sketch.entryBound(sketch.psdLowRankSync(sketch.matrixOracle(spd), { certify: true }), 0, 1),
      expFeatures: () => sketch.expFeatures(2, 40, 1).applySync([[0.5, 0.5]]),
      extendLowRank: () => sketch.extendLowRank(sketch.psdLowRankSync(sketch.matrixOracle([[1]])), [[0.5]], [1]),
      measureFeatures: () => sketch.measureFeatures(sketch.tensorSketch(2, 8), [[1, 2]]),
      measureFeaturesSync: () => sketch.measureFeaturesSync(sketch.tensorSketch(2, 8), [[1, 2]]),
      monomialFeatures: () => sketch.monomialFeatures(2).applySync([[1, 2]]),
      tensorSketch: () => sketch.tensorSketch(2, 8).applySync([[1, 2]]),
      tensorTree: () => sketch.tensorTree(2, 8).applySync([[1, 2]]),
      kernelOracle: () => sketch.kernelOracle(A),
      matrixOracle: () => sketch.matrixOracle(spd),
      normalizeSeed: () => sketch.normalizeSeed(1),
      psdLowRank: () => sketch.psdLowRank(sketch.kernelOracle(Q), { rank: 20 }),
      psdLowRankSync: () => sketch.psdLowRankSync(sketch.kernelOracle(Q), { rank: 20 }),
      rngFor: () => sketch.rngFor("0", "no-codegen/rng").normal(),
      cur: () => sketch.cur(A, { rank: 3 }),
      curSync: () => sketch.curSync(A, { rank: 3 }),
      decodeFrequentDirections: () => sketch.decodeFrequentDirections(sketch.frequentDirections(3).encode()),
      frequentDirections: () => sketch.frequentDirections(3).update([[1, 2, 3]]),
      interpolativeDecomposition: () => sketch.interpolativeDecomposition(A, { rank: 3 }),
      interpolativeDecompositionSync: () => sketch.interpolativeDecompositionSync(A, { rank: 3 }),
      qbDecomposition: () => sketch.qbDecomposition(A, { rank: 3 }),
      qbDecompositionSync: () => sketch.qbDecompositionSync(A, { rank: 3 }),
      randomizedSvd: () => sketch.randomizedSvd(A, { rank: 3 }),
      randomizedSvdSync: () => sketch.randomizedSvdSync(A, { rank: 3 }),
      rowsNeeded: () => sketch.rowsNeeded(1000, 0.02, 0.01, 0),
      rowsNeededPooled: () => sketch.rowsNeededPooled(0.02, 0.01, 0),
      upperShare: () => sketch.upperShare(1, 500, 0.99),
    },
    "attention-approx": {
      attention: () => attention.attention(Q, K, V, { tolerance: 0.1 }),
      attentionSync: () => attention.attentionSync(Q, K, V, { tolerance: 0.1 }),
      exactAttention: () => attention.exactAttention(q, k, v),
      exactAttentionSync: () => attention.exactAttentionSync(q, k, v),
      mergeAttention: () => attention.mergeAttention([core.streamingAttentionSync(q, k, v)]),
      nystromAttention: () => attention.nystromAttention(Q, K, V, { rank: 32 }),
      nystromAttentionSync: () => attention.nystromAttentionSync(Q, K, V, { rank: 32 }),
      planAttention: () => attention.planAttention({ q: Q, k: K, v: V }, { tolerance: 0.1 }),
    },
  };
}

function refused(action) {
  try {
    action();
    return false;
  } catch {
    return true;
  }
}
