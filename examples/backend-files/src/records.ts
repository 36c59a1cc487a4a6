/** The records of one namespace, for whoever holds its lock. */

import { type Registration, SESSION_PREFIX } from "@muster/core/slots";
import type { Steps } from "./client.ts";
import { encodeRecord, type StoredRecord } from "./codec.ts";
import { isSession, standingKey, tombstoneKey } from "./keys.ts";
import { isExpired } from "./lives.ts";
import type { HeldLock } from "./lock.ts";
import { type NamespaceFolder, readText } from "./namespace-folder.ts";

/** Epochs taken with one write; those that are left over are never given. */
const EPOCHS_AT_ONCE = 100;

export class Records {
  readonly #folder: NamespaceFolder;
  readonly #lock: HeldLock;
  readonly #steps: Steps;
  #counted: number | undefined;
  #lastEpoch = 0;
  #lastTakenEpoch = 0;

  constructor(folder: NamespaceFolder, lock: HeldLock, steps: Steps) {
    this.#folder = folder;
    this.#lock = lock;
    this.#steps = steps;
  }

  /** Live or expired. */
  async standing(identity: string): Promise<StoredRecord | undefined> {
    return this.#folder.read(standingKey(identity), this.#steps);
  }

  async live(identity: string, now: number): Promise<StoredRecord | undefined> {
    const record = await this.standing(identity);
    return record && !isExpired(record.registration, now) ? record : undefined;
  }

  async tombstone(identity: string): Promise<StoredRecord | undefined> {
    return this.#folder.read(tombstoneKey(identity), this.#steps);
  }

  /** No session serves it, or one that no longer lives. */
  async isOffline({ session }: Pick<Registration, "session">, now: number): Promise<boolean> {
    return session === undefined || (await this.live(SESSION_PREFIX + session, now)) === undefined;
  }

  /** Who stands, without sessions: what the quota counts. */
  async count(): Promise<number> {
    this.#counted ??= (await this.#folder.list("identities", this.#steps)).length;
    return this.#counted;
  }

  /**
   * Larger than any that was given in this namespace. It is on the disk before it is given, and no smaller than the time
   * in µs, so that a machine that loses the last writes with its power goes on above what it has forgotten.
   */
  async nextEpoch(now: number): Promise<number> {
    if (this.#lastEpoch === this.#lastTakenEpoch) {
      const last = Number(await this.#steps.take(async () => readText(this.#folder.epoch)));
      this.#lastEpoch = Math.max(Number.isSafeInteger(last) ? last : 0, now * 1_000);
      this.#lastTakenEpoch = this.#lastEpoch + EPOCHS_AT_ONCE;
      await this.#lock.write(this.#folder.epoch, String(this.#lastTakenEpoch));
    }
    this.#lastEpoch += 1;
    return this.#lastEpoch;
  }

  /** Starts a life over `before`, live or expired, or over a tombstone; claims on those are void. */
  async begin(record: StoredRecord, before: StoredRecord | undefined): Promise<Registration> {
    const { identity } = record.registration;
    await this.#write(record);
    if (before === undefined && !isSession(identity) && this.#counted !== undefined) this.#counted += 1;
    await this.#lock.remove(this.#folder.file(tombstoneKey(identity)));
    return record.registration;
  }

  /** Goes on with the life of `before`, which is live. False, and nothing is changed: it has expired meanwhile. */
  async change(record: StoredRecord, { registration }: StoredRecord): Promise<boolean> {
    return this.#write(record, registration.expiresAt);
  }

  /** As it is, claimed; expired or a tombstone. */
  async claim(record: StoredRecord): Promise<void> {
    await this.#write(record);
  }

  /** A crash in the middle leaves it standing, and its tombstone without meaning. */
  async bury({ registration, isSessionBound }: StoredRecord, now: number): Promise<void> {
    await this.#write({ registration, isSessionBound, buriedAt: now });
    await this.#lock.remove(this.#folder.file(standingKey(registration.identity)));
  }

  async removeStanding(identity: string): Promise<void> {
    await this.removeTombstone(identity);
    await this.#lock.remove(this.#folder.file(standingKey(identity)));
    if (!isSession(identity)) this.#counted = undefined;
  }

  async removeTombstone(identity: string): Promise<void> {
    await this.#lock.remove(this.#folder.file(tombstoneKey(identity)));
  }

  async #write(record: StoredRecord, before?: number): Promise<boolean> {
    const { identity } = record.registration;
    const key = record.buriedAt === undefined ? standingKey(identity) : tombstoneKey(identity);
    return this.#lock.write(this.#folder.file(key), encodeRecord(record), before);
  }
}
