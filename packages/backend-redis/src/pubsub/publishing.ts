/** From a batch to scripts, and from their answers to what failed. */

import { type BatchFailure, type Call, isMusterError, MusterError, type Outgoing } from "@muster/core/slots";
import type { RedisArgument, RedisClient } from "../client.ts";
import { NAME } from "../errors.ts";
import { PUBLISH, PUBLISH_TO_SHARD } from "../scripts/publish.ts";
import type { Channels } from "./channels.ts";
import { encodeEnvelope } from "./envelope.ts";

const SOURCE = `${NAME}.publishMany`;
/** Of one script: the server does nothing else meanwhile. */
const MAX_MESSAGES = 1_000;
const MAX_BYTES = 1_048_576;
/** Scripts of one batch; what has not been sent when the call ends is not sent any more. */
const MAX_IN_FLIGHT = 8;

export interface Publishing {
  readonly client: RedisClient;
  readonly channels: Channels;
  readonly batch: readonly Outgoing[];
  readonly call: Call;
}

/** Messages of one script, in the order of the batch. */
interface Part {
  readonly shard: number;
  readonly messages: Outgoing[];
  /** Where each of them stands in the batch. */
  readonly indexes: number[];
  bytes: number;
}

/**
 * Scripts leave in the order of the batch (in a cluster: of each shard) and in full, so that none has to be sent again.
 *
 * @throws when nothing is known of any message.
 */
export async function publish(publishing: Publishing): Promise<readonly BatchFailure[]> {
  const parts = split(publishing);
  const failures: BatchFailure[] = [];
  const broken: MusterError[] = [];
  const waiting = parts.values();
  const work = async (): Promise<void> => {
    for (const part of waiting) {
      try {
        for (const index of await publishPart(publishing, part)) failures.push(noRoute(publishing, index));
      } catch (cause) {
        const error = coded(cause);
        broken.push(error);
        for (const index of part.indexes) failures.push({ index, error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(MAX_IN_FLIGHT, parts.length) }, work));
  const [first] = broken;
  if (first !== undefined && broken.length === parts.length) throw broken.find(mayHaveApplied) ?? first;
  return failures.toSorted((one, other) => one.index - other.index);
}

function split({ channels, batch }: Publishing): readonly Part[] {
  const parts: Part[] = [];
  const filling = new Map<number, Part>();
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

/** Positions in the batch of what nobody listened for. */
async function publishPart(publishing: Publishing, part: Part): Promise<readonly number[]> {
  const { client, channels, call } = publishing;
  const isSharded = client.topology === "cluster";
  const args: RedisArgument[] = isSharded ? [PUBLISH_TO_SHARD.lua, 1, channels.beaconOf(part.shard)] : [PUBLISH.lua, 0];
  for (const { address, headers, body } of part.messages) {
    args.push(channels.channelOf(address), encodeEnvelope(headers, body));
  }
  const unheard = new Set(positionsIn(await client.send("eval", args, call, SOURCE)));
  if (unheard.size === 0) return [];
  const indexes = part.indexes.filter((_, at) => unheard.has(at));
  if (!isSharded) return indexes;
  const heard = await askOwner(
    publishing,
    part.messages.filter((_, at) => unheard.has(at)),
  );
  return indexes.filter((_, at) => heard[at] === 0);
}

/**
 * While its slot moves, a script runs where the slot is going to, and subscribers are still where it is. Nobody has got
 * these messages, so they are published once more, each by itself: that the owner of the slot takes until it has moved.
 * Gives for each how many listened.
 */
async function askOwner(
  { client, channels, call }: Publishing,
  messages: readonly Outgoing[],
): Promise<readonly unknown[]> {
  return Promise.all(
    messages.map(async ({ address, headers, body }) =>
      client.send("spublish", [channels.channelOf(address), encodeEnvelope(headers, body)], call, SOURCE),
    ),
  );
}

function positionsIn(answer: unknown): readonly number[] {
  if (Array.isArray(answer) && answer.every((one) => typeof one === "number")) return answer;
  throw new MusterError({ code: "INTERNAL", source: SOURCE, message: "an unexpected answer", mayHaveApplied: true });
}

function noRoute({ batch }: Publishing, index: number): BatchFailure {
  const message = "nobody listens on this address";
  return {
    index,
    error: new MusterError({ code: "NO_ROUTE", source: SOURCE, subject: batch[index]?.address, message }),
  };
}

function mayHaveApplied(error: MusterError): boolean {
  return error.mayHaveApplied;
}

function coded(cause: unknown): MusterError {
  if (isMusterError(cause)) return cause;
  const message = "the batch could not be encoded";
  return new MusterError({ code: "INTERNAL", source: SOURCE, message, cause });
}
