/** A client of somebody else's on the same server. */

import { type Channel, type ChannelModel, connect, type ConsumeMessage } from "amqplib";

export class Foreigner implements AsyncDisposable {
  readonly #model: ChannelModel;
  readonly channel: Channel;
  readonly seen: ConsumeMessage[] = [];

  private constructor(model: ChannelModel, channel: Channel) {
    this.#model = model;
    this.channel = channel;
    model.on("error", () => undefined);
    channel.on("error", () => undefined);
  }

  static async at(url: string): Promise<Foreigner> {
    const model = await connect(url, { noDelay: true });
    return new Foreigner(model, await model.createChannel());
  }

  /** With a queue of its own, bound under these keys. */
  async listen(exchange: string, ...keys: readonly string[]): Promise<void> {
    const { queue } = await this.channel.assertQueue("", { exclusive: true });
    for (const key of keys) await this.channel.bindQueue(queue, exchange, key);
    await this.channel.consume(queue, (message) => message && void this.seen.push(message), { noAck: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#model.close().catch(() => undefined); // The server may have closed it.
  }
}
