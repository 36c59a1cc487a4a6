/** The bare RabbitMQ driver: a transient message under a key per identity. */

import { once } from "node:events";
import { type Channel, type ChannelModel, type ConfirmChannel, connect } from "amqplib";
import { Crew } from "../receivers/crew.ts";
import { namesOf, RAW_EXCHANGE } from "../receivers/raw-receivers.ts";
import { rawPlans } from "../receivers/sharing.ts";
import type { Contender } from "../rounds.ts";

/** How the driver sends them all. */
interface Sending {
  readonly model: ChannelModel;
  readonly keys: readonly string[];
  send(key: string): Promise<void> | undefined;
}

/** Without confirms, all at once; or each when the server has confirmed the one before. */
export type RawPublishing = "unconfirmed" | "confirmed one by one";

export class RawRabbitmq implements Contender, AsyncDisposable {
  readonly name: string;
  readonly #crew: Crew;
  readonly #sending: Sending;

  private constructor(name: string, crew: Crew, sending: Sending) {
    this.name = name;
    this.#crew = crew;
    this.#sending = sending;
  }

  static async open(publishing: RawPublishing, url: string, size: number, payload: string): Promise<RawRabbitmq> {
    const plans = rawPlans({ broker: { at: "rabbitmq", url }, prefix: `${publishing}.`, size });
    const crew = await Crew.start(plans);
    const keys = plans.flatMap(({ prefix, share }) => namesOf(prefix, share));
    const model = await connect(url, { noDelay: true });
    const body = Buffer.from(payload);
    const send =
      publishing === "unconfirmed"
        ? sendOn(await model.createChannel(), body)
        : sendAndWaitOn(await model.createConfirmChannel(), body);
    return new RawRabbitmq(`raw, ${publishing}`, crew, { model, keys, send });
  }

  async run(): Promise<string> {
    const everyone = this.#crew.expectOneEach();
    const { keys, send } = this.#sending;
    for (const key of keys) {
      const waiting = send(key);
      if (waiting !== undefined) await waiting;
    }
    return `${await everyone} received`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sending.model.close();
    await this.#crew[Symbol.asyncDispose]();
  }
}

function sendOn(channel: Channel, body: Buffer): Sending["send"] {
  return (key) => (channel.publish(RAW_EXCHANGE, key, body) ? undefined : drained(channel));
}

function sendAndWaitOn(channel: ConfirmChannel, body: Buffer): Sending["send"] {
  return (key) =>
    new Promise((resolve, reject) => {
      channel.publish(RAW_EXCHANGE, key, body, {}, (error: unknown) =>
        error === null ? resolve() : reject(new Error("the server refuses it", { cause: error })),
      );
    });
}

async function drained(channel: Channel): Promise<void> {
  await once(channel, "drain");
}
