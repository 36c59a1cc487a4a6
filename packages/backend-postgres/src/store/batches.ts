/** Batches of any size, as statements that are none of them long, until every item has its answer. */

import { isMusterError, MusterError, throwIfAborted } from "@muster/core/slots";
import type { PostgresCall } from "../client.ts";
import { NAME } from "../errors.ts";

/** One statement, and its transaction, takes the server a few tens of milliseconds. */
const MAX_ITEMS = 1_000;
/** In UTF-16 code units. */
const MAX_LENGTH = 4_194_304;

/** An item's place in its part, counted from 0, and its outcome. */
export type Answer<R> = readonly [index: number, outcome: R];

export interface Batch<T, R> {
  readonly items: readonly T[];
  /** Of the text that travels for one. */
  lengthOf(item: T): number;
  /** One statement. Items that are missing in its answer have met somebody else, and are sent again. */
  send(items: readonly T[]): Promise<readonly Answer<R>[]>;
}

/**
 * All outcomes, in the order of the items.
 *
 * @throws what `send` throws, with `mayHaveApplied` if any statement before it has been applied.
 */
export async function sendBatch<T, R>(
  { items, lengthOf, send }: Batch<T, R>,
  call: PostgresCall,
): Promise<readonly R[]> {
  const source = `${NAME}.${call.operation}`;
  const outcomes: R[] = [];
  let hasApplied = false;
  let waiting = items.map((item, index) => ({ item, index }));
  while (waiting.length > 0) {
    const part = waiting.slice(
      0,
      sizeOfPart(waiting, ({ item }) => lengthOf(item)),
    );
    try {
      throwIfAborted(call, source);
      const answered = new Set<number>();
      for (const [at, outcome] of await send(part.map(({ item }) => item))) {
        const index = part[at]?.index;
        if (index === undefined) continue;
        outcomes[index] = outcome;
        answered.add(index);
      }
      hasApplied ||= answered.size > 0;
      waiting = [...part.filter(({ index }) => !answered.has(index)), ...waiting.slice(part.length)];
    } catch (error) {
      throw hasApplied ? partlyApplied(error, source) : error;
    }
  }
  return outcomes;
}

/** At most {@link MAX_ITEMS}, and four million code units unless one alone is longer. */
function sizeOfPart<T>(items: readonly T[], lengthOf: (item: T) => number): number {
  let length = 0;
  let size = 0;
  for (const item of items) {
    length += lengthOf(item);
    if (size > 0 && (size >= MAX_ITEMS || length > MAX_LENGTH)) break;
    size += 1;
  }
  return size;
}

/** What the server refuses has not been applied, but what went before has. */
function partlyApplied(error: unknown, source: string): unknown {
  if (!isMusterError(error) || error.mayHaveApplied) return error;
  const code = error.retryable ? "UNAVAILABLE" : "INTERNAL";
  const message = `a part of the batch failed: ${error.message}`;
  return new MusterError({ code, source, message, mayHaveApplied: true, cause: error });
}
