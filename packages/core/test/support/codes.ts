import { expect } from "vitest";
import { type ErrorCode, isMusterError, type MusterError, type Violation } from "../../src/slots/index.ts";

/** The error that `run` throws, which must have this code. */
export function thrown<Code extends ErrorCode>(code: Code, run: () => unknown): MusterError<Code> {
  try {
    run();
  } catch (error) {
    if (isMusterError(error, code)) return error;
    expect.fail(`expected ${code}, not ${String(error)}`);
  }
  return expect.fail(`expected ${code}, but nothing was thrown`);
}

/** The error that `work` rejects with, which must have this code. */
export async function rejected<Code extends ErrorCode>(code: Code, work: Promise<unknown>): Promise<MusterError<Code>> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  return thrown(code, () => {
    if (outcome !== undefined) throw outcome.error;
  });
}

/** Violations as `path message`. */
export function spelled(violations: readonly Violation[]): readonly string[] {
  return violations.map(({ path, message }) => `${path} ${message}`);
}

/** Of an error that is known to be coded. */
export function codeOf(error: unknown): string {
  return isMusterError(error) ? error.code : expect.fail(`expected a coded error, not ${String(error)}`);
}
