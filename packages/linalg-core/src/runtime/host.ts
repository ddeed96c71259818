/**
 * What this JavaScript host offers, asked in ways that no bundler sees as an import.
 *
 * Node, Bun and Deno hand out built-in modules through process.getBuiltinModule; browsers have neither the function nor a process.
 */
import { MAX_THREADS } from "./layout.js";

interface HostProcess {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly getBuiltinModule?: (name: string) => unknown;
}

/** A built-in module of Node, Bun or Deno; undefined in a browser. */
export function builtinModule(name: string): unknown {
  return hostProcess()?.getBuiltinModule?.(name);
}

/** An environment variable; undefined in a browser, and where the host refuses to tell. */
export function environment(name: string): string | undefined {
  try {
    return hostProcess()?.env?.[name];
  } catch {
    return undefined; // Deno throws when the permission is missing
  }
}

/** Threads that can run at once on this machine, at least 1 and at most 16. */
export function hardwareThreads(): number {
  const os = builtinModule("node:os") as { readonly availableParallelism?: () => number } | undefined;
  const { navigator } = globalThis as { readonly navigator?: { readonly hardwareConcurrency?: number } };
  const count = os?.availableParallelism?.() ?? navigator?.hardwareConcurrency ?? 1;
  return Math.min(MAX_THREADS, Math.max(1, Math.floor(count)));
}

/** Whether memory can be shared with workers here; otherwise why not. */
export function sharedMemoryRefusal(): string | undefined {
  const { crossOriginIsolated } = globalThis as { readonly crossOriginIsolated?: boolean };
  // an engine may let a page that is not isolated create shared memory, only to refuse to post it to a worker
  const available = typeof SharedArrayBuffer === "function" && crossOriginIsolated !== false;
  return available ? undefined : "SharedArrayBuffer unavailable: page is not cross-origin isolated";
}

function hostProcess(): HostProcess | undefined {
  return (globalThis as { readonly process?: HostProcess }).process;
}
