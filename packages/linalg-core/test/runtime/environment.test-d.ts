import { expectTypeOf, test } from "vitest";
import { backend, closePool, configure, ready, releaseMemory, type BackendReport } from "../../src/index.js";

test("environment", () => {
  configure({ backend: "js", threads: 2, deterministic: true, maxBytes: 2 ** 30, workerUrl: "/worker.js", idleMilliseconds: 1000 });
  configure({ threads: "auto", workerUrl: new URL("https://example.org/worker.js") });
  expectTypeOf(backend()).toEqualTypeOf<BackendReport>();
  expectTypeOf<BackendReport["reasons"]>().toEqualTypeOf<readonly string[]>();
  expectTypeOf(ready({ threads: false })).toEqualTypeOf<Promise<void>>();
  expectTypeOf(closePool()).toEqualTypeOf<Promise<void>>();
  expectTypeOf(releaseMemory).returns.toBeVoid();
  // @ts-expect-error no such backend
  configure({ backend: "webgpu" });
  // @ts-expect-error an unknown option
  configure({ memoryLimit: 1 });
  // @ts-expect-error ready prepares threads or does not
  void ready({ threads: 2 });
});
