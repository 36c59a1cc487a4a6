/** Two durability slots are one specification: whatever is done to the queues in Redis, they answer as those in memory. */

import { randomUUID } from "node:crypto";
import { memoryDurability, memoryHub } from "@muster/backend-memory";
import { redisDurability } from "@muster/backend-redis";
import type { BatchFailure, Call, DurabilityBackend, Settlement, Target } from "@muster/core/slots";
import { type Random, seededRandom } from "@muster/filter/corpus";
import { withServer } from "@muster/servers/vitest";
import { expect, test } from "vitest";

const SESSIONS = ["s", "t"] as const;
const NAMES = Array.from({ length: 24 }, (_, index) => `id-${index % 4}${"x".repeat(index % 3)}-${index}`);
const IDS = Array.from({ length: 60 }, (_, index) => `m${index}`);
/** Time plays no part here: nothing ends by itself. */
const LONG_MS = 3_600_000;
const STEPS = 300;
const FIRST = Number(process.env["MUSTER_SEED"] ?? 1);
const COUNT = Number(process.env["MUSTER_HISTORIES"] ?? 15);

interface Both<T> {
  readonly redis: T;
  readonly memory: T;
}

/** One delivery as both have handed it out, and its receipt of either. */
interface Held {
  readonly receipts: Both<string>;
}

class Pair {
  readonly #slots: Both<DurabilityBackend>;
  readonly #random: Random;
  /** Batches of one, so that there is an order to compare; else many at once, and everything that is due. */
  readonly #isSingle: boolean;
  readonly #held: Held[] = [];

  constructor(slots: Both<DurabilityBackend>, random: Random, isSingle: boolean) {
    this.#slots = slots;
    this.#random = random;
    this.#isSingle = isSingle;
  }

  async step(): Promise<void> {
    const dice = this.#int(20);
    if (dice < 6) await this.#enqueue();
    else if (dice < 9) await this.#attach();
    else if (dice < 13) await this.#dequeue();
    else if (dice < 16) await this.#settle();
    else await [() => this.#detach(), () => this.#drop(), () => this.#extend(), () => this.#letters()][dice - 16]?.();
  }

  /** All that can be read. */
  async compare(): Promise<void> {
    for (const id of IDS) {
      expect(await this.#both(async ({ tracking }) => collect(tracking?.deliveries(id, { pageSize: 7 }, CALL)))).toBe(
        true,
      );
      expect(await this.#both(async ({ tracking }) => tracking?.counts(id, CALL))).toBe(true);
    }
    const letters = async ({ deadLetters }: DurabilityBackend): Promise<unknown> =>
      (await collect(deadLetters?.list({ pageSize: 5 }, CALL))).map((letter) => ({
        ...letter,
        diedAt: 0,
        payload: [...letter.payload],
      }));
    expect(await this.#both(letters)).toBe(true);
  }

  async #enqueue(): Promise<void> {
    const id = this.#pick(IDS);
    const targets = this.#targets(this.#isSingle ? 1 : 12).map((target) => ({
      ...target,
      session: this.#pick(SESSIONS),
    }));
    await this.#same(async (slot) => codes(await slot.enqueueMany(message(id), targets, { ttlMs: LONG_MS }, CALL)));
  }

  async #attach(): Promise<void> {
    const [session, targets] = [this.#pick(SESSIONS), this.#targets(8)];
    await this.#same(async (slot) => codes(await slot.attachMany(session, targets, CALL)));
  }

  async #detach(): Promise<void> {
    const session = this.#pick(SESSIONS);
    const identities = this.#targets(3).map(({ identity }) => identity);
    await this.#same(async (slot) => slot.detachMany(session, identities, CALL));
  }

  async #drop(): Promise<void> {
    const targets = this.#targets(2).map(({ identity, epoch }) => ({ identity, epoch: epoch - 1 }));
    await this.#same(async (slot) => slot.dropMany(targets, { code: "UNREGISTERED", reason: "gone" }, CALL));
  }

  async #dequeue(): Promise<void> {
    const max = this.#isSingle ? 1 + this.#int(6) : 10_000;
    const options = { max, maxPerIdentity: 1 + this.#int(3), waitMs: 0, leaseMs: LONG_MS };
    const session = this.#pick(SESSIONS);
    const handed = await this.#onBoth(async (slot) => handedIn(await slot.dequeue(session, options, CALL)));
    const order = (all: readonly Handed[]): readonly string[] => all.map(({ what }) => what);
    expect(order(handed.redis)).toEqual(order(handed.memory));
    for (const [index, { receipt }] of handed.redis.entries())
      this.#held.push({ receipts: { redis: receipt, memory: handed.memory[index]?.receipt ?? "" } });
  }

  async #settle(): Promise<void> {
    const held = Array.from({ length: 1 + this.#int(6) }, () => this.#someHeld()).flatMap((one) => one ?? []);
    const ways = held.map(() => this.#pick(WAYS));
    await this.#same(async (slot, name) =>
      codes(
        await slot.settleMany(
          held.map((one, index) => settled(one.receipts[name], ways[index] ?? ACK)),
          CALL,
        ),
      ),
    );
  }

  async #extend(): Promise<void> {
    const held = Array.from({ length: 1 + this.#int(4) }, () => this.#someHeld()).flatMap((one) => one ?? []);
    await this.#same(async (slot, name) =>
      codes(
        await slot.extendMany(
          held.map(({ receipts }) => receipts[name]),
          LONG_MS,
          CALL,
        ),
      ),
    );
  }

  async #letters(): Promise<void> {
    const letters = await collect(this.#slots.memory.deadLetters?.list({ pageSize: 100 }, CALL));
    const chosen = letters.filter(() => this.#int(3) === 0);
    const keys = this.#isSingle ? chosen.slice(0, 1) : chosen;
    const redrives = this.#int(3) > 0;
    await this.#same(async ({ deadLetters }) =>
      codes(
        (await (redrives
          ? deadLetters?.redriveMany(keys, { ttlMs: LONG_MS }, CALL)
          : deadLetters?.purgeMany(keys, CALL))) ?? [],
      ),
    );
  }

  /** Mostly one of the last. */
  #someHeld(): Held | undefined {
    return this.#held[this.#held.length - 1 - this.#int(Math.min(this.#held.length, 20) + 1)];
  }

  /** Each identity once. */
  #targets(most: number): readonly Target[] {
    const names = new Set(Array.from({ length: 1 + this.#int(most) }, () => this.#pick(NAMES)));
    return Array.from(names, (identity) => ({ identity, epoch: 1 + this.#int(3) }));
  }

  #int(below: number): number {
    return Math.floor(this.#random() * below);
  }

  #pick<T>(all: readonly T[]): T {
    return all[this.#int(all.length)] as T;
  }

  async #onBoth<T>(ask: (slot: DurabilityBackend, name: keyof Both<unknown>) => Promise<T>): Promise<Both<T>> {
    return { redis: await ask(this.#slots.redis, "redis"), memory: await ask(this.#slots.memory, "memory") };
  }

  async #same(ask: (slot: DurabilityBackend, name: keyof Both<unknown>) => Promise<unknown>): Promise<void> {
    const { redis, memory } = await this.#onBoth(ask);
    expect(redis).toEqual(memory);
  }

  async #both(ask: (slot: DurabilityBackend) => Promise<unknown>): Promise<boolean> {
    await this.#same(ask);
    return true;
  }
}

const CALL: Call = { signal: new AbortController().signal };
const ACK = { as: "ack" } as const;
const WAYS = [
  ACK,
  ACK,
  { as: "release" },
  { as: "retry" },
  { as: "retry", delayMs: LONG_MS / 2 },
  { as: "dead", code: "REJECTED", reason: "no" },
] as const;

function settled(receipt: string, way: (typeof WAYS)[number]): Settlement {
  return { receipt, ...way };
}

function message(id: string): Parameters<DurabilityBackend["enqueueMany"]>[0] {
  const payload = Buffer.from(`text of ${id}`);
  return { id, contentType: "text/plain", sentAt: 1, guarantee: "at-least-once", replyTo: undefined, payload };
}

interface Handed {
  readonly what: string;
  readonly receipt: string;
}

/** In order of identity, and for each as they came. */
function handedIn(leased: Awaited<ReturnType<DurabilityBackend["dequeue"]>>): readonly Handed[] {
  const all = leased.flatMap(({ message: { id }, recipients }) =>
    recipients.map(({ identity, epoch, attempt, receipt }) => ({
      identity,
      what: `${id} to ${identity}, epoch ${epoch}, attempt ${attempt}`,
      receipt,
    })),
  );
  return all.toSorted((one, other) => (one.identity < other.identity ? -1 : one.identity > other.identity ? 1 : 0));
}

function codes(failures: readonly BatchFailure[]): readonly string[] {
  return failures.map(({ index, error }) => `${index} ${error.code}`);
}

async function collect<T>(pages: AsyncIterable<readonly T[]> | undefined): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const page of pages ?? []) all.push(...page);
  return all;
}

await withServer("redis", {}, (server) => {
  test.each(Array.from({ length: COUNT }, (_, index) => FIRST + index))(
    "seed %i",
    { timeout: 60_000 },
    async (seed) => {
      const random = seededRandom(seed);
      const durability = {
        trackingRetentionMs: LONG_MS,
        deadLetterRetentionMs: LONG_MS,
        ...(seed % 3 === 0 && { maxQueued: 4 }),
      };
      await using redis = redisDurability({ url: server.url });
      await using memory = memoryDurability({ hub: memoryHub() });
      for (const slot of [redis, memory]) await slot.open({ namespace: `queues-${randomUUID()}`, durability }, CALL);
      const pair = new Pair({ redis, memory }, random, seed % 2 === 0);
      for (let step = 0; step < STEPS; step += 1) {
        await pair.step();
        if (step % 50 === 49) await pair.compare();
      }
    },
  );
});
