/** One abort signal per call, with its deadline, and coded errors for both ways it can end. */

import type { Call } from "./backend.ts";
import { isMusterError, MusterError } from "./errors.ts";

export interface CallOptions {
  /** Aborting gives up the call, with `ABORTED`. */
  readonly signal?: AbortSignal;
  /** Deadline of the call in ms, after which it rejects with `TIMEOUT`. */
  readonly timeoutMs?: number;
}

/** A {@link Call} that must be disposed of, so that neither its timer nor its listener outlives it. */
export interface DisposableCall extends Call, Disposable {}

/**
 * A call that ends when `options.signal` aborts or `timeoutMs` have passed, whichever is first.
 *
 * `AbortSignal.any` is not used: it keeps every derived signal alive as long as its source.
 */
export function linkCall(options: CallOptions, defaultTimeoutMs: number, source: string): DisposableCall {
  const controller = new AbortController();
  const outer = options.signal;
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const onAbort = (): void => controller.abort(aborted(outer?.reason, source));
  if (outer?.aborted) onAbort();
  outer?.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(() => {
    controller.abort(new MusterError({ code: "TIMEOUT", source, message: `no answer within ${timeoutMs} ms` }));
  }, timeoutMs);
  return {
    signal: controller.signal,
    [Symbol.dispose](): void {
      clearTimeout(timer);
      outer?.removeEventListener("abort", onAbort);
    },
  };
}

/**
 * The error a method rejects with when its call's signal has aborted: `TIMEOUT` or `ABORTED`, naming the operation.
 *
 * @param mayHaveApplied true once the request may have left.
 */
export function abortedError(call: Call, source: string, mayHaveApplied = false): MusterError {
  const reason: unknown = call.signal.reason;
  if (isMusterError(reason, "TIMEOUT")) {
    return new MusterError({ code: "TIMEOUT", source, message: "the deadline passed", mayHaveApplied, cause: reason });
  }
  return aborted(reason, source, mayHaveApplied);
}

/** @throws TIMEOUT, ABORTED: when the signal has already aborted; nothing has been applied. */
export function throwIfAborted(call: Call, source: string): void {
  if (call.signal.aborted) throw abortedError(call, source);
}

function aborted(cause: unknown, source: string, mayHaveApplied = false): MusterError<"ABORTED"> {
  return new MusterError({ code: "ABORTED", source, message: "the caller gave up", detail: {}, mayHaveApplied, cause });
}
