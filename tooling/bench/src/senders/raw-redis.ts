/** The bare Redis driver: a PUBLISH to a channel per identity, pipelined or in a script, of one message or of one for each. */

import { Redis } from "ioredis";
import { Crew } from "../receivers/crew.ts";
import { namesOf } from "../receivers/raw-receivers.ts";
import { type RawReceivers, rawPlans } from "../receivers/sharing.ts";
import type { Contender } from "../rounds.ts";
import { BATCH, identityOf } from "../store.ts";

/** Keys: channels. Arguments: the message, or one for each channel `i`. Gives how many received one. */
const publishing = (message: "ARGV[1]" | "ARGV[i]"): string => `
local received = 0
for i = 1, #KEYS do received = received + redis.call("PUBLISH", KEYS[i], ${message}) end
return received`;

/** What stands before the payload of a message of its own: as much as Muster says of a message and of whom it is for. */
const ABOUT = "v:1\ni:00000000-0000-4000-8000-000000000000\nt:1700000000000\nc:text/plain\n\n";
const EPOCH = "1700000000000000";

/**
 * By pipeline: a command each. By script: a command for {@link BATCH} of them, with one message for all of these, or
 * ("messages") with one for each, which says whom it is for. All are sent at once.
 */
export type PublishBy = "pipeline" | "script" | "messages";

const NAMES: Readonly<Record<PublishBy, string>> = {
  pipeline: "raw, by pipeline",
  script: "raw, by script",
  messages: "raw, by script, a message each",
};

export class RawRedis implements Contender, AsyncDisposable {
  readonly name: string;
  readonly #redis: Redis;
  readonly #crew: Crew;
  readonly #batches: readonly (readonly string[])[];
  readonly #by: PublishBy;
  readonly #payload: string;
  #script = "";

  private constructor(redis: Redis, crew: Crew, channels: readonly string[], by: PublishBy, payload: string) {
    this.name = NAMES[by];
    this.#redis = redis;
    this.#crew = crew;
    this.#batches = batchesOf(channels);
    this.#by = by;
    this.#payload = payload;
  }

  static async open(by: PublishBy, url: string, size: number, payload: string): Promise<RawRedis> {
    const receivers: RawReceivers = { broker: { at: "redis", url }, prefix: `raw.${by}.`, size };
    const plans = rawPlans(receivers);
    const crew = await Crew.start(plans);
    const channels = plans.flatMap(({ prefix, share }) => namesOf(prefix, share));
    const sender = new RawRedis(new Redis(url), crew, channels, by, payload);
    const script = publishing(by === "messages" ? "ARGV[i]" : "ARGV[1]");
    sender.#script = String(await sender.#redis.script("LOAD", script));
    return sender;
  }

  async run(): Promise<string> {
    const everyone = this.#crew.expectOneEach();
    await Promise.all(
      this.#batches.map((channels, batch) =>
        this.#by === "pipeline" ? this.#inPipeline(channels) : this.#inScript(channels, batch * BATCH),
      ),
    );
    return `${await everyone} received`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
    await this.#crew[Symbol.asyncDispose]();
  }

  #inScript(channels: readonly string[], from: number): Promise<unknown> {
    const messages =
      this.#by === "script" ? [this.#payload] : channels.map((_, index) => this.#messageTo(from + index));
    return this.#redis.evalsha(this.#script, channels.length, ...channels, ...messages);
  }

  #messageTo(index: number): string {
    return `${ABOUT}n:${identityOf(index)}\ne:${EPOCH}\n\n${this.#payload}`;
  }

  #inPipeline(channels: readonly string[]): Promise<unknown> {
    const pipeline = this.#redis.pipeline();
    for (const channel of channels) pipeline.publish(channel, this.#payload);
    return pipeline.exec();
  }
}

function batchesOf(all: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(all.length / BATCH) }, (_, index) =>
    all.slice(index * BATCH, (index + 1) * BATCH),
  );
}
