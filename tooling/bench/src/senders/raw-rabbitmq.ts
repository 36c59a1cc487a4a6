/** The bare RabbitMQ driver: a transient message under a key per identity, all at once, and no confirms. */

import { once } from "node:events";
import { type Channel, type ChannelModel, connect } from "amqplib";
import { Crew } from "../receivers/crew.ts";
import { namesOf, RAW_EXCHANGE } from "../receivers/raw-receivers.ts";
import { rawPlans } from "../receivers/sharing.ts";
import type { Contender } from "../rounds.ts";

export class RawRabbitmq implements Contender, AsyncDisposable {
  readonly name: string;
  readonly #model: ChannelModel;
  readonly #channel: Channel;
  readonly #crew: Crew;
  readonly #keys: readonly string[];
  readonly #payload: Buffer;

  private constructor(name: string, model: ChannelModel, channel: Channel, crew: Crew, sending: Sending) {
    this.name = name;
    this.#model = model;
    this.#channel = channel;
    this.#crew = crew;
    this.#keys = sending.keys;
    this.#payload = Buffer.from(sending.payload);
  }

  static async open(name: string, url: string, size: number, payload: string): Promise<RawRabbitmq> {
    const plans = rawPlans({ broker: { at: "rabbitmq", url }, prefix: "raw.", size });
    const crew = await Crew.start(plans);
    const keys = plans.flatMap(({ prefix, share }) => namesOf(prefix, share));
    const model = await connect(url, { noDelay: true });
    return new RawRabbitmq(name, model, await model.createChannel(), crew, { keys, payload });
  }

  async run(): Promise<string> {
    const everyone = this.#crew.expectOneEach();
    for (const key of this.#keys) {
      if (!this.#channel.publish(RAW_EXCHANGE, key, this.#payload)) await once(this.#channel, "drain");
    }
    return `${await everyone} received`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#model.close();
    await this.#crew[Symbol.asyncDispose]();
  }
}

interface Sending {
  readonly keys: readonly string[];
  readonly payload: string;
}
