/** A work queue as one uses it without Muster: published without waiting for each answer, fetched by batches, acknowledged. */

import { AckPolicy, type JetStreamClient, jetstream, jetstreamManager, RetentionPolicy } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { PAYLOAD } from "../fleets.ts";
import type { Contender } from "../rounds.ts";
import { Disagreement } from "../scenario.ts";
import { BATCH, identityOf } from "../store.ts";

const STREAM = "raw";
const EXPIRES_MS = 1_000;

export interface RawJetStreamOptions {
  readonly connection: NatsConnection;
  readonly size: number;
  readonly sessions: number;
}

/** A consumer for each session. Nothing is looked up, deduplicated or noted; whoever fetches has it. */
export class RawJetStream {
  readonly #options: RawJetStreamOptions;
  readonly #client: JetStreamClient;

  private constructor(options: RawJetStreamOptions) {
    this.#options = options;
    this.#client = jetstream(options.connection);
  }

  static async open(options: RawJetStreamOptions): Promise<RawJetStream> {
    const manager = await jetstreamManager(options.connection);
    await manager.streams.add({ name: STREAM, subjects: ["raw.>"], retention: RetentionPolicy.Workqueue });
    for (let session = 0; session < options.sessions; session += 1)
      await manager.consumers.add(STREAM, {
        durable_name: `worker-${session}`,
        filter_subject: `raw.${session}.>`,
        ack_policy: AckPolicy.Explicit,
        max_ack_pending: -1,
        mem_storage: true,
      });
    return new RawJetStream(options);
  }

  get enqueuing(): Contender {
    return { name: "publish of 1,000 at once", prepare: () => this.#empty(), run: () => this.#enqueue() };
  }

  get draining(): Contender {
    return { name: "fetch and ack of 1,000", prepare: () => this.#fill(), run: () => this.#drain() };
  }

  async #empty(): Promise<void> {
    await (await jetstreamManager(this.#options.connection)).streams.purge(STREAM);
  }

  async #fill(): Promise<void> {
    await this.#empty();
    await this.#enqueue();
  }

  async #enqueue(): Promise<number> {
    const { size, sessions } = this.#options;
    for (let start = 0; start < size; start += BATCH) {
      const length = Math.min(BATCH, size - start);
      const publishing = Array.from({ length }, async (_, at) => {
        const index = start + at;
        return this.#client.publish(`raw.${index % sessions}.${identityOf(index)}`, PAYLOAD);
      });
      await Promise.all(publishing);
    }
    return size;
  }

  async #drain(): Promise<number> {
    const { size, sessions } = this.#options;
    let drained = 0;
    for (let session = 0; session < sessions; session += 1) {
      const consumer = await this.#client.consumers.get(STREAM, `worker-${session}`);
      const own = Math.ceil((size - session) / sessions);
      for (let taken = 0; taken < own; ) {
        const messages = await consumer.fetch({ max_messages: Math.min(BATCH, own - taken), expires: EXPIRES_MS });
        const before = taken;
        for await (const message of messages) {
          message.ack();
          taken += 1;
        }
        if (taken === before) throw new Disagreement(`session ${session} gets ${taken} of ${own}`);
      }
      drained += own;
    }
    await this.#options.connection.flush();
    return drained;
  }
}
