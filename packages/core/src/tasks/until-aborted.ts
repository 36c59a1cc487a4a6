import { abortedError, type Call, throwIfAborted } from "../slots/index.ts";

/**
 * Waits for work that others share, but no longer than `call` allows; the work itself goes on.
 *
 * @throws TIMEOUT, ABORTED; otherwise what `work` rejects with.
 */
export async function untilAborted<T>(work: Promise<T>, call: Call, source: string): Promise<T> {
  throwIfAborted(call, source);
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(abortedError(call, source));
    call.signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    call.signal.removeEventListener("abort", onAbort);
  }
}
