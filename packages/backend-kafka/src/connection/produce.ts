/** Batches on their way to the broker that leads their partitions: https://kafka.apache.org/protocol#The_Messages_Produce. */

import type { ServerSettings } from "../options.ts";
import { COMPRESSIONS } from "../options.ts";
import { encodeBatch, type NewRecord } from "./batch-encoding.ts";
import type { Asking } from "./line.ts";

/** Records of one partition, which are written together or not at all. */
export interface NewBatch {
  readonly partition: number;
  readonly records: readonly NewRecord[];
}

/** What a broker says of one batch. */
export interface Appended {
  readonly partition: number;
  /** Of the protocol; 0: all replicas that are in step have it. */
  readonly errorCode: number;
  /** Of the first record, as text. */
  readonly baseOffset: string;
}

interface ProduceAnswer {
  readonly topics: readonly { readonly partitions: readonly Appended[] }[];
}

/** All replicas that are in step. */
const ACKS = -1;
/** Of a length that says that there is nothing. */
const NOTHING = -1;

/** At most one batch of a partition. @throws errors of kafkajs */
export async function produce(
  asking: Asking,
  topic: string,
  batches: readonly NewBatch[],
  { compression, requestTimeoutMs }: ServerSettings,
): Promise<readonly Appended[]> {
  const args = { acks: ACKS, timeout: requestTimeoutMs, topicData: [] };
  const writing = (): Promise<Buffer> =>
    encodeRequest(topic, batches, { timeoutMs: requestTimeoutMs, compression: COMPRESSIONS[compression] });
  const { topics } = (await asking("Produce", args, { writing })) as ProduceAnswer; // As the protocol has it.
  return topics.flatMap(({ partitions }) => partitions);
}

/** Versions 3 to 8. */
async function encodeRequest(
  topic: string,
  batches: readonly NewBatch[],
  { timeoutMs, compression }: { readonly timeoutMs: number; readonly compression: number },
): Promise<Buffer> {
  const now = Date.now();
  const name = Buffer.from(topic);
  const head = Buffer.allocUnsafe(18 + name.length);
  head.writeInt16BE(NOTHING, 0); // No transaction.
  head.writeInt16BE(ACKS, 2);
  head.writeInt32BE(timeoutMs, 4);
  head.writeInt32BE(1, 8); // Of one topic.
  head.writeInt16BE(name.length, 12);
  head.set(name, 14);
  head.writeInt32BE(batches.length, 14 + name.length);
  const parts: Buffer[] = [head];
  for (const { partition, records } of batches) {
    const batch = await encodeBatch(records, compression, now);
    const lead = Buffer.allocUnsafe(8);
    lead.writeInt32BE(partition, 0);
    lead.writeInt32BE(
      batch.reduce((sum, { length }) => sum + length, 0),
      4,
    );
    parts.push(lead, ...batch);
  }
  return Buffer.concat(parts);
}
