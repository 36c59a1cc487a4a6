import { setTimeout as wait } from "node:timers/promises";

/** Default of {@link Subject.patienceMs}. */
export const PATIENCE_MS = 5_000;

const LONGEST_PAUSE_MS = 100;

/**
 * Asks again, at first at once and then ever more rarely, until `probe` no longer throws; gives what it returned. When
 * `patienceMs` have passed, its last error is thrown.
 *
 * @throws ABORTED, TIMEOUT: the reason of `signal`, as soon as that aborts between two attempts.
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  { patienceMs, signal }: { readonly patienceMs: number; readonly signal: AbortSignal },
): Promise<T> {
  const end = performance.now() + patienceMs;
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return await probe();
    } catch (error) {
      signal.throwIfAborted();
      const leftMs = end - performance.now();
      if (leftMs <= 0) throw error;
      await wait(Math.min(pauseMs, leftMs), undefined, { signal });
    }
  }
}
