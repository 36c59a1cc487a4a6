/** Publishing by a script: the way that is open everywhere. */

import { MusterError, type Outgoing } from "@muster/core/slots";
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
  for (const message of part.messages) args.push(...argumentsOf(publishing, message));
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
    part.messages.map(async (message) => client.send("spublish", argumentsOf(publishing, message), call, SOURCE)),
  );
  return chosenFrom(
    part,
    counts.flatMap((count, at) => (count === 0 ? [at] : [])),
  );
}

/** Channel and message. */
function argumentsOf({ channels, starts }: Publishing, { address, headers, body }: Outgoing): RedisArgument[] {
  const envelope = new ByteWriter(starts.next(headers) + body.length);
  starts.write(envelope);
  envelope.bytes(body);
  return [channels.channelOf(address), envelope.written];
}

function positionsIn(answer: unknown): readonly number[] {
  if (Array.isArray(answer) && answer.every((one) => typeof one === "number")) return answer;
  throw new MusterError({ code: "INTERNAL", source: SOURCE, message: "an unexpected answer", mayHaveApplied: true });
}
