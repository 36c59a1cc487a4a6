/** What of a batch goes where: to a broker, in rounds, and in each round one batch of records for a partition. */

import type { Outgoing } from "@muster/core/slots";
import { bytesOf, type OutgoingRecord, recordOf } from "../codec.ts";
import { partitionOf } from "../keys.ts";

/** Records of one partition that are written together, or not. */
export interface RecordBatch {
  readonly partition: number;
  readonly records: OutgoingRecord[];
  /** Their places in what was handed in. */
  readonly places: number[];
  /** Of its records, at most. */
  bytes: number;
}

/** What a batch has beside its records, in bytes. */
const BATCH_OVERHEAD = 128;
/** While a broker works at so much, the next is made ready; of less, what a request costs by itself is the larger part. */
const REQUEST_BYTES = 65_536;

/**
 * By broker (-1: there is none), its rounds, one after the other. In each there is at most one batch of a partition, and
 * none is larger than brokers take unless one record alone is.
 *
 * @param leaders by partition, the broker that leads it.
 * @param maxBytes of one batch.
 */
export function roundsOf(
  messages: readonly Outgoing[],
  leaders: readonly number[],
  maxBytes: number,
): ReadonlyMap<number, readonly (readonly RecordBatch[])[]> {
  const rounds = new Map<number, RecordBatch[][]>();
  const open = new Map<number, { readonly batch: RecordBatch; readonly round: number }>();
  for (const [place, message] of messages.entries()) {
    const record = recordOf(message);
    const bytes = bytesOf(record);
    const partition = partitionOf(record.key, leaders.length);
    const last = open.get(partition);
    if (last !== undefined && last.batch.bytes + bytes <= maxBytes - BATCH_OVERHEAD) {
      last.batch.records.push(record);
      last.batch.places.push(place);
      last.batch.bytes += bytes;
      continue;
    }
    const batch = { partition, records: [record], places: [place], bytes };
    const round = last === undefined ? 0 : last.round + 1;
    open.set(partition, { batch, round });
    const leader = leaders[partition] ?? -1;
    const ofLeader = rounds.get(leader) ?? [];
    rounds.set(leader, ofLeader);
    (ofLeader[round] ??= []).push(batch);
  }
  return rounds;
}

/** The batches of one round, as they are asked for together: no more of them than make a request worth its while. */
export function requestsOf(round: readonly RecordBatch[]): readonly (readonly RecordBatch[])[] {
  const requests: RecordBatch[][] = [];
  let bytes = REQUEST_BYTES;
  for (const batch of round) {
    if (bytes >= REQUEST_BYTES) {
      requests.push([]);
      bytes = 0;
    }
    requests.at(-1)?.push(batch);
    bytes += batch.bytes;
  }
  return requests;
}
