import { isNumericsError } from "@subquad/linalg-core";

/** "CODE argument" of the typed error that `run` throws; anything else goes through. */
export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return describeError(error);
  }
  return "no error";
}

/** The same for a promise. */
export async function codeOfAsync(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return describeError(error);
  }
  return "no error";
}

function describeError(error: unknown): string {
  if (isNumericsError(error)) return `${error.code} ${error.argument ?? ""}`.trim();
  throw error;
}
