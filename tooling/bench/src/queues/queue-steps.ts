/** Everything a durability slot can be asked to do, done once to everyone, step by step. */

import { randomUUID } from "node:crypto";
import type { DeadLetterKey, DurabilityBackend, DurableMessage, Settlement, Target } from "@muster/core/slots";
import { PAYLOAD } from "../fleets.ts";
import { Disagreement } from "../scenario.ts";
import { CALL, identityOf } from "../store.ts";

const SESSION = "worker";
const NEXT = "next worker";
const TTL_MS = 86_400_000;
const LEASE_MS = 60_000;
/** As many as one call takes. */
const MOST = 10_000;

/** A name, and what is done. */
type Step = readonly [name: string, work: () => Promise<void>];

/** @param durability open, and what is in it nobody else's. */
export function queueSteps(durability: DurabilityBackend, size: number): readonly Step[] {
  const count = Math.min(size, MOST);
  const targets = Array.from({ length: count }, (_, index) => ({
    identity: identityOf(index),
    epoch: 1,
    session: SESSION,
  }));
  const queue = new StepQueue(durability, targets);
  return [
    ["queues: attach", () => queue.attach(SESSION)],
    ["queues: enqueue", () => queue.enqueue()],
    ["queues: dequeue", () => queue.dequeue(SESSION)],
    ["queues: extend", () => queue.extend()],
    ["queues: release", () => queue.settle("release")],
    ["queues: dequeue what came back", () => queue.dequeue(SESSION)],
    ["queues: enqueue behind it", () => queue.enqueue()],
    ["queues: attach elsewhere", () => queue.attach(NEXT, 2)],
    ["queues: dequeue from mailboxes", () => queue.dequeue(NEXT)],
    ["queues: acknowledge", () => queue.settle("ack")],
    ["queues: enqueue for another session than they have", () => queue.enqueue()],
    ["queues: dequeue these", () => queue.dequeue(NEXT)],
    ["queues: bury", () => queue.settle("dead")],
    ["queues: redrive", () => queue.redrive()],
    ["queues: detach", () => queue.detach(NEXT)],
    ["queues: drop", () => queue.drop()],
    ["queues: sweep", async () => void (await durability.sweep({ limit: MOST }, CALL))],
  ];
}

class StepQueue {
  readonly #durability: DurabilityBackend;
  readonly #targets: readonly Target[];
  #receipts: readonly string[] = [];
  /** Of those that were handed out last. */
  #letters: readonly DeadLetterKey[] = [];

  constructor(durability: DurabilityBackend, targets: readonly Target[]) {
    this.#durability = durability;
    this.#targets = targets;
  }

  async attach(session: string, epoch = 1): Promise<void> {
    const targets = this.#targets.map(({ identity }) => ({ identity, epoch }));
    none(await this.#durability.attachMany(session, targets, CALL));
  }

  async detach(session: string): Promise<void> {
    const identities = this.#targets.map(({ identity }) => identity);
    await this.#durability.detachMany(session, identities, CALL);
  }

  async enqueue(): Promise<void> {
    const message: DurableMessage = {
      id: randomUUID(),
      contentType: "text/plain",
      sentAt: Date.now(),
      guarantee: "at-least-once",
      replyTo: undefined,
      payload: Buffer.from(PAYLOAD),
    };
    none(await this.#durability.enqueueMany(message, this.#targets, { ttlMs: TTL_MS }, CALL));
  }

  async dequeue(session: string): Promise<void> {
    const options = { max: MOST, maxPerIdentity: 1, waitMs: 0, leaseMs: LEASE_MS };
    const receipts: string[] = [];
    const letters: DeadLetterKey[] = [];
    for (let last = -1; receipts.length > last; ) {
      last = receipts.length;
      const leased = await this.#durability.dequeue(session, options, CALL);
      for (const { message, recipients } of leased) {
        receipts.push(...recipients.map(({ receipt }) => receipt));
        letters.push(...recipients.map(({ identity }) => ({ identity, messageId: message.id })));
      }
    }
    if (receipts.length < this.#targets.length) throw new Disagreement(`${receipts.length} were handed out`);
    this.#receipts = receipts;
    this.#letters = letters;
  }

  async extend(): Promise<void> {
    for (const part of this.#parts()) none(await this.#durability.extendMany(part, LEASE_MS, CALL));
  }

  async settle(as: "ack" | "release" | "dead"): Promise<void> {
    for (const part of this.#parts()) {
      const settlements = part.map((receipt): Settlement => {
        return as === "dead" ? { receipt, as, code: "REJECTED", reason: "no" } : { receipt, as };
      });
      none(await this.#durability.settleMany(settlements, CALL));
    }
  }

  async redrive(): Promise<void> {
    none((await this.#durability.deadLetters?.redriveMany(this.#letters, { ttlMs: TTL_MS }, CALL)) ?? []);
  }

  async drop(): Promise<void> {
    const targets = this.#targets.map(({ identity }) => ({ identity, epoch: 9 }));
    await this.#durability.dropMany(targets, { code: "UNREGISTERED", reason: "gone" }, CALL);
  }

  #parts(): readonly (readonly string[])[] {
    const count = Math.ceil(this.#receipts.length / MOST);
    return Array.from({ length: count }, (_, part) => this.#receipts.slice(part * MOST, (part + 1) * MOST));
  }
}

function none(failures: readonly unknown[]): void {
  if (failures.length > 0) throw new Disagreement(`${failures.length} failures`);
}
