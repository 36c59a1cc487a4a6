/** From a batch to scripts, and from their answers to what failed. */

import { type BatchFailure, type Call, isMusterError, MusterError, type Outgoing } from "@muster/core/slots";
import type { RedisArgument, RedisClient } from "../client.ts";
import { NAME } from "../errors.ts";
import { PUBLISH, PUBLISH_TO_SHARD } from "../scripts/publish.ts";
import type { Channels } from "./channels.ts";
import { encodeEnvelope } from "./envelope.ts";

const SOURCE = `${NAME}.publishMany`;
/** Of one script: the server does nothing else meanwhile. */
const MAX_MESSAGES = 500;
const MAX_BYTES = 1_048_576;
/** Scripts of one batch; what has not been sent when the call ends is not sent any more. */
const MAX_IN_FLIGHT = 4;

export interface Publishing {
  readonly client: RedisClient;
  readonly channels: Channels;
  readonly batch: readonly Outgoing[];
  readonly call: Call;
}

/** Messages of one script: positions in the batch, in its order. */
type Part = readonly number[];

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
        for (const index of part) failures.push({ index, error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(MAX_IN_FLIGHT, parts.length) }, work));
  if (broken.length > 0 && broken.length === parts.length) throw broken.find(mayHaveApplied) ?? broken[0];
  return failures.toSorted((one, other) => one.index - other.index);
}

function split({ channels, batch }: Publishing): readonly Part[] {
  const parts: Part[] = [];
  const open = new Map<number, { indexes: number[]; bytes: number }>();
  for (const [index, { address, body }] of batch.entries()) {
    const shard = channels.shardOf(address);
    let part = open.get(shard);
    if (part === undefined || part.indexes.length >= MAX_MESSAGES || part.bytes + body.length > MAX_BYTES) {
      part = { indexes: [], bytes: 0 };
      parts.push(part.indexes);
      open.set(shard, part);
    }
    part.indexes.push(index);
    part.bytes += body.length;
  }
  return parts;
}

/** Positions in the batch of what nobody listened for. */
async function publishPart({ client, channels, batch, call }: Publishing, part: Part): Promise<readonly number[]> {
  const args: RedisArgument[] = [];
  for (const index of part) {
    const message = batch[index];
    if (message !== undefined) args.push(channels.channelOf(message.address), encodeEnvelope(message.headers, message.body));
  }
  if (client.topology === "standalone") {
    const unheard = await client.send("eval", [PUBLISH.lua, 0, ...args], call, SOURCE);
    return positions(unheard).map((at) => part[at] ?? 0);
  }
  const unheard = await client.send("eval", [PUBLISH_TO_SHARD.lua, 1, args[0] ?? "", ...args], call, SOURCE);
  return askOwner({ client, args, call, part, unheard: positions(unheard) });
}

interface Unheard {
  readonly client: RedisClient;
  readonly args: readonly RedisArgument[];
  readonly call: Call;
  readonly part: Part;
  readonly unheard: readonly number[];
}

/**
 * While its slot moves, a script runs where the slot is going to, and subscribers are still where it is. Nobody has got
 * these messages, so they are published once more, each by itself: that the owner of the slot takes until it has moved.
 */
async function askOwner({ client, args, call, part, unheard }: Unheard): Promise<readonly number[]> {
  const counts = await Promise.all(
    unheard.map(async (at) => client.send("spublish", args.slice(2 * at, 2 * at + 2), call, SOURCE)),
  );
  return unheard.filter((_, index) => counts[index] === 0).map((at) => part[at] ?? 0);
}

function positions(answer: unknown): readonly number[] {
  if (Array.isArray(answer) && answer.every((one) => typeof one === "number")) return answer;
  throw new MusterError({ code: "INTERNAL", source: SOURCE, message: "an unexpected answer", mayHaveApplied: true });
}

function noRoute({ batch }: Publishing, index: number): BatchFailure {
  const message = "nobody listens on this address";
  return { index, error: new MusterError({ code: "NO_ROUTE", source: SOURCE, subject: batch[index]?.address, message }) };
}

function mayHaveApplied(error: MusterError): boolean {
  return error.mayHaveApplied;
}

function coded(cause: unknown): MusterError {
  if (isMusterError(cause)) return cause;
  const message = "the batch could not be encoded";
  return new MusterError({ code: "INTERNAL", source: SOURCE, message, cause });
}
