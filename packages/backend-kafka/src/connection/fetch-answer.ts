/** The answer to a fetch, versions 4 to 11: https://kafka.apache.org/protocol#The_Messages_Fetch. */

import { type Batch, batchesIn } from "./record-batches.ts";

interface FetchedPartition {
  readonly partition: number;
  /** Of the protocol; 0: none. */
  readonly errorCode: number;
  /** Where the log ends, as far as all replicas that are in step have it. */
  readonly end: number;
  readonly batches: readonly Batch[];
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

/** @throws errors of kafkajs: a codec that is not there */
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
    skip(int16()); // Its name: nobody asks for more than one.
    for (let left = int32(); left > 0; left -= 1) {
      const [partition, code] = [int32(), int16()];
      const end = Number(bytes.readBigInt64BE(at));
      skip(version >= 5 ? 3 * OFFSET_BYTES : 2 * OFFSET_BYTES);
      skip(ABORTED_BYTES * int32());
      if (version >= 11) skip(REPLICA_BYTES);
      const length = Math.max(0, int32());
      partitions.push({ partition, errorCode: code, end, batches: await batchesIn(bytes.subarray(at, at + length)) });
      skip(length);
    }
  }
  return { errorCode, partitions };
}
