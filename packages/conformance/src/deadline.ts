import { setMaxListeners } from "node:events";
import { type Call, linkCall } from "@muster/core/slots";

/** Default of {@link PlanOptions.deadlineMs}. */
export const DEADLINE_MS = 30_000;

/**
 * Runs `work` with a call of its own, which times out after `deadlineMs` and ends with `work`.
 *
 * @throws Error when it has not ended by then, whether or not it honours its call; otherwise what `work` throws.
 */
export async function withinDeadline<T>(
  deadlineMs: number,
  source: string,
  work: (call: Call) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  using call = linkCall({ signal: ended.signal }, deadlineMs, source);
  setMaxListeners(0, call.signal);
  let onAbort = (): void => {};
  const late = new Promise<never>((_resolve, reject) => {
    onAbort = (): void => reject(new Error(`it has not ended after ${deadlineMs} ms`));
  });
  call.signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work(call), late]);
  } finally {
    call.signal.removeEventListener("abort", onAbort);
    ended.abort();
  }
}
