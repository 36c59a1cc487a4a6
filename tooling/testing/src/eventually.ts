/** Waiting for what has no event. */

import { setTimeout as delay } from "node:timers/promises";

/** For `expect.poll`. */
export const SOON = { timeout: 15_000, interval: 20 };

/** Asks until `probe` no longer throws; its last error when that takes too long. */
export async function eventually<T>(probe: () => T | Promise<T>, patienceMs = 10_000): Promise<T> {
  const end = performance.now() + patienceMs;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (performance.now() > end) throw error;
      await delay(10);
    }
  }
}

/** Polls until it is so; outside of tests, where `expect.poll` is not to be had. */
export async function until(isSo: () => Promise<boolean>, ms: number = SOON.timeout): Promise<void> {
  const end = performance.now() + ms;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error("it is not so in time");
    await delay(SOON.interval);
  }
}
