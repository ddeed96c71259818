/**
 * Libraries of Python on one thread, for reference: machine code in a process of its own, timed there. It runs while a contender of it is open.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { AbsentError, type Prepared, type Values } from "../src/case.js";

const ONE_THREAD = { OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1", VECLIB_MAXIMUM_THREADS: "1" };

/** An array of the right shape, on its way to Python. */
export interface Operand {
  readonly values: Values | Int32Array;
  readonly shape: readonly number[];
}

/** A job of `server.py`. */
export interface PythonJob {
  readonly job: string;
  readonly operands: readonly Operand[];
  /** Passed by name. */
  readonly parameters?: Readonly<Record<string, number | readonly number[]>>;
}

interface Head {
  /** Of NumPy in the first answer; of the library of a job when that is ready. */
  readonly version?: string;
  readonly seconds?: number;
  readonly length?: number;
  readonly failure?: string;
  /** The module that is not there. */
  readonly absent?: string;
}
interface Answer {
  readonly head: Head;
  readonly values: Float64Array;
}
interface Server {
  readonly version: string;
  /** Sends a request; requests are answered in turn. */
  ask(request: object, operands?: readonly Operand[]): Promise<Answer>;
  end(): void;
}

/** What the row of a library says that Python does not find. */
export function absentPython(library: string): string {
  return `not installed: needs python3 with ${library} on the path`;
}

/** Whether there is a python3 with this module. */
export function hasPython(module: string): boolean {
  return spawnSync("python3", ["-c", `import ${module}`], { stdio: "ignore", timeout: 20_000 }).status === 0;
}

/** A flat array and its shape. */
export function operand(values: Operand["values"], ...shape: readonly number[]): Operand {
  return { values, shape };
}

let running: Promise<Server> | undefined;
let open = 0;
let last = 0;

/** A job that has its arrays and waits to be run. Throws AbsentError when Python or the library of the job is missing. */
export async function preparedPython({ job, operands, parameters = {} }: PythonJob): Promise<Prepared<Values>> {
  const id = ++last;
  const close = (): void => {
    if (--open > 0) return;
    void running?.then(
      (server) => {
        server.end();
      },
      () => undefined, // it never ran
    );
    running = undefined;
  };
  open++;
  try {
    const server = await (running ??= start());
    const { head } = await server.ask({ do: "prepare", id, job, parameters }, operands);
    return {
      version: head.version ?? server.version,
      run: async () => (await server.ask({ do: "run", id })).head.seconds,
      seconds: (seconds) => seconds as number,
      read: async () => (await server.ask({ do: "read", id })).values,
      close: async () => {
        await server.ask({ do: "close", id }).finally(close);
      },
    };
  } catch (error) {
    close();
    throw error;
  }
}

async function start(): Promise<Server> {
  const script = fileURLToPath(new URL("../rivals/python/server.py", import.meta.url)); // from here and from the built program
  const child = spawn("python3", [script], { stdio: ["pipe", "pipe", "ignore"], env: { ...process.env, ...ONE_THREAD } });
  child.stdin.on("error", () => undefined); // it ended; the answer that does not come says so
  const answers = answersOf(child.stdout);
  try {
    await once(child, "spawn");
    const { head } = await nextOf(answers);
    const ask: Server["ask"] = inTurn(async (request, operands = []) => {
      const arrays = operands.map(({ values, shape }) => ({ type: typeOf(values), shape }));
      child.stdin.write(`${JSON.stringify({ ...request, arrays })}\n`);
      for (const { values } of operands) child.stdin.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      const answer = await nextOf(answers);
      if (answer.head.absent !== undefined) throw new AbsentError(absentPython(answer.head.absent));
      if (answer.head.failure !== undefined) throw new Error(answer.head.failure);
      return answer;
    });
    return { version: head.version!, ask, end: () => child.stdin.end() };
  } catch {
    child.kill();
    throw new AbsentError(absentPython("NumPy"));
  }
}

function typeOf(values: Operand["values"]): "int32" | "float32" | "float64" {
  if (values instanceof Int32Array) return "int32";
  return values instanceof Float32Array ? "float32" : "float64";
}

/** Calls wait for those before them. */
function inTurn<A extends readonly unknown[], R>(f: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
  let before: Promise<unknown> = Promise.resolve();
  return (...args) => {
    const mine = before.then(() => f(...args));
    before = mine.catch(() => undefined);
    return mine;
  };
}

async function nextOf(answers: AsyncIterator<Answer, undefined>): Promise<Answer> {
  const { value } = await answers.next();
  if (!value) throw new Error("python3 ended");
  return value;
}

/** A line of JSON, and as many float64 numbers as it says. */
async function* answersOf(stdout: Readable): AsyncGenerator<Answer, undefined> {
  let head: Head | undefined;
  let parts: Buffer[] = [];
  for await (const chunk of stdout as AsyncIterable<Buffer>) {
    parts.push(chunk);
    if (head && lengthOf(parts) < 8 * (head.length ?? 0)) continue; // a long answer is joined once
    let held = Buffer.concat(parts);
    for (;;) {
      const end = head ? -1 : held.indexOf(10);
      if (!head && end < 0) break;
      head ??= JSON.parse(held.toString("utf8", 0, end)) as Head;
      held = held.subarray(end + 1);
      const bytes = 8 * (head.length ?? 0);
      if (held.length < bytes) break;
      yield { head, values: new Float64Array(new Uint8Array(held.subarray(0, bytes)).buffer) };
      held = held.subarray(bytes);
      head = undefined;
    }
    parts = [held];
  }
  return undefined;
}

function lengthOf(parts: readonly Buffer[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}
