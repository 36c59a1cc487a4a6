import type { Served } from "../life/served.ts";
import { type Call, throwIfAborted } from "../slots/index.ts";
import { untilAborted } from "./until-aborted.ts";

/**
 * Runs `work` after everything that was asked of this handle before: what rewrites one registration happens in the order
 * of the calls. A call that ends while it waits leaves its work undone.
 *
 * @throws TIMEOUT, ABORTED; otherwise what `work` throws.
 */
export async function inOrder<T>(served: Served, call: Call, source: string, work: () => Promise<T>): Promise<T> {
  let isRunning = false;
  const turn = served.rewriting.then(() => {
    throwIfAborted(call, source);
    isRunning = true;
    return work();
  });
  served.rewriting = turn.catch(() => undefined); // Told to whoever asked for it.
  try {
    return await untilAborted(turn, call, source);
  } catch (error) {
    // Work that has begun knows best how it ended; it honours the same call.
    if (isRunning) return await turn;
    throw error;
  }
}
