/** What is read of the three topics: stretches of a shard, from where it was asked for. */

import type { FetchedPartition } from "../connection/fetch-answer.ts";
import { RecordCursor } from "../connection/record-batches.ts";

export type Use = "q" | "pos" | "dead";
export const USES: readonly Use[] = ["q", "pos", "dead"];

export interface LogRecord {
  readonly offset: number;
  /** Epoch ms by the broker's clock. */
  readonly timestamp: number;
  readonly key: string;
  readonly value: Buffer | null;
}

export interface Want {
  readonly use: Use;
  readonly shard: number;
  readonly offset: number;
}

/** What a partition has answered to one {@link Want}. */
export interface Stretch {
  readonly use: Use;
  readonly shard: number;
  readonly errorCode: number;
  /** That was asked for. */
  readonly from: number;
  readonly records: readonly LogRecord[];
  /** Where to go on. */
  readonly next: number;
  /** Where the log ended. */
  readonly end: number;
  /** Why what stands there can't be read; then there are no records, and nowhere to go on. */
  readonly failure: unknown;
}

/** Of what was asked for; the first batch may begin before it. */
export function stretchOf(want: Want, { errorCode, end, batches, failure }: FetchedPartition): Stretch {
  const records: LogRecord[] = [];
  let next = want.offset;
  for (const batch of batches) {
    const record = new RecordCursor(batch);
    while (record.next()) {
      const { offset, timestamp, key = "" } = record;
      if (offset < want.offset || batch.isControl) continue;
      records.push({ offset, timestamp, key, value: record.readValue() });
    }
    next = Math.max(next, batch.lastOffset + 1);
  }
  return { use: want.use, shard: want.shard, errorCode, from: want.offset, records, next, end, failure };
}
