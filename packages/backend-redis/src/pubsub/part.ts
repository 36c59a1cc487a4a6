/** What of a batch leaves in one piece. */

import type { Call } from "@muster/core/slots";
import type { RedisClient } from "../client.ts";
import type { Bursts } from "../connection/bursts.ts";
import type { Channels } from "./channels.ts";
import type { Letters } from "./letters.ts";

/** The server does nothing else meanwhile. A page of routes, and a quarter of what core hands over at once. */
const MAX_MESSAGES = 1_024;
const MAX_BYTES = 1_048_576;

/** One call. */
export interface Publishing {
  readonly client: RedisClient;
  readonly bursts: Bursts;
  readonly channels: Channels;
  readonly letters: Letters;
  readonly call: Call;
}

/** Messages by their place in the batch, in its order. */
export interface Part {
  readonly shard: number;
  readonly indexes: readonly number[];
}

interface Filling extends Part {
  readonly indexes: number[];
  bytes: number;
}

export function partsOf(channels: Channels, letters: Letters): readonly Part[] {
  const parts: Filling[] = [];
  const filling = new Map<number, Filling>();
  for (let index = 0; index < letters.size; index += 1) {
    const shard = channels.shardOf(letters.addressAt(index));
    const bytes = letters.bodyAt(index).length;
    let part = filling.get(shard);
    if (part === undefined || part.indexes.length >= MAX_MESSAGES || part.bytes + bytes > MAX_BYTES) {
      part = { shard, indexes: [], bytes: 0 };
      parts.push(part);
      filling.set(shard, part);
    }
    part.indexes.push(index);
    part.bytes += bytes;
  }
  return parts;
}

/** Of a part the messages at these positions. */
export function chosenFrom({ shard, indexes }: Part, positions: readonly number[]): Part {
  return { shard, indexes: positions.flatMap((at) => indexes[at] ?? []) };
}
