/** Publishing by a script: the way that is open everywhere. */

import { MusterError } from "@muster/core/slots";
import type { RedisArgument } from "../client.ts";
import { ByteWriter } from "../connection/byte-writer.ts";
import { NAME } from "../errors.ts";
import { PUBLISH, PUBLISH_TO_SHARD } from "../scripts/publish.ts";
import { chosenFrom, type Part, type Publishing } from "./part.ts";

const SOURCE = `${NAME}.publishMany`;

/** Gives what nobody listened for. Scripts are sent in full, so that none has to be sent again. */
export async function publishByScript(publishing: Publishing, part: Part): Promise<Part> {
  const { client, channels, call } = publishing;
  const isSharded = client.topology === "cluster";
  const args: RedisArgument[] = isSharded ? [PUBLISH_TO_SHARD.lua, 1, channels.beaconOf(part.shard)] : [PUBLISH.lua, 0];
  for (const index of part.indexes) args.push(...argumentsOf(publishing, index));
  const unheard = chosenFrom(part, positionsIn(await client.send("eval", args, call, SOURCE)));
  return isSharded ? askOwner(publishing, unheard) : unheard;
}

/**
 * While its slot moves, a script runs where the slot is going to, and subscribers are still where it is. Nobody has got
 * these messages, so they are published once more, each by itself: that the owner of the slot takes until it has moved.
 */
async function askOwner(publishing: Publishing, part: Part): Promise<Part> {
  const { client, call } = publishing;
  const counts = await Promise.all(
    part.indexes.map(async (index) => client.send("spublish", argumentsOf(publishing, index), call, SOURCE)),
  );
  return chosenFrom(
    part,
    counts.flatMap((count, at) => (count === 0 ? [at] : [])),
  );
}

/** Channel and message. */
function argumentsOf({ channels, letters }: Publishing, index: number): RedisArgument[] {
  const body = letters.bodyAt(index);
  const envelope = new ByteWriter(letters.encode(index) + body.length);
  letters.starts.write(envelope);
  envelope.bytes(body);
  return [channels.channelOf(letters.addressAt(index)), envelope.written];
}

function positionsIn(answer: unknown): readonly number[] {
  if (Array.isArray(answer) && answer.every((one) => typeof one === "number")) return answer;
  throw new MusterError({ code: "INTERNAL", source: SOURCE, message: "an unexpected answer", mayHaveApplied: true });
}
