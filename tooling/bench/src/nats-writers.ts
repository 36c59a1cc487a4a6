/** A stream as one keeps records in it without Muster: one message for each subject, as NATS' own key-value store does. */

import { type JetStreamClient, jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Sensor } from "./documents.ts";
import { handWritten } from "./predicates.ts";
import { inWaves } from "./registry-writers.ts";
import type { Contender } from "./rounds.ts";
import { BATCH } from "./store.ts";

const STREAM = "raw";
const EXPIRES_MS = 5_000;

interface RawWrites {
  readonly documents: readonly Sensor[];
  readonly atOnce: number;
}

/** Nothing is said of lives, sessions or time; whoever publishes last has it. */
export class RawRecords {
  readonly #connection: NatsConnection;
  readonly #client: JetStreamClient;
  /** By identity, the place of its message. */
  readonly #places = new Map<string, number>();

  private constructor(connection: NatsConnection) {
    this.#connection = connection;
    this.#client = jetstream(connection);
  }

  static async open(connection: NatsConnection): Promise<RawRecords> {
    const manager = await jetstreamManager(connection);
    await manager.streams.add({ name: STREAM, subjects: ["raw.>"], max_msgs_per_subject: 1 });
    return new RawRecords(connection);
  }

  writing(name: string, writes: RawWrites): Contender {
    return { name, prepare: () => this.#empty(), run: () => this.#write(writes) };
  }

  /** Each replaces the message that is there, or nothing. */
  replacing(name: string, writes: RawWrites): Contender {
    return { name, run: () => this.#write(writes) };
  }

  /** Everything, into a process that knows nothing yet; how many {@link handWritten} selects. */
  reading(name: string, count: number): Contender {
    return { name, run: () => this.#read(count) };
  }

  async #empty(): Promise<void> {
    this.#places.clear();
    await (await jetstreamManager(this.#connection)).streams.purge(STREAM);
  }

  async #write(writes: RawWrites): Promise<number> {
    return inWaves(writes, async (wave) => {
      const answers = await Promise.all(
        wave.map(async ({ identity, document }) => {
          const lastSubjectSequence = this.#places.get(identity) ?? 0;
          const options = { expect: { lastSubjectSequence } };
          const { seq } = await this.#client.publish(`raw.${identity}`, JSON.stringify(document), options);
          this.#places.set(identity, seq);
          return seq;
        }),
      );
      return answers.length;
    });
  }

  async #read(count: number): Promise<number> {
    const consumer = await this.#client.consumers.get(STREAM);
    let [read, selected] = [0, 0];
    while (read < count) {
      const messages = await consumer.fetch({ max_messages: Math.min(BATCH, count - read), expires: EXPIRES_MS });
      for await (const message of messages) {
        read += 1;
        if (handWritten(message.json())) selected += 1;
      }
    }
    return selected;
  }
}
