/** Batches of any size, as operations that are none of them long: whoever else writes waits for one of them only. */

import { isMusterError, MusterError } from "@muster/core/slots";
import { NAME } from "../errors.ts";

/** One operation takes the thread about ten milliseconds. */
const MAX_ITEMS = 1_000;

/**
 * All outcomes, in the order of the items.
 *
 * @throws what `send` throws, with `mayHaveApplied` if any part before it has been applied.
 */
export async function inParts<T, R>(
  operation: string,
  items: readonly T[],
  send: (part: readonly T[]) => Promise<readonly R[]>,
): Promise<readonly R[]> {
  if (items.length <= MAX_ITEMS) return items.length === 0 ? [] : send(items);
  const outcomes: R[] = [];
  for (let start = 0; start < items.length; start += MAX_ITEMS) {
    try {
      outcomes.push(...(await send(items.slice(start, start + MAX_ITEMS))));
    } catch (error) {
      throw start > 0 ? partlyApplied(error, operation) : error;
    }
  }
  return outcomes;
}

function partlyApplied(error: unknown, operation: string): unknown {
  if (!isMusterError(error) || error.mayHaveApplied) return error;
  const code = error.retryable ? "UNAVAILABLE" : "INTERNAL";
  const message = `a part of the batch failed: ${error.message}`;
  return new MusterError({ code, source: `${NAME}.${operation}`, message, mayHaveApplied: true, cause: error });
}
