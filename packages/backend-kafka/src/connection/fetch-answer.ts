/** The answer to a fetch, versions 4 to 11: https://kafka.apache.org/protocol#The_Messages_Fetch. */

import { type Batch, batchesIn } from "./record-batches.ts";

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  /** Of the protocol; 0: none. */
  readonly errorCode: number;
  /** Where the log ends, as far as all replicas that are in step have it. */
  readonly end: number;
  readonly batches: readonly Batch[];
  /** Why the first of them can't be read; then there are none. */
  readonly failure: unknown;
}

export interface FetchAnswer {
  readonly errorCode: number;
  readonly partitions: readonly FetchedPartition[];
}

/** Of the numbers that come before the errors of an answer, and of what it says of a session. */
const THROTTLE_BYTES = 4;
const SESSION_BYTES = 4;
const OFFSET_BYTES = 8;
const ABORTED_BYTES = 16;
const REPLICA_BYTES = 4;

export async function readFetchAnswer(bytes: Buffer, version: number): Promise<FetchAnswer> {
  let at = THROTTLE_BYTES;
  const int16 = (): number => bytes.readInt16BE((at += 2) - 2);
  const int32 = (): number => bytes.readInt32BE((at += 4) - 4);
  /** Nothing for a length that says that there is nothing. */
  const skip = (count: number): void => {
    at += Math.max(0, count);
  };
  const errorCode = version >= 7 ? int16() : 0;
  if (version >= 7) skip(SESSION_BYTES);
  const partitions: FetchedPartition[] = [];
  for (let topics = int32(); topics > 0; topics -= 1) {
    const nameBytes = Math.max(0, int16());
    const topic = bytes.toString("utf8", at, at + nameBytes);
    skip(nameBytes);
    for (let left = int32(); left > 0; left -= 1) {
      const [partition, code] = [int32(), int16()];
      const end = Number(bytes.readBigInt64BE(at));
      skip(version >= 5 ? 3 * OFFSET_BYTES : 2 * OFFSET_BYTES);
      skip(ABORTED_BYTES * int32());
      if (version >= 11) skip(REPLICA_BYTES);
      const length = Math.max(0, int32());
      const read = await readBatches(bytes.subarray(at, at + length));
      partitions.push({ topic, partition, errorCode: code, end, ...read });
      skip(length);
    }
  }
  return { errorCode, partitions };
}

/** What one partition has can't keep others from being read. */
async function readBatches(set: Buffer): Promise<Pick<FetchedPartition, "batches" | "failure">> {
  try {
    return { batches: await batchesIn(set), failure: undefined };
  } catch (failure) {
    return { batches: [], failure };
  }
}
