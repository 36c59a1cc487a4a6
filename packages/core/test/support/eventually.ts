import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 2;
const LIMIT_MS = 10_000;

/** Polls until `read` gives something else than `undefined` or false, and gives that back; fails after ten seconds. */
export async function eventually<T>(what: string, read: () => T | Promise<T>): Promise<Exclude<T, undefined | false>> {
  const end = performance.now() + LIMIT_MS;
  for (;;) {
    const value = await read();
    if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>; // Just checked.
    if (performance.now() > end) throw new Error(`not within ${LIMIT_MS} ms: ${what}`);
    await delay(POLL_MS);
  }
}
