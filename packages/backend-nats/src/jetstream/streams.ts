/** The streams and consumers of a namespace: made where they are missing. */

import type { JetStream } from "./api.ts";
import type { QueueCall } from "./call.ts";

/** How long it takes JetStream to hand out again what was pulled by somebody who has died before he said anything of it. */
const ACK_WAIT_MS = 2_000;
/** A consumer that nobody has pulled from for so long is forgotten. */
const INACTIVE_MS = 300_000;
const NANOS = 1_000_000;

export interface StreamForm {
  readonly name: string;
  readonly subjects: readonly string[];
  /** `queue`: what is acknowledged is gone. `last`: of each subject the last message is kept. */
  readonly keeps: "queue" | "last";
  /** How long ids of messages are known. */
  readonly duplicateWindowMs?: number;
}

/** Nothing where it is there, however it was made. @throws what JetStream says. */
export async function ensureStream(jetStream: JetStream, form: StreamForm, call: QueueCall): Promise<void> {
  const { name, subjects, keeps, duplicateWindowMs = 100 } = form;
  const { replicas, storage } = jetStream.settings;
  const config = {
    name,
    subjects,
    storage,
    num_replicas: replicas,
    retention: keeps === "queue" ? "workqueue" : "limits",
    max_msgs_per_subject: keeps === "last" ? 1 : -1,
    discard: "old",
    duplicate_window: duplicateWindowMs * NANOS,
  };
  await jetStream.manage(`STREAM.CREATE.${name}`, config, call).catch(async (error: unknown) => {
    // It may have been made with other settings, or be written by another process just now.
    await jetStream.manage(`STREAM.INFO.${name}`, {}, call).catch(() => {
      throw error;
    });
  });
}

/**
 * Of a queue: what is for one filter. Its state is kept in memory: what an entry stands for is in a stream of its own, so
 * that a consumer that has lost its state only looks at everything again.
 */
export async function ensureConsumer(
  jetStream: JetStream,
  place: { readonly stream: string; readonly consumer: string; readonly filter: string },
  call: QueueCall,
): Promise<void> {
  const { stream, consumer, filter } = place;
  const config = {
    durable_name: consumer,
    filter_subject: filter,
    deliver_policy: "all",
    ack_policy: "explicit",
    ack_wait: ACK_WAIT_MS * NANOS,
    max_ack_pending: -1,
    max_waiting: 512,
    mem_storage: true,
    inactive_threshold: INACTIVE_MS * NANOS,
  };
  await jetStream.manage(`CONSUMER.DURABLE.CREATE.${stream}.${consumer}`, { stream_name: stream, config }, call);
}
