/** Publishing in one transaction: the quick way, over a connection to one server that is all our own. */

import { type Call, throwIfAborted } from "@muster/core/slots";
import type { Burst, Bursts } from "../connection/bursts.ts";
import { NAME, redisError } from "../errors.ts";
import { NOTHING } from "../scripts/publish.ts";
import { commandText, PublishWriter } from "./commands.ts";
import { chosenFrom, type Part, type Publishing } from "./part.ts";

const SOURCE = `${NAME}.publishMany`;
/** Whoever would refuse the script of the other way refuses this one: a replica, for example. */
const START = commandText("eval", NOTHING.lua, "0");

interface Transacted {
  /** What nobody has heard. */
  readonly unheard: Part;
  /** Whether that is because the server, or a part of it, would not have it published. */
  readonly isRefused: boolean;
}

/** A part as it is to be sent, once. @throws INVALID_ARGUMENT: what is no header. */
export function transactionOf({ bursts, channels, letters }: Publishing, { shard, indexes }: Part): Burst {
  const publish = new PublishWriter(channels.beaconOf(shard), letters);
  return bursts.burst(indexes.length + 1, (writer) => {
    writer.text(START);
    for (const index of indexes) publish.write(writer, index);
  });
}

/**
 * @param onSent is called as soon as it has left.
 * @throws what {@link redisError} makes of it; TIMEOUT, ABORTED: the call had ended before it was sent.
 */
export async function publishAtOnce(
  { bursts, call }: Publishing,
  part: Part,
  transaction: Burst,
  onSent: () => void,
): Promise<Transacted> {
  const answers = await send(bursts, transaction, call, onSent);
  if (answers === undefined) return { unheard: part, isRefused: true };
  const unheard: number[] = [];
  for (let at = 0; at < part.indexes.length; at += 1) if (!isHeard(answers[at + 1])) unheard.push(at);
  return { unheard: chosenFrom(part, unheard), isRefused: answers.some((answer) => typeof answer !== "number") };
}

/** To the script that does nothing, and to each message how many have heard it. `undefined`: nothing has been published. */
async function send(
  bursts: Bursts,
  transaction: Burst,
  call: Call,
  onSent: () => void,
): Promise<readonly unknown[] | undefined> {
  throwIfAborted(call, SOURCE);
  try {
    const sending = bursts.send(transaction);
    onSent();
    return await sending;
  } catch (error) {
    throw redisError(error, SOURCE);
  }
}

function isHeard(count: unknown): boolean {
  return typeof count === "number" && count > 0;
}
