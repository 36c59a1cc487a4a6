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
  throwIfAborted(call, source);
  const before = served.rewriting;
  let isRunning = before === undefined;
  const begin = (): Promise<T> => {
    throwIfAborted(call, source);
    isRunning = true;
    return work();
  };
  const turn = before === undefined ? work() : before.then(begin);
  takeTurn(served, turn);
  // Work that has begun knows best how it ended; it honours the same call.
  if (isRunning) return await turn;
  try {
    return await untilAborted(turn, call, source);
  } catch (error) {
    if (isRunning) return await turn;
    throw error;
  }
}

function takeTurn(served: Served, turn: Promise<unknown>): void {
  const end = (): void => {
    if (served.rewriting === rewriting) served.rewriting = undefined;
  };
  const rewriting = turn.then(end, end); // How it ended is told to whoever asked for it.
  served.rewriting = rewriting;
}
