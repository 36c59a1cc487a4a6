/** The registry slot in one process: the contract of `@muster/core/slots`, rule by rule, over {@link Records}. */

import { setImmediate } from "node:timers/promises";
import {
  type Call,
  type Census,
  checkEntries,
  checkPageSize,
  type CountFacet,
  type DeleteKey,
  type DeleteOutcome,
  type FilterFacet,
  type Lease,
  type LeaseOutcome,
  type ReapClaim,
  type Registration,
  type RegistryBackend,
  type RegistryTraits,
  type Route,
  type ScanQuery,
  type Scope,
  SESSION_PREFIX,
  type SetEntry,
  type SetMode,
  type SetOutcome,
  type SortFacet,
  type SortQuery,
} from "@muster/core/slots";
import { type Filter, splitForEvaluator } from "@muster/filter";
import { MAX_IDENTITY_BYTES } from "./arguments.ts";
import { Client, NAME } from "./client.ts";
import { isExpired, nextExpiry, stampedExpiry } from "./expiry.ts";
import { Line, type MemoryFaults } from "./faults.ts";
import { firstOf } from "./first.ts";
import { type MemoryHub, memoryHub } from "./hub.ts";
import { ownMetadata } from "./metadata.ts";
import type { Records } from "./records.ts";
import { Selection } from "./selection.ts";
import type { StoredRecord } from "./stored-record.ts";

export interface MemoryRegistryOptions {
  /** Default: one of its own, which nobody else sees. */
  readonly hub?: MemoryHub;
  /** For tests: the misfortunes of the process this client stands for. */
  readonly faults?: MemoryFaults;
}

const TRAITS: RegistryTraits = Object.freeze({
  consistency: "linearizable",
  staleMs: 0,
  ttlResolutionMs: 0,
  clock: Object.freeze({ source: "store", maxErrorMs: 0 }),
  quota: "exact",
  maxIdentityBytes: MAX_IDENTITY_BYTES,
  maxRecordBytes: Number.MAX_SAFE_INTEGER,
});

/** A registry in the memory of this process, which forgets with its hub. */
export function memoryRegistry(options: MemoryRegistryOptions = {}): RegistryBackend {
  return new MemoryRegistry(options);
}

class MemoryRegistry implements RegistryBackend {
  readonly name: string = NAME;
  readonly traits: RegistryTraits = TRAITS;
  readonly filters: FilterFacet = { split: splitForEvaluator };
  readonly counts: CountFacet = { count: (filter, call) => this.#count(filter, call) };
  readonly sorts: SortFacet = { first: (query, call) => this.#first(query, call) };
  readonly #hub: MemoryHub;
  readonly #client: Client;
  #scope: Scope = { namespace: "" };

  constructor({ hub = memoryHub(), faults }: MemoryRegistryOptions) {
    this.#hub = hub;
    this.#client = new Client("store", new Line(hub.faults, ...(faults ? [faults] : [])));
  }

  async open(scope: Scope, call: Call): Promise<void> {
    await this.#client.open(call, () => {
      this.#scope = scope;
      if (scope.schema !== undefined) this.#records.addIndexes(scope.schema);
    });
  }

  async setMany(entries: readonly SetEntry[], call: Call): Promise<readonly SetOutcome[]> {
    return this.#run("setMany", call, (records, now) => {
      checkEntries(entries, TRAITS, NAME);
      return entries.map((entry) => set(records, entry, now, this.#scope.maxIdentities));
    });
  }

  async getMany(identities: readonly string[], call: Call): Promise<readonly (Registration | undefined)[]> {
    return this.#run("getMany", call, (records, now) =>
      identities.map((identity) => records.live(identity, now)?.registration),
    );
  }

  async renewMany(leases: readonly Lease[], call: Call): Promise<readonly LeaseOutcome[]> {
    return this.#run("renewMany", call, (records, now) => leases.map((lease) => renew(records, lease, now)));
  }

  async deleteMany(keys: readonly DeleteKey[], call: Call): Promise<readonly DeleteOutcome[]> {
    return this.#run("deleteMany", call, (records, now) => keys.map((key) => remove(records, key, now)));
  }

  scan(query: ScanQuery, call: Call): AsyncIterable<readonly Registration[]> {
    return this.#pages("scan", query, call);
  }

  /** Registrations are routes: nothing is copied, and nobody looks at their metadata. */
  scanRoutes(query: ScanQuery, call: Call): AsyncIterable<readonly Route[]> {
    return this.#pages("scanRoutes", query, call);
  }

  async reap(
    options: { readonly limit: number; readonly claimMs: number; readonly graceMs: number },
    call: Call,
  ): Promise<readonly ReapClaim[]> {
    return this.#run("reap", call, ({ steps }, now) =>
      steps.claim(now, options).map(({ record, step }) => ({ registration: record.registration, step })),
    );
  }

  async confirmMany(claims: readonly ReapClaim[], call: Call): Promise<void> {
    await this.#run("confirmMany", call, (records, now) => {
      for (const claim of claims) confirm(records, claim, now);
    });
  }

  async census(call: Call): Promise<Census> {
    return this.#run("census", call, takeCensus);
  }

  async close(): Promise<void> {
    await this.#client.close(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #records(): Records {
    return this.#hub.records(this.#scope.namespace);
  }

  async #run<T>(operation: string, call: Call, apply: (records: Records, now: number) => T): Promise<T> {
    return this.#client.run(operation, call, () => apply(this.#records, this.#hub.now()));
  }

  async *#pages(
    operation: string,
    query: ScanQuery,
    call: Call,
  ): AsyncGenerator<readonly Registration[], void, undefined> {
    checkPageSize(query.pageSize, `${NAME}.${operation}`);
    let selection: Selection | undefined;
    while (true) {
      const page = await this.#run(operation, call, (records, now) => {
        selection ??= new Selection(records, query);
        return selection.next(now);
      });
      if (page === undefined) return;
      if (page.length > 0) yield page;
      if (selection?.isDueToPause) await setImmediate();
    }
  }

  async #count(filter: Filter | undefined, call: Call): Promise<number> {
    if (filter === undefined) {
      const { counted, expired } = await this.#run("count", call, takeCensus);
      return counted - expired;
    }
    let count = 0;
    for await (const page of this.#pages("count", { filter, pageSize: Number.MAX_SAFE_INTEGER }, call))
      count += page.length;
    return count;
  }

  async #first(query: SortQuery, call: Call): Promise<readonly Registration[]> {
    checkPageSize(query.limit, `${NAME}.first`);
    const { filter } = query;
    return firstOf(this.#pages("first", { pageSize: Number.MAX_SAFE_INTEGER, ...(filter && { filter }) }, call), query);
  }
}

function set(records: Records, entry: SetEntry, now: number, maxIdentities = Number.POSITIVE_INFINITY): SetOutcome {
  const live = records.live(entry.identity, now);
  const current = live?.registration;
  if (current?.attempt === entry.attempt) return { stored: current };
  if (entry.sessionBound && isOffline(records, entry, now)) return { refused: "session" };
  if (typeof entry.mode === "object") return rewrite(records, entry, entry.mode, live, now);
  if (entry.mode === "create" && current !== undefined && !isOffline(records, current, now))
    return { refused: "exists", current };
  if (isNewlyCounted(records, entry.identity) && records.ordered.size >= maxIdentities) return { refused: "quota" };
  const registration: Registration = Object.freeze({
    identity: entry.identity,
    epoch: records.nextEpoch(),
    session: entry.session,
    address: entry.address,
    registeredAt: now,
    expiresAt: nextExpiry(entry.sessionBound, entry.ttlMs, now),
    ttlMs: entry.ttlMs,
    metadata: ownMetadata(entry.metadata),
    revision: 1,
    attempt: entry.attempt,
  });
  return { stored: records.put(registration, entry.sessionBound) };
}

function rewrite(
  records: Records,
  entry: SetEntry,
  mode: Exclude<SetMode, string>,
  live: StoredRecord | undefined,
  now: number,
): SetOutcome {
  if (live === undefined) return { refused: "fenced" };
  const current = live.registration;
  if (current.epoch !== mode.epoch) return { refused: "fenced", current };
  if (mode.revision !== undefined && current.revision !== mode.revision) return { refused: "conflict", current };
  const registration: Registration = Object.freeze({
    ...current,
    session: entry.session,
    address: entry.address,
    expiresAt:
      entry.sessionBound === live.isSessionBound ? current.expiresAt : nextExpiry(entry.sessionBound, entry.ttlMs, now),
    ttlMs: entry.ttlMs,
    metadata: ownMetadata(entry.metadata),
    revision: current.revision + 1,
    attempt: entry.attempt,
  });
  return { stored: records.put(registration, entry.sessionBound) };
}

function renew(records: Records, lease: Lease, now: number): LeaseOutcome {
  const live = records.live(lease.identity, now);
  if (live === undefined) return "absent";
  const current = live.registration;
  if (current.epoch !== lease.epoch) return "fenced";
  const ttlMs = lease.ttlMs ?? current.ttlMs;
  const isStamp = lease.expiresAt !== undefined;
  const expiresAt = isStamp ? stampedExpiry(live, lease.expiresAt) : nextExpiry(live.isSessionBound, ttlMs, now);
  const isSessionBound = live.isSessionBound && !isStamp;
  if (expiresAt !== current.expiresAt || ttlMs !== current.ttlMs || isSessionBound !== live.isSessionBound) {
    records.put(Object.freeze({ ...current, expiresAt, ttlMs }), isSessionBound);
  }
  return expiresAt ?? "never";
}

function remove(records: Records, key: DeleteKey, now: number): DeleteOutcome {
  const live = records.live(key.identity, now);
  if (live === undefined) return "absent";
  const { epoch, attempt } = live.registration;
  if ("epoch" in key ? epoch !== key.epoch : attempt !== key.attempt) return "fenced";
  records.remove(live);
  return "deleted";
}

function confirm(records: Records, { registration, step }: ReapClaim, now: number): void {
  const record = records.find(registration.identity);
  if (record === undefined || record.registration.epoch !== registration.epoch) return;
  if (step === "expired" && record.stage === "standing" && isExpired(record.registration, now))
    records.bury(record, now);
  if (step === "over" && record.stage === "tombstone") records.remove(record);
}

function takeCensus({ ordered, steps }: Records, now: number): Census {
  return { counted: ordered.size, expired: steps.countExpired(now) };
}

/** No session serves it, or one that no longer lives. */
function isOffline(records: Records, { session }: Pick<Registration, "session">, now: number): boolean {
  return session === undefined || records.live(SESSION_PREFIX + session, now) === undefined;
}

/** An expired record is counted until that step of its end is confirmed, so it leaves room for its successor. */
function isNewlyCounted(records: Records, identity: string): boolean {
  return !identity.startsWith(SESSION_PREFIX) && records.find(identity)?.stage !== "standing";
}
