/** The durability slot against the model, step by step, as two clients and two sessions come up with anything. */

import type { DeadLetterKey, Settlement, Target } from "@muster/core/slots";
import { type Random, seededRandom } from "@muster/filter/corpus";
import { expect, test } from "vitest";
import { int, pick } from "../random.ts";
import { CALL } from "../support.ts";
import { Model, QUOTA } from "./model.ts";
import { codes, deliveries, type Durability, fixture, letters, message, receive } from "./support.ts";

const IDENTITIES = ["a", "b", "c", "\u{1f600}", "\ufb01"] as const;
const IDS = Array.from({ length: 40 }, (_, i) => `m${i}`);
const SESSIONS = ["s", "t"] as const;
const LEASE_MS = 12;
const ACTIONS = ["send", "send", "attach", "receive", "receive", "settle", "settle", "extend", "rare"] as const;

class Run {
  readonly model = new Model();
  readonly #clients: readonly [Durability, ...Durability[]];
  readonly #random: Random;
  readonly #receipts: string[] = [];

  constructor(clients: readonly [Durability, ...Durability[]], random: Random) {
    this.#clients = clients;
    this.#random = random;
  }

  /** Any client is as good as any other. */
  get #durability(): Durability {
    return pick(this.#random, this.#clients);
  }

  async step(): Promise<void> {
    switch (pick(this.#random, ACTIONS)) {
      case "send":
        return this.#send();
      case "attach":
        return this.#attach();
      case "receive":
        return this.#receive();
      case "settle":
        return this.#settle();
      case "extend":
        return this.#extend();
      case "rare":
        return pick(this.#random, [
          () => this.#detach(),
          () => this.#drop(),
          () => this.#redrive(),
          () => this.#purge(),
        ])();
    }
  }

  /** Everything a reader can ask, asked. */
  async compare(): Promise<void> {
    for (const id of IDS) {
      const tracked = this.model.tracked(id);
      expect(await deliveries(this.#durability, id, { pageSize: 2 })).toEqual(tracked);
      const count = (status: string): number => tracked.filter((one) => one.status === status).length;
      expect(await this.#durability.tracking?.counts(id, CALL)).toEqual({
        pending: count("pending"),
        delivered: count("delivered"),
        failed: count("failed"),
      });
    }
    expect(await letters(this.#durability)).toEqual(this.model.letters());
  }

  #target(): Target {
    return {
      identity: pick(this.#random, IDENTITIES),
      epoch: 1 + int(this.#random, 4) + Math.floor((this.model.now - 1_000_000) / 200),
    };
  }

  #id(): string {
    return IDS[int(this.#random, IDS.length)] ?? "m0";
  }

  /** Mostly of a dead letter. */
  #key(): DeadLetterKey {
    const letters = this.model.deliveries.filter(({ isLetter }) => isLetter);
    const letter = letters[int(this.#random, letters.length + 1)];
    return { messageId: letter?.id ?? this.#id(), identity: letter?.identity ?? pick(this.#random, IDENTITIES) };
  }

  /** Mostly one of the last. */
  #receipt(): string {
    return this.#receipts[this.#receipts.length - 1 - int(this.#random, 8)] ?? "0.0.a";
  }

  async #send(): Promise<void> {
    const [id, ttlMs] = [this.#id(), pick(this.#random, [5, 40, 1_000])];
    const targets = Array.from({ length: 1 + int(this.#random, 3) }, () => this.#target());
    const failures = await this.#durability.enqueueMany(message(id), targets, { ttlMs }, CALL);
    expect(codes(failures)).toEqual(this.model.enqueue(id, targets, ttlMs));
  }

  async #attach(): Promise<void> {
    const [session, target] = [pick(this.#random, SESSIONS), this.#target()];
    const failures = await this.#durability.attachMany(session, [target], CALL);
    expect(codes(failures)).toEqual(this.model.attach(session, target));
  }

  async #detach(): Promise<void> {
    const [session, identity] = [pick(this.#random, SESSIONS), pick(this.#random, IDENTITIES)];
    await this.#durability.detachMany(session, [identity], CALL);
    this.model.detach(session, identity);
  }

  async #drop(): Promise<void> {
    const { identity, epoch } = this.#target();
    const target = { identity, epoch: epoch - 2 };
    await this.#durability.dropMany([target], { code: "UNREGISTERED", reason: "gone" }, CALL);
    this.model.drop(target);
  }

  async #receive(): Promise<void> {
    const [session, max, maxPerIdentity] = [
      pick(this.#random, SESSIONS),
      1 + int(this.#random, 6),
      1 + int(this.#random, 3),
    ];
    const due = this.model.due(session, maxPerIdentity);
    const received = await receive(this.#durability, { session, max, maxPerIdentity, leaseMs: LEASE_MS });
    const taken = received.map(({ message, identity }) =>
      due.find((one) => one.id === message.id && one.identity === identity),
    );
    expect(taken.map((one) => one?.turn)).toEqual(due.slice(0, max).map(({ turn }) => turn));
    for (const [index, { epoch, attempt, receipt }] of received.entries()) {
      const one = taken[index];
      if (one === undefined) continue;
      expect(epoch).toBe(this.model.lease(one, receipt, LEASE_MS));
      expect(attempt).toBe(one.attempts);
      this.#receipts.push(receipt);
    }
  }

  async #settle(): Promise<void> {
    const [receipt, delayMs] = [this.#receipt(), pick(this.#random, [0, 6, 60])];
    const settlement = pick<Settlement>(this.#random, [
      { receipt, as: "ack" },
      { receipt, as: "release" },
      { receipt, as: "retry", delayMs },
      { receipt, as: "dead", code: "REJECTED", reason: "no" },
    ]);
    const failures = await this.#durability.settleMany([settlement], CALL);
    expect(codes(failures)).toEqual(this.model.settle(settlement, delayMs));
  }

  async #extend(): Promise<void> {
    const receipt = this.#receipt();
    const failures = await this.#durability.extendMany([receipt], LEASE_MS, CALL);
    expect(codes(failures)).toEqual(this.model.extend(receipt, LEASE_MS));
  }

  async #redrive(): Promise<void> {
    const key = this.#key();
    const failures = await this.#durability.deadLetters?.redriveMany([key], { ttlMs: 50 }, CALL);
    expect(codes(failures ?? [])).toEqual(this.model.redrive(key, 50));
  }

  async #purge(): Promise<void> {
    const key = this.#key();
    const failures = await this.#durability.deadLetters?.purgeMany([key], CALL);
    expect(codes(failures ?? [])).toEqual(this.model.purge(key));
  }
}

test.each(Array.from({ length: 25 }, (_, i) => 7_000 + i))(
  "answers as the model does, whatever is done to it (seed %i)",
  async (seed) => {
    const random = seededRandom(seed);
    const { client, clock } = fixture();
    const clients = [await client({ maxQueued: QUOTA }), await client({ maxQueued: QUOTA })] as const;
    const run = new Run(clients, random);
    for (let step = 0; step < 400; step++) {
      clock.now += int(random, 4);
      run.model.pass(clock.now);
      await run.step();
      if (step % 20 === 0) await run.compare();
    }
    await run.compare();
  },
);
