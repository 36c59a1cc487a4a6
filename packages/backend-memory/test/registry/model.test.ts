/** The registry against the model, step by step, as two clients come up with anything. */

import type { ReapClaim, Registration, RegistryBackend, SetEntry, SetMode } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import { type Random, seededRandom } from "@muster/filter/corpus";
import { entry } from "@muster/testing";
import { expect, test } from "vitest";
import { int, pick } from "../random.ts";
import { CALL, fixture, scanIdentities } from "../support.ts";
import { GRACE_MS, type Life, Model, QUOTA } from "./model.ts";

const CLAIM_MS = 15;
const IDENTITIES = [
  "a",
  "b",
  "c",
  "*",
  "\u{1f600}",
  "\ufb01",
  ...Array.from({ length: 10 }, (_, i) => `id-${i}`),
  "$session/s",
  "$session/t",
] as const;

class Run {
  readonly model = new Model();
  readonly #clients: readonly [RegistryBackend, ...RegistryBackend[]];
  readonly #random: Random;
  readonly #claims: ReapClaim[] = [];
  readonly #entries: SetEntry[] = [];
  #lastEpoch = 0;

  constructor(clients: readonly [RegistryBackend, ...RegistryBackend[]], random: Random) {
    this.#clients = clients;
    this.#random = random;
  }

  /** Any client is as good as any other. */
  get #registry(): RegistryBackend {
    return pick(this.#random, this.#clients);
  }

  async step(): Promise<void> {
    const action = pick(this.#random, ["set", "set", "set", "again", "renew", "stamp", "delete", "reap", "confirm"]);
    if (action === "set") return this.#set(this.#entry());
    if (action === "again") return this.#set(this.#entries[int(this.#random, this.#entries.length)] ?? this.#entry());
    if (action === "renew") return this.#renew(undefined);
    if (action === "stamp") return this.#renew(this.model.now - 20 + int(this.#random, 60));
    if (action === "delete") return this.#delete();
    if (action === "reap") return this.#reap();
    return this.#confirm();
  }

  /** Everything a reader can ask, asked. */
  async compare(): Promise<void> {
    const live = IDENTITIES.map((identity) => this.model.live(identity)?.registration);
    expect(await this.#registry.getMany(IDENTITIES, CALL)).toEqual(live);
    const users = live.flatMap((one) => (one === undefined || one.identity.startsWith("$") ? [] : [one]));
    const names = (some: readonly Registration[]): readonly string[] =>
      some.map(({ identity }) => identity).sort(compareStrings);
    expect(await scanIdentities(this.#registry, { pageSize: 3 })).toEqual(names(users));
    expect(await scanIdentities(this.#registry, { session: "s" })).toEqual(
      names(users.filter(({ session }) => session === "s")),
    );
    const counted = this.model.counted().length;
    expect(await this.#registry.census(CALL)).toEqual({ counted, expired: counted - users.length });
    expect(await this.#registry.counts?.count(undefined, CALL)).toBe(users.length);
  }

  #entry(): SetEntry {
    const identity = pick(this.#random, IDENTITIES);
    const epoch = this.#epochOf(identity);
    const modes = [
      "create",
      "create",
      "replace",
      { epoch },
      { epoch, revision: 1 + int(this.#random, 2) },
    ] as const satisfies readonly SetMode[];
    const ttlMs = pick(this.#random, [undefined, 5, 20, 100]);
    const session = pick(this.#random, [undefined, "s", "t"]);
    return entry(identity, {
      ttlMs,
      session,
      sessionBound: this.#random() < 0.3,
      mode: pick(this.#random, modes),
      metadata: { n: int(this.#random, 9) },
    });
  }

  /** Mostly the present one. */
  #epochOf(identity: string): number {
    const epoch = this.model.lives.get(identity)?.registration.epoch ?? 1;
    return this.#random() < 0.8 ? epoch : epoch + 1;
  }

  async #set(one: SetEntry): Promise<void> {
    this.#entries.push(one);
    const expected = this.model.set(one);
    const before = this.model.lives.get(one.identity);
    const [outcome] = await this.#registry.setMany([one], CALL);
    if (outcome === undefined || "refused" in outcome) {
      expect(outcome?.refused).toBe(expected);
      return;
    }
    const { stored } = outcome;
    expect(["stored", "again"]).toContain(expected);
    if (expected === "again") expect(stored).toEqual(before?.registration);
    else this.#stored(one, stored, before);
  }

  #stored(one: SetEntry, stored: Registration, before: Life | undefined): void {
    const { identity, metadata, ttlMs, session, address, attempt } = one;
    const fresh = one.sessionBound || ttlMs === undefined ? undefined : this.model.now + ttlMs;
    const written = { identity, metadata, ttlMs, session, address, attempt };
    if (typeof one.mode === "object" && before !== undefined) {
      const { epoch, registeredAt, revision, expiresAt } = before.registration;
      const kept = before.isBound === one.sessionBound ? expiresAt : fresh;
      expect(stored).toEqual({ ...written, epoch, registeredAt, revision: revision + 1, expiresAt: kept });
    } else {
      expect(stored).toEqual({
        ...written,
        epoch: stored.epoch,
        registeredAt: this.model.now,
        revision: 1,
        expiresAt: fresh,
      });
      expect(stored.epoch).toBeGreaterThan(this.#lastEpoch);
      this.#lastEpoch = stored.epoch;
    }
    this.model.lives.set(identity, { registration: stored, isBound: one.sessionBound });
  }

  async #renew(expiresAt: number | undefined): Promise<void> {
    const identity = pick(this.#random, IDENTITIES);
    const epoch = this.#epochOf(identity);
    const lease = { identity, epoch, ...(expiresAt === undefined ? {} : { expiresAt }) };
    expect(await this.#registry.renewMany([lease], CALL)).toEqual([this.model.renew(identity, epoch, expiresAt)]);
  }

  async #delete(): Promise<void> {
    const identity = pick(this.#random, IDENTITIES);
    const epoch = this.#epochOf(identity);
    const current = this.model.live(identity)?.registration;
    const expected = current === undefined ? "absent" : current.epoch === epoch ? "deleted" : "fenced";
    expect(await this.#registry.deleteMany([{ identity, epoch }], CALL)).toEqual([expected]);
    if (expected === "deleted") this.model.lives.delete(identity);
  }

  async #reap(): Promise<void> {
    const limit = 1 + int(this.#random, 4);
    const due = [...this.model.due()].sort((a, b) => a.at - b.at);
    const claims = await this.#registry.reap({ limit, claimMs: CLAIM_MS, graceMs: GRACE_MS }, CALL);
    const dueAt = new Map(due.map(({ identity, step, at }) => [`${identity} ${step}`, at]));
    expect(claims.map(({ registration, step }) => dueAt.get(`${registration.identity} ${step}`))).toEqual(
      due.slice(0, limit).map(({ at }) => at),
    );
    for (const claim of claims) {
      const life = this.model.lives.get(claim.registration.identity);
      expect(claim.registration).toEqual(life?.registration);
      if (life !== undefined)
        this.model.lives.set(claim.registration.identity, { ...life, claimedUntil: this.model.now + CLAIM_MS });
    }
    this.#claims.push(...claims);
  }

  /** Any claim ever made, also again and too late. */
  async #confirm(): Promise<void> {
    const claim = this.#claims[this.#claims.length - 1 - int(this.#random, 4)];
    if (claim === undefined) return;
    await this.#registry.confirmMany([claim], CALL);
    this.model.confirm(claim);
  }
}

test.each(Array.from({ length: 25 }, (_, i) => 9_000 + i))(
  "answers as the model does, whatever is done to it (seed %i)",
  async (seed) => {
    const random = seededRandom(seed);
    const { client, clock } = fixture();
    const clients = [await client({ maxIdentities: QUOTA }), await client({ maxIdentities: QUOTA })] as const;
    const run = new Run(clients, random);
    for (let step = 0; step < 300; step++) {
      clock.now += int(random, 4);
      run.model.now = clock.now;
      await run.step();
      if (step % 10 === 0) await run.compare();
    }
    await run.compare();
  },
);
