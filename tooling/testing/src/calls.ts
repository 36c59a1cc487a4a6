import { type Call, type DisposableCall, linkCall } from "@muster/core/slots";

const PATIENCE_MS = 10_000;

/** A call that is given up after `ms`. */
export function within(ms: number): Call {
  return { signal: AbortSignal.timeout(ms) };
}

/** A call with a deadline, whose timer ends with it. */
export function callOf(timeoutMs: number = PATIENCE_MS): DisposableCall {
  return linkCall({ timeoutMs }, timeoutMs, "test");
}
