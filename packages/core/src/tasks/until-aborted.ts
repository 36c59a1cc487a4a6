import { abortedError, type Call, throwIfAborted } from "../slots/index.ts";
import { offEnd, onEnd } from "../slots/signals.ts";

/**
 * Waits for work that others share, but no longer than `call` allows; the work itself goes on.
 *
 * @throws TIMEOUT, ABORTED; otherwise what `work` rejects with.
 */
export async function untilAborted<T>(work: Promise<T>, call: Call, source: string): Promise<T> {
  throwIfAborted(call, source);
  let onAbort = (): void => {};
  try {
    return await new Promise<T>((resolve, reject) => {
      onAbort = () => reject(abortedError(call, source));
      onEnd(call, onAbort);
      work.then(resolve, reject);
    });
  } finally {
    offEnd(call, onAbort);
  }
}
