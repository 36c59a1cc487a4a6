import type { Call } from "./backend.ts";
import { abortedError } from "./signals.ts";

/**
 * Waits for work that can't be given up itself, as opening a connection is, no longer than `call` lasts; what becomes of the work after that is for `onLate`.
 *
 * @throws TIMEOUT, ABORTED; otherwise what `work` rejects with.
 */
export async function untilEnded<T>(
  work: Promise<T>,
  call: Call,
  source: string,
  onLate?: (result: T) => void,
): Promise<T> {
  let isOver = false;
  let end = (): void => {};
  const ended = new Promise<never>((_resolve, reject) => {
    end = (): void => {
      isOver = true;
      reject(abortedError(call, source));
    };
  });
  work.then(
    (result) => {
      if (isOver) onLate?.(result);
    },
    () => undefined, // Told to whoever waits, if anybody still does.
  );
  if (call.signal.aborted) end();
  else call.signal.addEventListener("abort", end, { once: true });
  try {
    return await Promise.race([work, ended]);
  } finally {
    call.signal.removeEventListener("abort", end);
  }
}
