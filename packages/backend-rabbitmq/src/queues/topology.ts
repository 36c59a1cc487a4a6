/** What every process of a namespace declares: it is there already, or is made. */

import { setTimeout as delay } from "node:timers/promises";
import type { Channel, ChannelModel, Options, Replies } from "amqplib";
import type { Call } from "@muster/core/slots";
import { dropChannel, watch } from "../connection/channels.ts";
import { codedError, unavailable } from "../errors.ts";
import type { Names } from "./names.ts";

/**
 * On a single node, what is confirmed within half a second after its quorum queue was declared is gone if the server is
 * killed: the table of queues is written only then.
 */
export const SETTLING_MS = 1_000;

/** Without a limit, what is given back goes to the tail; later servers drop what reaches theirs. */
const NO_DELIVERY_LIMIT = 1_000_000_000;

export function quorum(more: Readonly<Record<string, unknown>> = {}): Options.AssertQueue {
  return {
    durable: true,
    arguments: { "x-queue-type": "quorum", "x-delivery-limit": NO_DELIVERY_LIMIT, ...more },
  };
}

/** @throws what the server says. */
export async function declare(channel: Channel, names: Names): Promise<void> {
  const { incoming, lost, strays, own, bell, ledger, dead, parked } = names;
  await channel.assertExchange(lost, "fanout", { durable: true });
  await channel.assertQueue(strays, quorum());
  await channel.bindQueue(strays, lost, "");
  await channel.assertExchange(incoming, "direct", { durable: true, alternateExchange: lost });
  await channel.assertExchange(own, "direct", { durable: true });
  await channel.assertExchange(bell, "fanout", { durable: true });
  for (const queue of [ledger, dead]) await channel.assertQueue(queue, quorum());
  for (const queue of parked) await channel.assertQueue(queue, quorum({ "x-single-active-consumer": true }));
  for (const queue of [ledger, dead, ...parked]) await channel.bindQueue(queue, own, queue);
}

/** Of a namespace that is new: nothing is confirmed before its queues are safe. @throws what the server says, coded. */
export async function found(model: () => ChannelModel | undefined, names: Names, call: Call): Promise<void> {
  await delay(SETTLING_MS, undefined, { signal: call.signal }).catch((error: unknown) => {
    throw codedError(error, { operation: "open" });
  });
  const connection = model();
  if (connection === undefined) throw unavailable("the connection broke", { operation: "open" });
  await aside(connection, async (channel) => channel.assertExchange(names.stands, "fanout", { durable: true }));
}

/** What has come to its end there goes on to `incoming`, under its own key. */
export async function declareDelay(channel: Channel, names: Names, ms: number): Promise<void> {
  const name = names.delay(ms);
  await channel.assertExchange(name, "fanout", { durable: true });
  await channel.assertQueue(
    name,
    quorum({
      "x-message-ttl": ms,
      "x-dead-letter-exchange": names.incoming,
      "x-dead-letter-strategy": "at-least-once",
      "x-overflow": "reject-publish",
    }),
  );
  await channel.bindQueue(name, name, "");
}

/** Something that is asked on a channel of its own, which ends with it. @throws what the server says. */
export async function aside<T>(model: ChannelModel, ask: (channel: Channel) => Promise<T>): Promise<T> {
  const channel = await model.createChannel();
  watch(channel, () => undefined);
  try {
    return await ask(channel);
  } finally {
    dropChannel(channel);
  }
}

/**
 * Whether nothing is ready in a queue whose only consumer asks. Where its leader does not answer at once the server says
 * that it has neither messages nor consumers: who consumes it knows that this is not so.
 */
export function isEmptyForOne({ messageCount, consumerCount }: Replies.AssertQueue): boolean {
  return messageCount === 0 && consumerCount === 1;
}

/** `undefined`: the server has no such queue. */
export async function consumersOf(model: ChannelModel, queue: string): Promise<number | undefined> {
  try {
    return (await aside(model, async (channel) => channel.checkQueue(queue))).consumerCount;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export async function hasExchange(model: ChannelModel, exchange: string): Promise<boolean> {
  try {
    await aside(model, async (channel) => channel.checkExchange(exchange));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === 404;
}
