/** The bare Kafka driver: records under keys, all in one call, to consumers that read all partitions. */

import { type Message, Partitioners, type Producer } from "kafkajs";
import { Crew } from "../receivers/crew.ts";
import { bareKafka, namesOf } from "../receivers/raw-receivers.ts";
import { rawPlans } from "../receivers/sharing.ts";
import type { Contender } from "../rounds.ts";

/** As many as Muster's own topics have. */
const PARTITIONS = 12;

export interface RawRecords {
  readonly topic: string;
  readonly bodies: readonly (Buffer | string)[];
}

export class RawKafka implements Contender, AsyncDisposable {
  readonly name: string;
  readonly #crew: Crew;
  readonly #producer: Producer;
  readonly #topic: string;
  readonly #messages: Message[];
  readonly #size: number;

  private constructor(
    name: string,
    crew: Crew,
    sending: { producer: Producer; topic: string; messages: Message[]; size: number },
  ) {
    this.name = name;
    this.#crew = crew;
    this.#producer = sending.producer;
    this.#topic = sending.topic;
    this.#messages = sending.messages;
    this.#size = sending.size;
  }

  /** A key for each of the bodies, on a topic of its own. All of them together are for so many recipients. */
  static async open(name: string, url: string, size: number, { topic, bodies }: RawRecords): Promise<RawKafka> {
    const kafka = bareKafka(url);
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: PARTITIONS }] });
    await admin.disconnect();
    const plans = rawPlans({ broker: { at: "kafka", url, exchange: topic }, prefix: "raw.", size: bodies.length });
    const crew = await Crew.start(plans);
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const keys = plans.flatMap(({ prefix, share }) => namesOf(prefix, share));
    const messages = bodies.map((value, index) => ({ key: keys[index] ?? "", value }));
    return new RawKafka(name, crew, { producer, topic, messages, size });
  }

  async run(): Promise<string> {
    const everyone = this.#crew.expectOneEach();
    await this.#producer.sendBatch({ acks: -1, topicMessages: [{ topic: this.#topic, messages: this.#messages }] });
    return `${((await everyone) / this.#messages.length) * this.#size} received`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer.disconnect();
    await this.#crew[Symbol.asyncDispose]();
  }
}
