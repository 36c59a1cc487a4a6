/** A quorum queue as one uses it without Muster, a persistent message for each recipient. */

import { type ChannelModel, type ConfirmChannel, connect } from "amqplib";
import { PAYLOAD } from "../fleets.ts";
import type { Contender } from "../rounds.ts";

const QUEUE = "raw";

export class RawQuorumQueue implements Contender, AsyncDisposable {
  readonly name = "raw, persistent, confirmed one by one";
  readonly #model: ChannelModel;
  readonly #channel: ConfirmChannel;
  readonly #size: number;

  private constructor(model: ChannelModel, channel: ConfirmChannel, size: number) {
    this.#model = model;
    this.#channel = channel;
    this.#size = size;
  }

  static async open(url: string, size: number): Promise<RawQuorumQueue> {
    const model = await connect(url, { noDelay: true });
    const channel = await model.createConfirmChannel();
    await channel.assertQueue(QUEUE, { durable: true, arguments: { "x-queue-type": "quorum" } });
    return new RawQuorumQueue(model, channel, size);
  }

  async prepare(): Promise<void> {
    await this.#channel.purgeQueue(QUEUE);
  }

  /** Each when the server has confirmed the one before. */
  async run(): Promise<number> {
    const body = Buffer.from(PAYLOAD);
    for (let count = 0; count < this.#size; count += 1) {
      await new Promise<void>((resolve, reject) => {
        this.#channel.sendToQueue(QUEUE, body, { persistent: true }, (error: unknown) =>
          error === null ? resolve() : reject(new Error("the server refuses it", { cause: error })),
        );
      });
    }
    return this.#size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#model.close();
  }
}
