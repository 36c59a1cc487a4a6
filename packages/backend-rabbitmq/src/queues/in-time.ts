import { setTimeout as delay } from "node:timers/promises";

/** A queue that has no leader answers nobody. */
const PATIENCE_MS = 6_000;
const SOON_MS = 1_000;
const AGAIN_MS = 200;

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

/** Waits for it, but not for long. */
export async function soon(work: Promise<unknown>): Promise<void> {
  const patience = new AbortController();
  try {
    await Promise.race([work, delay(SOON_MS, undefined, { signal: patience.signal, ref: false })]);
  } finally {
    patience.abort();
  }
}

/** Until what failed is tried again. */
export async function pause(): Promise<void> {
  await delay(AGAIN_MS, undefined, { ref: false });
}
