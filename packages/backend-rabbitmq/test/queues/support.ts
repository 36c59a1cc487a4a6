/** What the tests of queues share: a process that enqueues, is handed something, and settles it. */

import type { DurabilityBackend, DurableMessage, LeasedRecipient, Settlement } from "@muster/core/slots";
import type { Server } from "@muster/servers";
import { callOf, eventually } from "@muster/testing";
import { assert } from "vitest";
import { rabbitmqDurability, type RabbitmqDurabilityOptions } from "../../src/index.ts";

const TTL_MS = 600_000;

export interface Handed extends LeasedRecipient {
  readonly id: string;
}

export function rabbitmqctl({ control }: Server, ...args: readonly string[]): Promise<string> {
  if (control === undefined) throw new Error("a server of somebody else");
  return control.administer(["rabbitmqctl", "-q", ...args]);
}

/** Of all clients; another name each time. */
export async function connections(server: Server): Promise<readonly string[]> {
  return (await rabbitmqctl(server, "list_connections", "name")).split("\n").toSorted();
}

export function durable(id: string, payload: string = `text of ${id}`): DurableMessage {
  const about = { contentType: "text/plain", sentAt: 1, guarantee: "at-least-once", replyTo: undefined } as const;
  return { id, payload: Buffer.from(payload), ...about };
}

/** A process with one session. */
export class Process implements AsyncDisposable {
  readonly backend: DurabilityBackend;
  readonly session: string;
  /** What it was handed, and has acknowledged where that was asked for. */
  readonly handed: Handed[] = [];

  private constructor(backend: DurabilityBackend, session: string) {
    this.backend = backend;
    this.session = session;
  }

  static async start(session: string, options: RabbitmqDurabilityOptions, namespace = "iot"): Promise<Process> {
    const backend = rabbitmqDurability(options);
    using call = callOf();
    await backend.open({ namespace }, call);
    return new Process(backend, session);
  }

  async attach(identities: readonly string[], epoch = 1): Promise<void> {
    using call = callOf();
    const targets = identities.map((identity) => ({ identity, epoch, session: this.session }));
    assert.deepEqual(await this.backend.attachMany(this.session, targets, call), []);
  }

  async enqueue(id: string, identities: readonly string[], session?: string, payload?: string): Promise<void> {
    using call = callOf();
    const targets = identities.map((identity) => ({ identity, epoch: 1, session }));
    assert.deepEqual(await this.backend.enqueueMany(durable(id, payload), targets, { ttlMs: TTL_MS }, call), []);
  }

  async take(max = 1_000, maxPerIdentity = 1_000, waitMs = 0): Promise<readonly Handed[]> {
    using call = callOf();
    const leased = await this.backend.dequeue(this.session, { max, maxPerIdentity, waitMs, leaseMs: 60_000 }, call);
    return leased.flatMap(({ message, recipients }) => recipients.map((one) => ({ ...one, id: message.id })));
  }

  async settle(handed: readonly Handed[], as: Exclude<Settlement["as"], "dead"> = "ack"): Promise<void> {
    using call = callOf();
    const settlements = handed.map(({ receipt }) => ({ receipt, as }));
    if (settlements.length > 0) assert.deepEqual(await this.backend.settleMany(settlements, call), []);
  }

  /** Acknowledges all that comes until these have come, each `id for identity`; then nothing else has. */
  async expect(expected: readonly string[], patienceMs = 20_000): Promise<void> {
    await eventually(async () => {
      const more = await this.take();
      this.handed.push(...more);
      await this.settle(more);
      assert.includeMembers(this.pairs, [...expected]);
    }, patienceMs);
    assert.deepEqual(this.pairs.toSorted(), expected.toSorted());
  }

  get pairs(): string[] {
    return this.handed.map(({ id, identity }) => `${id} for ${identity}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.backend.close();
  }
}
