/** A result made by formulas: the shape of a real run, without running one. */
import type { CaseResult, ClaimResult, ContenderResult, Result } from "../src/result.js";

const ROUNDS = 3;

/** Times around `median` seconds, a little different each round. */
function times(median: number, wobble = 0.02): Pick<ContenderResult, "times" | "median" | "quartiles" | "repeats"> {
  const all = Array.from({ length: ROUNDS }, (_, r) => median * (1 + wobble * (r - 1)));
  return { times: all, median, quartiles: [median * (1 - wobble), median * (1 + wobble)], repeats: 1 };
}

function claim(method: string, bound: number, trueError: number): ClaimResult {
  const statistical = { kind: "statistical", bound, norm: "row maximum", fraction: 0.02, confidence: 0.99 } as const;
  return {
    method,
    certificate: method === "exact" ? { kind: "exact", bound } : statistical,
    relativeBound: bound,
    toleranceMet: true,
    figures: method === "exact" ? { fallbackRows: 0 } : { rank: 160, fallbackRows: 12 },
    holds: trueError <= bound,
    trueError,
    shareAbove: method === "exact" ? 0 : 0.004,
    worst: 3 * trueError,
  };
}

function head(name: string, n: number, shown: boolean): CaseResult {
  const exact = 3.4e-9 * n * n;
  const unbounded = name === "1.3";
  const wobble = 1 + 0.3 * Math.sin(Number(name) * 40);
  const auto = unbounded ? exact * 1.04 : Math.min(exact, (2.6e-6 * n + 1.5e-3) * wobble);
  const exactly = unbounded || auto >= exact;
  const approximate = (tolerance: number, seconds: number, error: number): ContenderResult => ({
    name: `auto ${tolerance}`,
    role: "ours",
    status: "ok",
    error: exactly ? 2e-7 : error,
    claim: exactly ? claim("exact", 2e-6, 4e-7) : claim("nystrom", error * 2.1, error),
    ...times(seconds),
    versusExact: { value: exact / seconds, interval: { low: (exact / seconds) * 0.97, high: (exact / seconds) * 1.03, confidence: 0.75 } },
  });
  const rival = (rivalName: string, engine: "js" | "wasm" | "native", seconds: number, error: number): ContenderResult => ({
    name: rivalName,
    role: "rival",
    engine,
    version: "1.0.0",
    status: error < 0.03 ? "ok" : "wrong",
    ...(error < 0.03 ? {} : { reason: `error ${error}, allowed 0.03` }),
    error,
    ...times(seconds),
    versusExact: { value: exact / seconds },
  });
  return {
    id: "attention/real-heads",
    question: "On real heads, how much faster is an answer within a certified tolerance?",
    errorUnit: "row error that 2 % of the rows exceed, in spreads of V",
    allowedError: 0.03,
    size: { head: name, n },
    threads: 1,
    contenders: [
      { name: "exact", role: "ours-exact", status: "ok", error: 2e-7, claim: claim("exact", 2e-6, 4e-7), ...times(exact), versusRival: { rival: "onnxruntime-node", value: 0.42, interval: { low: 0.41, high: 0.43, confidence: 0.75 } } }, // prettier-ignore
      approximate(0.01, auto, 0.0041),
      approximate(0.03, auto * 0.7, 0.013),
      ...(shown
        ? [
            { ...rival("mean of V", "js", 9e-9 * n, 1.1), role: "trivial" } as const,
            rival("FAVOR+ 256", "wasm", 1.1e-5 * n, 0.31),
            rival("naive n x n", "js", 29e-9 * n * n, 8e-7),
            rival("onnxruntime-web", "wasm", 4.5e-9 * n * n, 5e-7),
            rival("onnxruntime-node", "native", 1.3e-9 * n * n, 4e-7),
            { name: "tfjs-wasm", role: "rival", engine: "wasm", status: "absent", reason: "not installed: npm run rivals" } as const,
          ]
        : []),
    ],
  };
}

function gemm(n: number): CaseResult {
  const flops = 2 * n ** 3;
  const row = (name: string, gigaflops: number, role: "ours" | "rival"): ContenderResult => ({
    name,
    role,
    ...(role === "rival" ? ({ engine: name === "ml-matrix" ? "js" : "wasm", version: "1.4.0" } as const) : {}),
    status: "ok",
    error: 2e-8,
    ...times(flops / gigaflops / 1e9),
    ...(role === "ours" ? { versusRival: { rival: "numpy-ts", value: 1.2, interval: { low: 1.15, high: 1.24, confidence: 0.75 } } } : {}),
  });
  return {
    id: "linalg/gemm-f32",
    question: "How fast is one float32 matrix product on one thread?",
    errorUnit: "largest error, relative to row norm times column norm",
    allowedError: 1e-6,
    size: { n },
    threads: 1,
    contenders: [row("subquad", 25, "ours"), row("numpy-ts", 21, "rival"), row("jax-js", 19.6, "rival"), row("ml-matrix", 0.8, "rival")],
  };
}

/** A complete quick run in which nothing is wrong. */
export function sampleResult(): Result {
  const names = Array.from({ length: 16 }, (_, t) => `${Math.floor(t / 8)}.${t % 8}`);
  return {
    schemaVersion: 1,
    complete: true,
    startedAt: "2026-01-31T12:00:00.000Z",
    seconds: 128.4,
    secondsToFirstRow: 3.1,
    commit: "0123456789",
    profile: "quick",
    seed: "0",
    selection: "everything",
    environment: {
      processor: "Some processor @ 2.3 GHz",
      cores: 2,
      memoryGB: 8,
      system: "linux x64",
      node: "20.20.2",
      v8: "11.3",
      backend: "wasm-simd",
      deterministic: false,
      loadBefore: 0.2,
      loadAfter: 1.1,
    },
    cases: [
      ...[256, 512].map(gemm),
      ...[1024, 2048, 4096].map((n) => head("0.0", n, true)),
      ...names.map((name) => head(name, 8192, name === "0.0")),
    ],
    bars: [],
  };
}

/** The same with one certificate that does not hold. */
export function brokenResult(): Result {
  const result = sampleResult();
  const cases = result.cases.map((at, i) => {
    if (i !== result.cases.length - 1) return at;
    const contenders = at.contenders.map((row) =>
      row.name === "auto 0.01"
        ? {
            ...row,
            status: "wrong" as const,
            reason: "broken certificate: true error 0.02, certified 0.009",
            claim: claim("nystrom", 0.009, 0.02),
          }
        : row,
    );
    return { ...at, contenders };
  });
  return { ...result, cases };
}
