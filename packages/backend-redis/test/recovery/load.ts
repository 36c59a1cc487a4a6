/** Queues under load while something is done to their server: what was accepted, what was handled, what was acknowledged. */

import { setTimeout as delay } from "node:timers/promises";
import { isMusterError } from "@muster/core/slots";
import { freshNamespace, numbered, within } from "@muster/testing";
import { message, settled, take, TTL } from "@muster/testing/durability";
import { expect } from "vitest";
import type { RedisOptions } from "../../src/index.ts";
import { openedQueues, type Queues, SECOND, targets } from "../queues/support.ts";
import { eventually } from "./support.ts";

const IDENTITIES = numbered(40);
const SESSION = "s";
/** A call that has begun before the harm is over by then. */
const SETTLED_MS = 2 * SECOND;
/** Both before the harm and behind it. */
const SOME = 25;

class Load {
  /** What `enqueueMany` has answered for, as `id>identity`, and when. */
  readonly accepted = new Map<string, number>();
  readonly handed = new Set<string>();
  /** What `settleMany` has answered for, and when. */
  readonly acked = new Map<string, number>();
  /** What was handed out after that: when it was acknowledged. */
  readonly handedAgain: number[] = [];
  #turns = 0;

  async enqueue(queues: Queues): Promise<void> {
    this.#turns += 1;
    const id = `m-${this.#turns}`;
    const failures = await queues.enqueueMany(message(id), targets(IDENTITIES, SESSION), TTL, within(SECOND));
    expect(failures).toEqual([]);
    for (const identity of IDENTITIES) this.accepted.set(`${id}>${identity}`, performance.now());
  }

  async handle(queues: Queues): Promise<number> {
    const handed = await take(queues, SESSION, { max: 100, maxPerIdentity: 4, leaseMs: 500 });
    for (const { id, identity } of handed) {
      const name = `${id}>${identity}`;
      const ackedAt = this.acked.get(name);
      if (ackedAt !== undefined) this.handedAgain.push(ackedAt);
      this.handed.add(name);
    }
    const failures = await queues.settleMany(settled(handed, "ack"), within(SECOND));
    const fenced = new Set(failures.map(({ index }) => index));
    for (const [index, { id, identity }] of handed.entries())
      if (!fenced.has(index)) this.acked.set(`${id}>${identity}`, performance.now());
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

/**
 * `harm` comes in the middle. Nothing that was accepted is lost, and nothing that was acknowledged comes again, but for
 * what had been so for less than `forgottenMs`; the queues go on.
 */
export async function survives(
  options: RedisOptions,
  harm: (namespace: string) => Promise<void>,
  forgottenMs = 0,
): Promise<void> {
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
  const safe = performance.now() - forgottenMs;
  const isSafe = (at: number): boolean => forgottenMs === 0 || at < safe;
  await harm(namespace);
  const harmed = performance.now();
  const mustCome = (at: number): boolean => isSafe(at) || at > harmed + SETTLED_MS;
  await more();
  isSent = true;
  await eventually("all that was accepted is handled", () =>
    [...load.accepted].every(([name, at]) => load.handed.has(name) || !mustCome(at)),
  );
  isDone = true;
  await Promise.all(working);
  expect(load.handedAgain.filter(mustCome)).toEqual([]);
}
