/** What of a batch leaves in one piece. */

import type { Call, Outgoing } from "@muster/core/slots";
import type { RedisClient } from "../client.ts";
import type { Bursts } from "../connection/bursts.ts";
import type { Channels } from "./channels.ts";
import type { EnvelopeStarts } from "./envelope-start.ts";

/** The server does nothing else meanwhile. A page of routes, and a quarter of what core hands over at once. */
const MAX_MESSAGES = 1_024;
const MAX_BYTES = 1_048_576;

/** One call. */
export interface Publishing {
  readonly client: RedisClient;
  readonly bursts: Bursts;
  readonly channels: Channels;
  readonly batch: readonly Outgoing[];
  readonly starts: EnvelopeStarts;
  readonly call: Call;
}

/** Messages in the order of the batch. */
export interface Part {
  readonly shard: number;
  readonly messages: readonly Outgoing[];
  /** Where each of them stands in the batch. */
  readonly indexes: readonly number[];
}

interface Filling extends Part {
  readonly messages: Outgoing[];
  readonly indexes: number[];
  bytes: number;
}

export function partsOf(channels: Channels, batch: readonly Outgoing[]): readonly Part[] {
  const parts: Filling[] = [];
  const filling = new Map<number, Filling>();
  for (const [index, message] of batch.entries()) {
    const shard = channels.shardOf(message.address);
    let part = filling.get(shard);
    if (part === undefined || part.messages.length >= MAX_MESSAGES || part.bytes + message.body.length > MAX_BYTES) {
      part = { shard, messages: [], indexes: [], bytes: 0 };
      parts.push(part);
      filling.set(shard, part);
    }
    part.messages.push(message);
    part.indexes.push(index);
    part.bytes += message.body.length;
  }
  return parts;
}

/** Of a part the messages at these positions. */
export function chosenFrom({ shard, messages, indexes }: Part, positions: readonly number[]): Part {
  return {
    shard,
    messages: positions.flatMap((at) => messages[at] ?? []),
    indexes: positions.flatMap((at) => indexes[at] ?? []),
  };
}
