/** The bare Redis driver: a PUBLISH to a channel per identity, pipelined or in a script. */

import { Redis } from "ioredis";
import { Crew } from "../receivers/crew.ts";
import { namesOf } from "../receivers/raw-receivers.ts";
import { type RawReceivers, rawPlans } from "../receivers/sharing.ts";
import type { Contender } from "../rounds.ts";
import { BATCH } from "../store.ts";

/** Keys: channels. Argument: the message. Gives how many received it. */
const PUBLISH_ALL = `
local received = 0
for i = 1, #KEYS do received = received + redis.call("PUBLISH", KEYS[i], ARGV[1]) end
return received`;

/** By pipeline: a command each. By script: a command for {@link BATCH} of them. Either way all are sent at once. */
export type PublishBy = "pipeline" | "script";

export class RawRedis implements Contender, AsyncDisposable {
  readonly name: string;
  readonly #redis: Redis;
  readonly #crew: Crew;
  readonly #batches: readonly (readonly string[])[];
  readonly #by: PublishBy;
  readonly #payload: string;
  #script = "";

  private constructor(redis: Redis, crew: Crew, channels: readonly string[], by: PublishBy, payload: string) {
    this.name = `raw, by ${by}`;
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
    sender.#script = String(await sender.#redis.script("LOAD", PUBLISH_ALL));
    return sender;
  }

  async run(): Promise<string> {
    const everyone = this.#crew.expectOneEach();
    await Promise.all(
      this.#batches.map((channels) => (this.#by === "script" ? this.#inScript(channels) : this.#inPipeline(channels))),
    );
    return `${await everyone} received`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
    await this.#crew[Symbol.asyncDispose]();
  }

  #inScript(channels: readonly string[]): Promise<unknown> {
    return this.#redis.evalsha(this.#script, channels.length, ...channels, this.#payload);
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
