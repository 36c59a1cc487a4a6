/** Only core retries: by error code, with full-jitter backoff, inside the caller's deadline. */

import { setTimeout as delay } from "node:timers/promises";
import { codedError } from "../call.ts";
import { abortedError, type Call, isMusterError, MusterError, throwIfAborted } from "../slots/index.ts";

const BASE_MS = 25;
const CAP_MS = 2_000;

/** Full jitter: anything between nothing and a bound that doubles with each try. */
export function backoffMs(tries: number): number {
  return Math.random() * Math.min(CAP_MS, BASE_MS * 2 ** Math.min(tries, 16));
}

/**
 * Runs `work` until it succeeds, fails for good, or the call ends. `work` must be safe to repeat after an unknown outcome.
 *
 * @throws TIMEOUT, ABORTED, with `mayHaveApplied` when any try may have been; otherwise what `work` throws.
 */
export async function retry<T>(call: Call, source: string, work: () => Promise<T>): Promise<T> {
  let mayHaveApplied = false;
  for (let tries = 0; ; tries += 1) {
    throwIfAborted(call, source);
    try {
      return await work();
    } catch (cause) {
      const error = codedError(cause, source);
      mayHaveApplied ||= error.mayHaveApplied;
      if (!call.signal.aborted && !error.retryable) throw error;
      if (!call.signal.aborted) await pause(backoffMs(tries), call);
      if (call.signal.aborted) throw gaveUp(call, source, mayHaveApplied, error);
    }
  }
}

/** Resolves after `ms` or when the call ends, whichever is first. */
export async function pause(ms: number, call: Call): Promise<void> {
  try {
    await delay(ms, undefined, { signal: call.signal, ref: false });
  } catch {
    // The call has ended; whoever waits looks at its signal.
  }
}

function gaveUp(call: Call, source: string, mayHaveApplied: boolean, last: MusterError): MusterError {
  const ended = abortedError(call, source, mayHaveApplied);
  if (!isMusterError(ended, "TIMEOUT") || last.code === "TIMEOUT") return ended;
  const message = `the deadline passed; the last try: ${last.message}`;
  return new MusterError({ code: "TIMEOUT", source, message, mayHaveApplied, cause: last });
}
