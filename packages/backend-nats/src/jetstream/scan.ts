/** What a stream holds, in the order of its sequence, through a consumer that lasts as long as the reading. */

import type { JetStream } from "./api.ts";
import type { QueueCall } from "./call.ts";
import { pull, type Pulled } from "./pull.ts";

const PAGE = 1_000;
const INACTIVE_MS = 10_000;
const NANOS = 1_000_000;

export interface ScanQuery {
  readonly filter?: string;
  /** First sequence. Default 1. */
  readonly from?: number;
  /** Most messages. Default: all there are when it begins. */
  readonly limit?: number;
}

/** Of a stream that has changed meanwhile some are missing, and others are there. @throws what JetStream says. */
export async function scan(
  jetStream: JetStream,
  stream: string,
  { filter, from = 1, limit = Number.POSITIVE_INFINITY }: ScanQuery,
  call: QueueCall,
): Promise<readonly Pulled[]> {
  const config = {
    ack_policy: "none",
    deliver_policy: "by_start_sequence",
    opt_start_seq: from,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: INACTIVE_MS * NANOS,
    ...(filter === undefined ? {} : { filter_subject: filter }),
  };
  const made = await jetStream.manage<{ name: string; num_pending: number }>(
    `CONSUMER.CREATE.${stream}`,
    { stream_name: stream, config },
    call,
  );
  const all: Pulled[] = [];
  const wanted = Math.min(limit, made.num_pending);
  try {
    while (all.length < wanted) {
      const batch = Math.min(PAGE, wanted - all.length);
      const { pulled } = await pull(jetStream, { stream, consumer: made.name }, { batch, waitMs: 0 }, call);
      if (pulled.length === 0) break;
      all.push(...pulled);
    }
  } finally {
    jetStream.requests.tell(`${jetStream.settings.api}.CONSUMER.DELETE.${stream}.${made.name}`, "");
  }
  return all;
}
