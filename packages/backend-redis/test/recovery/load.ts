/** Queues under load while something is done to their server: what was accepted, what was handled, what was acknowledged. */

import { setTimeout as delay } from "node:timers/promises";
import { isMusterError } from "@muster/core/slots";
import { expect } from "vitest";
import type { RedisOptions } from "../../src/index.ts";
import {
  message,
  numbered,
  openedQueues,
  type Queues,
  SECOND,
  settled,
  take,
  targets,
  TTL,
} from "../queues/support.ts";
import { within } from "../support.ts";
import { eventually, freshNamespace } from "./support.ts";

const IDENTITIES = numbered(40);
const SESSION = "s";
/** Both before the harm and behind it. */
const SOME = 25;

class Load {
  /** What `enqueueMany` has answered for, as `id>identity`. */
  readonly accepted = new Set<string>();
  readonly handed = new Set<string>();
  /** What `settleMany` has answered for. */
  readonly acked = new Set<string>();
  readonly handedAgain: string[] = [];
  #turns = 0;

  async enqueue(queues: Queues): Promise<void> {
    this.#turns += 1;
    const id = `m-${this.#turns}`;
    const failures = await queues.enqueueMany(message(id), targets(IDENTITIES, SESSION), TTL, within(SECOND));
    expect(failures).toEqual([]);
    for (const identity of IDENTITIES) this.accepted.add(`${id}>${identity}`);
  }

  async handle(queues: Queues): Promise<number> {
    const handed = await take(queues, SESSION, { max: 100, maxPerIdentity: 4, leaseMs: 500 });
    for (const { id, identity } of handed) {
      const name = `${id}>${identity}`;
      if (this.acked.has(name)) this.handedAgain.push(name);
      this.handed.add(name);
    }
    const failures = await queues.settleMany(settled(handed, "ack"), within(SECOND));
    const fenced = new Set(failures.map(({ index }) => index));
    for (const [index, { id, identity }] of handed.entries())
      if (!fenced.has(index)) this.acked.add(`${id}>${identity}`);
    return handed.length;
  }
}

/** Again and again; whatever fails with a code that says "not now", or was not answered in its time, is over. */
async function keepOn(isOver: () => boolean, work: () => Promise<unknown>): Promise<void> {
  while (!isOver()) {
    try {
      await work();
    } catch (error) {
      if (!isMusterError(error) || !(error.retryable || error.code === "ABORTED")) throw error;
      await delay(5);
    }
  }
}

/** `harm` comes in the middle; nothing that was accepted is lost, and nothing that was acknowledged comes again. */
export async function survives(options: RedisOptions, harm: () => Promise<void>): Promise<void> {
  const namespace = freshNamespace();
  await using sender = await openedQueues(options, { namespace });
  await using receiver = await openedQueues(options, { namespace });
  await receiver.attachMany(SESSION, targets(IDENTITIES), within(5 * SECOND));
  const load = new Load();
  let isSent = false;
  let isDone = false;
  const working = [
    keepOn(
      () => isSent,
      async () => load.enqueue(sender),
    ),
    keepOn(
      () => isDone,
      async () => load.handle(receiver),
    ),
  ];
  const more = async (): Promise<void> => {
    const [accepted, acked] = [load.accepted.size, load.acked.size];
    const least = SOME * IDENTITIES.length;
    await eventually(
      "more is enqueued and acknowledged",
      () => load.accepted.size >= accepted + least && load.acked.size >= acked + least,
    );
  };
  await more();
  await harm();
  await more();
  isSent = true;
  await eventually("all that was accepted is handled", () => [...load.accepted].every((name) => load.handed.has(name)));
  isDone = true;
  await Promise.all(working);
  expect(load.handedAgain).toEqual([]);
}
