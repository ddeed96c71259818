/**
 * What was found by attacking the package.
 */
import { attentionOracle, plain } from "@subquad/test-kit";
import { describe, expect, test } from "vitest";
import {
  array,
  cholesky,
  configure,
  copy,
  exp,
  matmul,
  matmulAsync,
  mergeAttention,
  ShapeError,
  streamingAttentionSync,
  view,
  weakest,
  zeros,
} from "../src/index.js";
import { expGemmSync, openScope } from "../src/kernels.js";
import { arenaBytesInUse } from "../src/runtime/scope.js";
import { pause, runAsync, type Steps } from "../src/steps.js";

const filled = (shape: readonly [number, number], value: (p: number) => number) =>
  plain(
    Float32Array.from({ length: shape[0] * shape[1] }, (_, p) => value(p)),
    shape,
  );
const wave = (p: number): number => Math.sin(1 + 12.9898 * p);

describe("issue-02: a scale that the dtype does not hold", () => {
  test.each([
    [1e-42, 1e21], // a subnormal float32: off by 1e-3
    [1e-50, 1e25], // 0 as a float32
    [1e40, 1e-20], // Infinity as a float32
    [1e40, 0], // and times 0 it is NaN
    [-1e-44, 1e22],
  ])("scale %s, entries of size %s: float64 arithmetic, and the bound holds", (scale, size) => {
    const [Q, K, V] = [filled([5, 4], (p) => size * wave(p)), filled([7, 4], (p) => size * wave(p + 50)), filled([7, 3], wave)];
    const { output, certificate, diagnostics } = streamingAttentionSync(Q, K, V, { scale });
    expect(diagnostics.arithmetic).toBe("float64");
    const expected = attentionOracle(Q, K, V, { scale }).output.data;
    const bound = certificate.kind === "exact" ? certificate.bound : NaN;
    expect(bound).toBeLessThan(1e-6);
    for (let p = 0; p < 15; p++) expect(Math.abs(output.data[p]! - expected[p]!)).toBeLessThanOrEqual(bound);
  });

  test("keys so long that an underflow of the queries would count", () => {
    const [Q, K, V] = [filled([5, 64], () => 7e-45), filled([7, 64], (p) => 1e37 * Math.floor(p / 64)), filled([7, 3], wave)];
    const { output, certificate, diagnostics } = streamingAttentionSync(Q, K, V, { scale: 0.3 });
    expect(diagnostics.arithmetic).toBe("float64");
    const expected = attentionOracle(Q, K, V, { scale: 0.3 }).output.data;
    const bound = certificate.kind === "exact" ? certificate.bound : NaN;
    for (let p = 0; p < 15; p++) expect(Math.abs(output.data[p]! - expected[p]!)).toBeLessThanOrEqual(bound);
  });

  test("outside of [1e-300, 1e300] it is refused; a product in float32 refuses what float32 does not hold", () => {
    const [A, V] = [filled([2, 2], () => 0), filled([2, 1], wave)];
    for (const scale of [0, 1e-301, -1e301, Infinity, NaN, "1", null]) {
      expect(() => streamingAttentionSync(A, A, V, { scale: scale as number })).toThrow(/^streamingAttentionSync\(scale\)/);
    }
    for (const scale of [1e-42, 1e40, -1e-42]) {
      expect(() => expGemmSync(A, A, { scale })).toThrow(/^expGemmSync\(scale\)/);
      expect(expGemmSync([[0]], [[0]], { scale }).data[0]).toBe(1);
    }
    expect(expGemmSync(A, A, { scale: 0 }).data[0]).toBe(1);
  });
});

describe("issue-02: what was given and did nothing", () => {
  test("something else in the place of options: a signal that would never abort", async () => {
    for (const options of [new AbortController().signal, new Map(), Promise.resolve(), new Date(0), /x/, new Error("x")]) {
      expect(() => zeros([1], options as never)).toThrow(/^zeros\(options\): expected an object/);
      await expect(matmulAsync([[1]], [[1]], options as never)).rejects.toThrow(/^matmulAsync\(options\)/);
    }
    for (const options of [{}, Object.create(null), Object.freeze({})]) {
      expect(zeros([1], options as object).shape).toEqual([1]);
    }
  });

  test("a limit of a jitter that is not looked for", () => {
    const A = [[1, 0], [0, 1]]; // prettier-ignore
    for (const jitter of [undefined, "none", 1] as const) {
      expect(() => cholesky(A, { ...(jitter === undefined ? {} : { jitter }), jitterLimit: 1e-3 })).toThrow(/^cholesky\(jitterLimit\)/);
    }
    expect(cholesky(A, { jitter: "auto", jitterLimit: 1e-3 }).jitter).toBe(0);
  });

  test("certificates that are none: an error, not a bound of NaN", () => {
    for (const certificates of [undefined, null, "exact", {}, [undefined], [null], [{}], [{ kind: "sure", bound: 1 }], [[]]]) {
      expect(() => weakest(certificates as never)).toThrow(/^weakest\(certificates/);
    }
  });
});

describe("issue-02: masks", () => {
  const [Q, K, V] = [[[1]], [[1], [2], [3]], [[1], [2], [4]]];
  const output = (mask: unknown) => streamingAttentionSync(Q, K, V, { mask: mask as number[][] }).output.data[0];
  const strided = (data: unknown) => ({ data, shape: [1, 3], stride: [3, 1], offset: 0 });
  test("bytes and booleans keep pairs in every form of a matrix; they were added to the scores", () => {
    const expected = output(strided(Uint8Array.of(0, 1, 0)));
    expect(expected).toBe(2);
    for (const mask of [
      [[false, true, false]],
      [Uint8Array.of(0, 1, 0)],
      [Uint8ClampedArray.of(0, 1, 0)],
      strided(Uint8ClampedArray.of(0, 1, 0)),
      strided([false, true, false]),
    ]) {
      expect(output(mask)).toBe(expected);
    }
    expect(output([[-Infinity, 0, -Infinity]])).toBe(expected);
    expect(() => output([Uint8Array.of(0, 2, 0)])).toThrow(/^streamingAttentionSync\(mask\): expected 0 or 1/);
  });

  test("what is no matrix at all is a ShapeError", () => {
    for (const mask of [null, 1, "mask", true, Symbol("mask"), 1n]) expect(() => output(mask)).toThrow(/^streamingAttentionSync\(mask\)/);
  });

  test("a mask in the place of causal: its offset was taken for one", () => {
    for (const causal of [
      zeros([1, 3]),
      { offset: 0, data: [] },
      {},
      null,
      "yes",
      1,
      { offset: 0.5 },
      { offset: NaN },
      { offset: 2 ** 31 },
    ]) {
      expect(() => streamingAttentionSync(Q, K, V, { causal: causal as never })).toThrow(/^streamingAttentionSync\(causal\)/);
    }
  });

  test("parts of a merge that are none", () => {
    for (const part of [null, undefined, 1, "part"]) {
      expect(() => mergeAttention([part as never])).toThrow(/^mergeAttention\(parts/);
    }
  });
});

describe("issue-02: environment", () => {
  test("no change of backend while a computation runs, also where it holds no memory", async () => {
    function* steps(): Steps<void> {
      for (let i = 0; i < 3; i++) {
        yield pause(i, 3);
        expect(() => {
          configure({ backend: "js" });
        }).toThrow(/^configure\(backend\): expected no change while a computation runs/);
      }
    }
    await runAsync(steps());
    configure({ backend: "auto" }); // and afterwards it may be set again
  });

  test("a pool idle for longer than a timer can wait: refused, not closed at once with a warning", () => {
    for (const idleMilliseconds of [2 ** 31, 1e308]) {
      expect(() => {
        configure({ idleMilliseconds });
      }).toThrow(/^configure\(idleMilliseconds\)/);
    }
    configure({ idleMilliseconds: 2 ** 31 - 1 });
    configure({ idleMilliseconds: Infinity });
  });
});

describe("issue-02: typed arrays of other kinds", () => {
  /** Four numbers, whatever its constructor is given: what subarray() of it makes is four zeros. */
  class Four extends Float64Array {
    constructor() {
      super(4);
    }
  }
  test("a subclass with a constructor of its own is read as the numbers it holds", () => {
    const four = new Four();
    four.set([1, 2, 3, 4]);
    const A = view(four, [2, 2]);
    expect([...copy(A).data]).toEqual([1, 2, 3, 4]);
    expect([...copy(view(four, [2, 1], [2, 1], 1)).data]).toEqual([2, 4]);
    expect([...matmul(A, [[1], [0]]).data]).toEqual([1, 3]); // prettier-ignore
  });

  test("data that was transferred away is refused, data of no elements is not", () => {
    const gone = Float64Array.of(1, 2);
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    for (const run of [() => copy(gone), () => exp(gone), () => array(gone)]) {
      expect(run).toThrow(ShapeError);
      expect(run).toThrow(/transferred away/);
    }
    expect(copy(new Float64Array(0)).shape).toEqual([0]);
  });
});

describe("issue-02: faults are named as the caller has them", () => {
  test("the index of NaN in a factor that is transposed, and its shape", () => {
    const bad = [[1, NaN, 3], [1, 1, 1]]; // prettier-ignore
    const fault = (run: () => unknown) => {
      try {
        run();
      } catch (error) {
        return error;
      }
      return undefined;
    };
    expect(fault(() => matmul(bad, [[1], [1]], { transposeA: true }))).toMatchObject({ argument: "A", index: [0, 1] });
    expect(fault(() => matmul([[1, 1, 1]], bad, { transposeB: true }))).toMatchObject({ argument: "B", index: [0, 1] });
    expect(fault(() => matmul([[1, 1]], bad, { transposeB: true }))).toMatchObject({ argument: "B", got: [2, 3] });
  });

  test("NaN beside a factor without elements", () => {
    const none = zeros([2, 0]);
    expect(() => matmul([[NaN, 1]], none)).toThrow(/^matmul\(A\): expected finite/);
    expect(() => matmul([[1, 1]], zeros([0, 2]), { transposeB: true, transposeA: false })).not.toThrow();
    expect(() => matmul(none, [[1, NaN], [1, 1]], { transposeA: true })).toThrow(/^matmul\(B\): expected finite/); // prettier-ignore
    expect(matmul([[2, 1]], none).shape).toEqual([1, 0]);
  });
});

test("issue-02: a request for NaN bytes is a bug that is named, and leaves the arena as it was", () => {
  const scope = openScope();
  expect(() => scope.alloc(NaN)).toThrow("bug in @subquad/linalg-core");
  scope.free(scope.alloc(64));
  scope.release();
  expect(streamingAttentionSync([[0]], [[1]], [[5]]).output.data[0]).toBe(5);
});

test("issue-02: no queries take no tiles, and leave nothing in the arena", () => {
  const { output } = streamingAttentionSync(zeros([0, 3]), [[1, 2, 3]], [[1, 2]]);
  expect(output.shape).toEqual([0, 2]);
  expect(arenaBytesInUse()).toBe(0);
});
