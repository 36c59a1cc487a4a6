/** All records of one namespace, and every way to find one. It decides nothing: who may write what is in `registry.ts`. */

import { type IdentitySchema, OrderedList, type Registration, SESSION_PREFIX } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import { EndSteps } from "./end-steps.ts";
import { isExpired } from "./expiry.ts";
import { FieldIndex, IdentityIndex } from "./indexes.ts";
import type { StoredRecord } from "./stored-record.ts";

const NOBODY: ReadonlySet<string> = new Set();

export class Records {
  readonly steps: EndSteps = new EndSteps();
  /** Standing registrations, without sessions: what scans read, and what the quota counts. */
  readonly ordered: OrderedList<Registration> = new OrderedList((a, b) => compareStrings(a.identity, b.identity));
  readonly identities: IdentityIndex = new IdentityIndex(this.ordered);
  readonly #byIdentity = new Map<string, StoredRecord>();
  readonly #bySession = new Map<string, Set<string>>();
  readonly #fieldIndexes = new Map<string, FieldIndex>();
  #lastEpoch = 0;

  get fieldIndexes(): Iterable<FieldIndex> {
    return this.#fieldIndexes.values();
  }

  /** Larger than any that this namespace has seen, so also than any of the identity it is for. */
  nextEpoch(): number {
    this.#lastEpoch += 1;
    return this.#lastEpoch;
  }

  /** Whatever is known of the identity: live, expired, or a tombstone. */
  find(identity: string): StoredRecord | undefined {
    return this.#byIdentity.get(identity);
  }

  live(identity: string, now: number): StoredRecord | undefined {
    const record = this.#byIdentity.get(identity);
    return record?.stage === "standing" && !isExpired(record.registration, now) ? record : undefined;
  }

  /** Live or expired. */
  standing(identity: string): Registration | undefined {
    const record = this.#byIdentity.get(identity);
    return record?.stage === "standing" ? record.registration : undefined;
  }

  /** Whose standing registrations a session serves. */
  servedBy(session: string): ReadonlySet<string> {
    return this.#bySession.get(session) ?? NOBODY;
  }

  /** Stores a registration in place of whatever is known of its identity; claims on that are void. */
  put(registration: Registration, isSessionBound: boolean): Registration {
    const { identity } = registration;
    const found = this.#byIdentity.get(identity);
    const record = found ?? this.#create(registration);
    const before = found?.stage === "standing" ? found.registration : undefined;
    record.registration = registration;
    record.isSessionBound = isSessionBound;
    record.stage = "standing";
    this.#relist(record, before, registration);
    this.steps.expireAt(record, registration.expiresAt);
    return registration;
  }

  /** Leaves a tombstone: nothing finds the registration any more, and the quota no longer counts it. */
  bury(record: StoredRecord, now: number): void {
    this.#relist(record, record.registration, undefined);
    record.stage = "tombstone";
    this.steps.buryAt(record, now);
  }

  /** Forgets everything but the last epoch. */
  remove(record: StoredRecord): void {
    if (record.stage === "standing") this.#relist(record, record.registration, undefined);
    record.stage = "gone";
    this.steps.clear(record);
    this.#byIdentity.delete(record.identity);
  }

  /** Builds what the schema asks for and is not there; indexes stay, whoever asked for them. */
  addIndexes(schema: IdentitySchema): void {
    for (const [key, field] of Object.entries(schema.fields)) {
      if (field.index === false || field.type === "geo_point" || this.#fieldIndexes.has(key)) continue;
      const index = new FieldIndex(field.path);
      for (const { identity, metadata } of this.ordered.take(() => false, this.ordered.size))
        index.update(identity, undefined, metadata);
      this.#fieldIndexes.set(key, index);
    }
  }

  #create(registration: Registration): StoredRecord {
    const { identity } = registration;
    const record: StoredRecord = {
      identity,
      firstEpoch: registration.epoch,
      isSession: identity.startsWith(SESSION_PREFIX),
      registration,
      isSessionBound: false,
      stage: "gone",
      queue: undefined,
      dueAt: 0,
      endsAt: 0,
    };
    this.#byIdentity.set(identity, record);
    return record;
  }

  /** Every list of standing registrations changes here; `undefined` is: not standing. Sessions are in none. */
  #relist(
    { identity, isSession }: StoredRecord,
    before: Registration | undefined,
    after: Registration | undefined,
  ): void {
    if (isSession) return;
    if (before === undefined && after !== undefined) this.ordered.add(after);
    if (before !== undefined && after !== undefined) this.ordered.replace(after);
    if (before !== undefined && after === undefined) this.ordered.delete(before);
    if (before?.session !== after?.session) {
      this.#leaveSession(identity, before?.session);
      this.#joinSession(identity, after?.session);
    }
    if (before?.metadata === after?.metadata) return;
    for (const index of this.#fieldIndexes.values()) index.update(identity, before?.metadata, after?.metadata);
  }

  #joinSession(identity: string, session: string | undefined): void {
    if (session === undefined) return;
    const served = this.#bySession.get(session);
    if (served === undefined) this.#bySession.set(session, new Set([identity]));
    else served.add(identity);
  }

  #leaveSession(identity: string, session: string | undefined): void {
    if (session === undefined) return;
    const served = this.#bySession.get(session);
    served?.delete(identity);
    if (served?.size === 0) this.#bySession.delete(session);
  }
}
