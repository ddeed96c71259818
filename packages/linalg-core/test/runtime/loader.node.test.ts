import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { full } from "../../src/array/create.js";
import { gram } from "../../src/dense/gram.js";
import { matmul, matmulAsync } from "../../src/dense/matmul.js";
import { qr } from "../../src/dense/qr.js";
import { svd } from "../../src/dense/svd.js";
import { OptionError } from "../../src/errors.js";
import { coreKernels } from "../../src/kernels/core.js";
import { decodeHex } from "../../src/runtime/binary.js";
import { backend, configure, ready, releaseMemory } from "../../src/runtime/environment.js";
import { loaded } from "../../src/runtime/runtime.js";
import { arenaBytesInUse, openScope } from "../../src/runtime/scope.js";
import { fft } from "../../src/transform/fft.js";
import { bits, forgetRuntime, numbers, reasons, squareBits, squareBitsAsync, withReplaced } from "./support.js";

const SIZE = 90; // not a multiple of any tile
const hasRelaxed = WebAssembly.validate(decodeHex(coreKernels.relaxed));
let expected: string;

beforeEach(async () => {
  await forgetRuntime();
  configure({ deterministic: true });
  expected = squareBits(SIZE);
  await forgetRuntime();
});
afterEach(forgetRuntime);

describe("what is loaded", () => {
  test("the better binary that the engine accepts", () => {
    expect(backend()).toMatchObject({ name: hasRelaxed ? "wasm-relaxed" : "wasm-simd", sharedMemory: true, deterministic: !hasRelaxed });
    expect(reasons()).toEqual(hasRelaxed ? [] : [expect.stringContaining("relaxed SIMD unavailable")]);
    expect(backend().arenaBytes).toBeGreaterThan(0);
  });

  test("deterministic pins simd, from configure", () => {
    configure({ deterministic: true });
    expect(backend()).toMatchObject({ name: "wasm-simd", deterministic: true });
  });

  test("deterministic pins simd, from the environment", async () => {
    process.env.SUBQUAD_DETERMINISTIC = "1";
    try {
      expect(backend()).toMatchObject({ name: "wasm-simd", deterministic: true });
      await forgetRuntime();
      process.env.SUBQUAD_DETERMINISTIC = "0";
      expect(backend().name).toBe(hasRelaxed ? "wasm-relaxed" : "wasm-simd");
    } finally {
      delete process.env.SUBQUAD_DETERMINISTIC;
    }
  });

  test("js when asked, with the bits of simd", () => {
    configure({ backend: "js" });
    expect(backend()).toMatchObject({ name: "js", threads: 1, sharedMemory: false, deterministic: true });
    expect(squareBits(SIZE)).toBe(expected);
  });

  test("a changed setting replaces the backend between calls", () => {
    configure({ backend: "js" });
    squareBits(4);
    configure({ backend: "auto", deterministic: true });
    expect(backend().name).toBe("wasm-simd");
    expect(squareBits(SIZE)).toBe(expected);
  });
});

describe("what is refused", () => {
  test("SharedArrayBuffer deleted: plain memory, one thread, same bits", async () => {
    await withReplaced(globalThis, "SharedArrayBuffer", undefined, async () => {
      configure({ deterministic: true });
      expect(backend()).toMatchObject({ name: "wasm-simd", threads: 1, sharedMemory: false });
      expect(reasons()).toContain("SharedArrayBuffer unavailable: page is not cross-origin isolated");
      expect(squareBits(SIZE)).toBe(expected);
      expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
    });
  });

  test("plain memory that must grow: views are re-made", async () => {
    await withReplaced(globalThis, "SharedArrayBuffer", undefined, async () => {
      const before = backend().arenaBytes;
      const A = numbers(1500, 1200);
      await matmulAsync(A, numbers(1200, 64));
      expect(backend().arenaBytes).toBeGreaterThan(before);
      configure({ deterministic: true });
      expect(squareBits(SIZE)).toBe(expected);
    });
  });

  test("shared memory of the largest maximum refused: a smaller one", async () => {
    const Memory = memoryThatRefuses(({ maximum = 0 }) => maximum > 16384);
    await withReplaced(WebAssembly, "Memory", Memory, () => {
      configure({ deterministic: true });
      expect(backend()).toMatchObject({ name: "wasm-simd", sharedMemory: true });
      expect(squareBits(SIZE)).toBe(expected);
    });
  });

  test("shared memory refused: plain memory, with the reason", async () => {
    const Memory = memoryThatRefuses(({ shared = false }) => shared);
    await withReplaced(WebAssembly, "Memory", Memory, () => {
      configure({ deterministic: true });
      expect(backend()).toMatchObject({ name: "wasm-simd", threads: 1, sharedMemory: false });
      expect(reasons()).toContain("shared memory refused by the engine");
      expect(squareBits(SIZE)).toBe(expected);
    });
  });

  test("all memory refused: js, with the reason", async () => {
    await withReplaced(
      WebAssembly,
      "Memory",
      memoryThatRefuses(() => true),
      () => {
        expect(backend().name).toBe("js");
        expect(reasons()).toContain("WebAssembly memory refused by the engine");
        expect(squareBits(SIZE)).toBe(expected);
      },
    );
  });

  test("no WebAssembly: js, with the reason", async () => {
    await withReplaced(globalThis, "WebAssembly", undefined, async () => {
      expect([backend().name, reasons()]).toEqual(["js", ["WebAssembly unavailable"]]);
      expect(await squareBitsAsync(SIZE, { threads: 2 })).toBe(expected);
    });
  });

  test("no SIMD: js, with the reason", async () => {
    await withReplaced(
      WebAssembly,
      "validate",
      () => false,
      () => {
        expect([backend().name, reasons()]).toEqual(["js", ["WebAssembly SIMD unavailable"]]);
        expect(squareBits(SIZE)).toBe(expected);
      },
    );
  });

  test("a policy without wasm-unsafe-eval: js for good, with the reason", async () => {
    await withReplaced(WebAssembly, "Module", moduleThatThrows(new WebAssembly.CompileError("blocked by CSP")), async () => {
      expect(backend().name).toBe("js");
      await ready();
      expect(backend().name).toBe("js");
      expect(reasons().at(-1)).toBe("WebAssembly refused to compile: blocked by CSP (core kernels)");
      expect(squareBits(SIZE)).toBe(expected);
    });
  });

  test("wasm demanded and not to be had: an OptionError that says why", async () => {
    await withReplaced(
      WebAssembly,
      "validate",
      () => false,
      () => {
        configure({ backend: "wasm" });
        expect(() => backend()).toThrow(OptionError);
        expect(() => backend()).toThrow("SIMD unavailable");
      },
    );
  });

  test("memory beyond maxBytes: ERR_LIMIT, nothing leaks, and smaller calls go on", async () => {
    configure({ maxBytes: 2 ** 24, deterministic: true });
    await expect(squareBitsAsync(1500)).rejects.toMatchObject({ code: "ERR_LIMIT" });
    expect(arenaBytesInUse()).toBe(0);
    expect(squareBits(SIZE)).toBe(expected);
  });

  test.each([true, false])("memory that the engine does not let grow (shared: %s): ERR_LIMIT from every kind of work", async (shares) => {
    const work = async (): Promise<void> => {
      configure({ deterministic: true });
      expect(backend()).toMatchObject({ name: "wasm-simd", sharedMemory: shares });
      const A = numbers(1500, 1500); // 18 MB, and memory starts with 16 MiB
      const out = full([1500, 1500], 7);
      const refuse = (): never => {
        throw new RangeError("WebAssembly.Memory.grow(): Maximum memory size exceeded");
      };
      await withReplaced(WebAssembly.Memory.prototype, "grow", refuse, async () => {
        for (const call of [
          () => matmul(A, A, { out }),
          () => matmulAsync(A, A, { out, threads: 2 }),
          () => gram(A, { out }),
          () => qr(A),
          () => svd(A),
          () => fft(A, A),
        ]) {
          await expect((async () => call())()).rejects.toMatchObject({ code: "ERR_LIMIT" });
          expect(arenaBytesInUse()).toBe(0);
        }
        expect(squareBits(SIZE)).toBe(expected); // what fits goes on
      });
      expect(out.data.every((x) => x === 7)).toBe(true);
      expect(squareBits(1500)).toMatch(/^4500000:/); // and everything does when it may grow again
    };
    await (shares ? work() : withReplaced(globalThis, "SharedArrayBuffer", undefined, work));
  });
});

describe("late compilation", () => {
  const tooLarge = moduleThatThrows(new RangeError("larger than 4 KB"));

  test("js until ready() has compiled, then WebAssembly", async () => {
    configure({ deterministic: true });
    await withReplaced(WebAssembly, "Module", tooLarge, async () => {
      expect(backend().name).toBe("js");
      expect(reasons().at(-1)).toContain("larger than 4 KB");
      expect(squareBits(SIZE)).toBe(expected);
      await ready({ threads: false });
      expect(backend()).toMatchObject({ name: "wasm-simd", sharedMemory: true });
      expect(squareBits(SIZE)).toBe(expected);
    });
  });

  test("ready() waits for a computation that holds memory of the js backend", async () => {
    await withReplaced(WebAssembly, "Module", tooLarge, async () => {
      const scope = openScope();
      const early = loaded();
      const prepared = ready({ threads: false });
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(loaded()).toBe(early);
      scope.release();
      await prepared;
      expect(backend().name).not.toBe("js");
    });
  });

  test("a compiler that fails late: js for good, with both reasons", async () => {
    await withReplaced(WebAssembly, "Module", tooLarge, () =>
      withReplaced(
        WebAssembly,
        "compile",
        () => Promise.reject(new WebAssembly.CompileError("out of memory")),
        async () => {
          await ready();
          expect(backend().name).toBe("js");
          expect(reasons().slice(-2)).toEqual([expect.stringContaining("4 KB"), expect.stringContaining("out of memory")]);
          expect(squareBits(SIZE)).toBe(expected);
        },
      ),
    );
  });
});

describe("configure and releaseMemory", () => {
  test.each([
    [{ backend: "gpu" }],
    [{ threads: 0 }],
    [{ threads: 17 }],
    [{ threads: NaN }],
    [{ threads: "all" }],
    [{ deterministic: 1 }],
    [{ maxBytes: 1000 }],
    [{ maxBytes: 2 ** 33 }],
    [{ workerUrl: 7 }],
    [{ idleMilliseconds: 0 }],
    [{ idleMilliseconds: NaN }],
    [{ deterministic: true, memoryLimit: 1 }],
  ])("%j is an OptionError and sets nothing", (options) => {
    const before = backend();
    expect(() => {
      configure({ ...options, idleMilliseconds: 5, ...options } as object);
    }).toThrow(expect.objectContaining({ code: "ERR_OPTION" }));
    expect(backend()).toEqual(before);
  });

  test("no change of backend while a computation runs", () => {
    const scope = openScope();
    expect(() => {
      configure({ backend: "js" });
    }).toThrow("no change while a computation runs");
    expect(() => {
      configure({ deterministic: true });
    }).toThrow("configure(deterministic)");
    configure({ threads: 1 });
    scope.release();
    configure({ backend: "js" });
    expect(backend().name).toBe("js");
  });

  test("releaseMemory gives back what grew, and waits for a computation", () => {
    const start = backend().arenaBytes;
    const scope = openScope();
    const address = scope.alloc(10 * start);
    expect(backend().arenaBytes).toBeGreaterThan(start);
    releaseMemory();
    expect(() => loaded().memory.f64.fill(1, address / 8, address / 8 + 10)).not.toThrow();
    expect(backend().arenaBytes).toBeGreaterThan(start);
    scope.release();
    expect(backend().arenaBytes).toBe(start);
    expect(bits(new Float64Array(1))).toBe(bits(new Float64Array(1)));
  });
});

function memoryThatRefuses(refuses: (descriptor: WebAssembly.MemoryDescriptor) => boolean): unknown {
  const { Memory } = WebAssembly;
  return function create(descriptor: WebAssembly.MemoryDescriptor) {
    if (refuses(descriptor)) throw new RangeError("could not allocate memory");
    return new Memory(descriptor);
  };
}

function moduleThatThrows(error: Error): unknown {
  return function create() {
    throw error;
  };
}
