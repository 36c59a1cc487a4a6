import { setTimeout as delay } from "node:timers/promises";

/** A queue that has no leader answers nobody. */
const PATIENCE_MS = 3_000;

/** What a queue answers. @throws Error when it does not for so long. */
export async function inTime<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined); // Told to whoever waits, if anybody still does.
  const patience = new AbortController();
  const late = delay(PATIENCE_MS, undefined, { signal: patience.signal, ref: false }).then(() => {
    throw new Error("connection closed: a queue does not answer");
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    late.catch(() => undefined);
    patience.abort();
  }
}
