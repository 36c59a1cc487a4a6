/** Only core retries: by error code, with full-jitter backoff, inside the caller's deadline. */

import { setTimeout as delay } from "node:timers/promises";
import { codedError } from "../call.ts";
import { abortedError, type Call, isMusterError, MusterError } from "../slots/index.ts";
import { hasEnded } from "../slots/signals.ts";

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
export function retry<T>(call: Call, source: string, work: () => Promise<T>): Promise<T> {
  if (hasEnded(call)) return Promise.reject(abortedError(call, source));
  return retryFrom(work(), call, source, work);
}

/** As {@link retry}, where the first try has begun already. */
export function retryFrom<T>(first: Promise<T>, call: Call, source: string, work: () => Promise<T>): Promise<T> {
  return first.catch((cause: unknown) => retryAfter(codedError(cause, source), call, source, work));
}

async function retryAfter<T>(first: MusterError, call: Call, source: string, work: () => Promise<T>): Promise<T> {
  let error = first;
  let { mayHaveApplied } = first;
  for (let tries = 0; ; tries += 1) {
    if (!hasEnded(call) && !error.retryable) throw error;
    if (!hasEnded(call)) await pause(backoffMs(tries), call);
    if (hasEnded(call)) throw gaveUp(call, source, mayHaveApplied, error);
    try {
      return await work();
    } catch (cause) {
      error = codedError(cause, source);
      mayHaveApplied ||= error.mayHaveApplied;
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

/** The error of a call that ended while it was being tried again: a `TIMEOUT` tells what the last try met. */
export function gaveUp(call: Call, source: string, mayHaveApplied: boolean, last: MusterError): MusterError {
  const ended = abortedError(call, source, mayHaveApplied);
  if (!isMusterError(ended, "TIMEOUT") || last.code === "TIMEOUT") return ended;
  const message = `the deadline passed; the last try: ${last.message}`;
  return new MusterError({ code: "TIMEOUT", source, message, mayHaveApplied, cause: last });
}
