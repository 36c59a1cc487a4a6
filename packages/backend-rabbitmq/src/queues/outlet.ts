/** A channel on which everything that is published is answered for. */

import type { ChannelModel, ConfirmChannel, Message } from "amqplib";
import { dropChannel, watch } from "../connection/channels.ts";
import type { Work } from "../connection/standing.ts";

/** A message as it leaves. */
export interface Parcel {
  readonly exchange: string;
  readonly key: string;
  readonly body: Buffer;
  /** After which the server may drop it. Absent: never. */
  readonly ttlMs?: number | undefined;
  /** It may be lost, and nobody need be there to take it. Default false. */
  readonly isTransient?: boolean;
}

export type Answer = "taken" | "returned";

export class Outlet implements Work {
  readonly #channel: ConfirmChannel;
  readonly #seal: string;
  readonly #returned = new Set<string>();
  #sent = 0;

  private constructor(channel: ConfirmChannel, seal: string) {
    this.#channel = channel;
    this.#seal = seal;
  }

  /** `seal` is no other's: what is published here is known by it and a number. */
  static async make(model: ChannelModel, seal: string, fall: (cause: unknown) => void): Promise<Outlet> {
    const channel = await model.createConfirmChannel();
    const outlet = new Outlet(channel, seal);
    watch(channel, fall);
    channel.on("return", ({ properties }: Message) => void outlet.#returned.add(String(properties.messageId)));
    return outlet;
  }

  /** Rejects when it is not known what has become of it, or the server has refused it. */
  send({ exchange, key, body, ttlMs, isTransient = false }: Parcel): Promise<Answer> {
    this.#sent += 1;
    const messageId = `${this.#seal}.${this.#sent}`;
    const expiration = ttlMs === undefined ? {} : { expiration: String(Math.max(0, Math.ceil(ttlMs))) };
    const options = { messageId, persistent: !isTransient, mandatory: !isTransient, ...expiration };
    return new Promise((resolve, reject) => {
      this.#channel.publish(exchange, key, body, options, (error: unknown) => {
        const isReturned = this.#returned.delete(messageId); // It comes before the answer.
        if (error === null || error === undefined) resolve(isReturned ? "returned" : "taken");
        else reject(error instanceof Error ? error : new Error("the server has refused it"));
      });
    });
  }

  drop(): void {
    dropChannel(this.#channel);
  }
}
