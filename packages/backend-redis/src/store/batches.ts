/** Batches of any size, sent as scripts that are none of them long. */

import { type Call, isMusterError, MusterError, throwIfAborted } from "@muster/core/slots";

/**
 * Redis does nothing else while a script runs. An entry takes it 5 to 10 microseconds and each index it is in 2 to 4 more:
 * so many entries keep it for 2 or 3 milliseconds, on a quiet machine.
 */
export const MAX_ENTRIES = 250;
/** So many indexes make an entry twice as long. */
const INDEXES_OF_DOUBLE = 4;
/** Of text, in UTF-16 code units: a megabyte is copied a few times on its way. */
const MAX_LENGTH = 524_288;
/** The next scripts are on their way while one runs. */
const MAX_IN_FLIGHT = 4;

/**
 * Cuts a batch into parts of at most {@link MAX_ENTRIES}, fewer where there are indexes to keep, and, unless one alone is
 * longer, half a million code units.
 */
export function partsOf<T>(batch: readonly T[], lengthOf: (item: T) => number, indexes = 0): readonly (readonly T[])[] {
  return cut(batch, lengthOf, Math.floor((MAX_ENTRIES * INDEXES_OF_DOUBLE) / (INDEXES_OF_DOUBLE + indexes)));
}

/**
 * The same with at most so many in a part, unless one alone is more.
 *
 * @param countOf how many one counts as.
 */
export function cut<T>(
  batch: readonly T[],
  lengthOf: (item: T) => number,
  most: number,
  countOf: (item: T) => number = () => 1,
): readonly (readonly T[])[] {
  const parts: (readonly T[])[] = [];
  let [start, length, count] = [0, 0, 0];
  for (const [index, item] of batch.entries()) {
    const [ownLength, ownCount] = [lengthOf(item), countOf(item)];
    if (index > start && (count + ownCount > most || length + ownLength > MAX_LENGTH)) {
      parts.push(batch.slice(start, index));
      [start, length, count] = [index, 0, 0];
    }
    length += ownLength;
    count += ownCount;
  }
  if (start < batch.length) parts.push(batch.slice(start));
  return parts;
}

/**
 * Sends the parts of a batch, a few at a time, and gives all outcomes in order. Once one has failed no more are sent.
 *
 * @throws what the first failed one does, with `mayHaveApplied` if any part may have been applied.
 */
export async function sendParts<T, R>(
  parts: readonly (readonly T[])[],
  source: string,
  call: Call,
  send: (part: readonly T[]) => Promise<readonly R[]>,
): Promise<readonly R[]> {
  const [only] = parts;
  if (only === undefined) return [];
  if (parts.length === 1) return send(only);
  const outcomes: (readonly R[])[] = [];
  const failures: unknown[] = [];
  const waiting = parts.entries();
  const work = async (): Promise<void> => {
    for (const [index, part] of waiting) {
      if (failures.length > 0) return;
      try {
        throwIfAborted(call, source);
        outcomes[index] = await send(part);
      } catch (error) {
        failures.push(error); // Thrown below, once it is known what has become of the others.
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(MAX_IN_FLIGHT, parts.length) }, work));
  if (failures.length > 0) throw partlyApplied(failures, outcomes.length > 0, source);
  return outcomes.flat();
}

/** A server that is full, or gone, in the middle: what it refuses has not been applied, but what went before has. */
function partlyApplied(failures: readonly unknown[], hasApplied: boolean, source: string): unknown {
  const [first] = failures;
  const mayHaveApplied = hasApplied || failures.some((error) => isMusterError(error) && error.mayHaveApplied);
  if (!mayHaveApplied || !isMusterError(first, "UNAVAILABLE") || first.mayHaveApplied) return first;
  const message = "a part of the batch failed";
  return new MusterError({ code: first.code, source, message, mayHaveApplied, cause: first });
}
