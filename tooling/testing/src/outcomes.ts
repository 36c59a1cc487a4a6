import { type ErrorCode, isMusterError, type MusterError } from "@muster/core/slots";

/** `CODE`, or `CODE?` where it may have been applied; `fine` when it didn't reject. @throws what it rejected with, unless coded. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "fine";
  } catch (error) {
    if (!isMusterError(error)) throw error;
    return error.mayHaveApplied ? `${error.code}?` : error.code;
  }
}

/** The error it rejects with, which has the code. @throws when it resolves, or has another. */
export async function rejection<Code extends ErrorCode>(
  promise: Promise<unknown>,
  code: Code,
): Promise<MusterError<Code>> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    if (isMusterError(error, code)) return error;
    throw new Error(`expected ${code}, got ${String(error)}`, { cause: error });
  }
  throw new Error(`it resolved instead of rejecting with ${code}`, { cause: value });
}
