/** The registry slot over a folder: the contract of `@muster/core/slots`, method by method. */

import {
  type Call,
  type Census,
  type DeleteKey,
  type DeleteOutcome,
  type Lease,
  type LeaseOutcome,
  type ReapClaim,
  type Registration,
  type RegistryBackend,
  type RegistryTraits,
  type Route,
  type ScanQuery,
  type Scope,
  type SetEntry,
  type SetOutcome,
} from "@muster/core/slots";
import { checkEntries, checkPageSize, MAX_IDENTITY_BYTES, MAX_RECORD_BYTES } from "./arguments.ts";
import { Client, NAME, type Steps } from "./client.ts";
import { standingKey } from "./keys.ts";
import { isExpired } from "./lives.ts";
import { withLock } from "./lock.ts";
import { NamespaceFolder } from "./namespace-folder.ts";
import { checkOptions, type FileRegistryOptions, type Settings } from "./options.ts";
import { claimSteps, confirmStep, dueRecords, type ReapOptions } from "./reaping.ts";
import { Records } from "./records.ts";
import { identitiesInOrder } from "./scan.ts";
import { remove, renew, set } from "./writes.ts";

const TRAITS: RegistryTraits = Object.freeze({
  consistency: "linearizable",
  staleMs: 0,
  ttlResolutionMs: 0,
  clock: Object.freeze({ source: "store", maxErrorMs: 0 }),
  quota: "exact",
  maxIdentityBytes: MAX_IDENTITY_BYTES,
  maxRecordBytes: MAX_RECORD_BYTES,
});

/** A registry in a folder that several processes of one machine share. @throws CONFIG_INVALID */
export function fileRegistry(options: FileRegistryOptions): RegistryBackend {
  return new FileRegistry(checkOptions(options));
}

class FileRegistry implements RegistryBackend {
  readonly name: string = NAME;
  readonly traits: RegistryTraits = TRAITS;
  readonly #settings: Settings;
  readonly #client: Client;
  #folder: NamespaceFolder;
  #maxIdentities = Number.POSITIVE_INFINITY;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#client = new Client(settings);
    this.#folder = new NamespaceFolder(settings.folder, "");
  }

  async open({ namespace, maxIdentities = Number.POSITIVE_INFINITY }: Scope, call: Call): Promise<void> {
    await this.#client.open(call, async (steps) => {
      this.#folder = new NamespaceFolder(this.#settings.folder, namespace);
      this.#maxIdentities = maxIdentities;
      await this.#folder.create(this.#settings.folder, steps);
    });
  }

  async setMany(entries: readonly SetEntry[], call: Call): Promise<readonly SetOutcome[]> {
    return this.#client.run("setMany", call, async (steps) => {
      checkEntries(entries);
      return this.#eachLocked(entries, steps, async (records, entry) => set(records, entry, this.#maxIdentities));
    });
  }

  async getMany(identities: readonly string[], call: Call): Promise<readonly (Registration | undefined)[]> {
    return this.#client.run("getMany", call, async (steps) => this.#live(identities, steps));
  }

  async renewMany(leases: readonly Lease[], call: Call): Promise<readonly LeaseOutcome[]> {
    return this.#client.run("renewMany", call, async (steps) => this.#eachLocked(leases, steps, renew));
  }

  async deleteMany(keys: readonly DeleteKey[], call: Call): Promise<readonly DeleteOutcome[]> {
    return this.#client.run("deleteMany", call, async (steps) => this.#eachLocked(keys, steps, remove));
  }

  async *scan(query: ScanQuery, call: Call): AsyncGenerator<readonly Registration[], void, undefined> {
    yield* this.#pages("scan", query, call);
  }

  /** Routes and metadata lie in one file, so this saves nothing. */
  async *scanRoutes(query: ScanQuery, call: Call): AsyncGenerator<readonly Route[], void, undefined> {
    yield* this.#pages("scanRoutes", query, call);
  }

  async reap(options: ReapOptions, call: Call): Promise<readonly ReapClaim[]> {
    return this.#client.run("reap", call, async (steps) => {
      const due = await dueRecords(this.#folder, options.graceMs, steps);
      if (due.length === 0) return [];
      return this.#locked(steps, async (records) => claimSteps(records, due, options));
    });
  }

  async confirmMany(claims: readonly ReapClaim[], call: Call): Promise<void> {
    await this.#client.run("confirmMany", call, async (steps) => this.#eachLocked(claims, steps, confirmStep));
  }

  async census(call: Call): Promise<Census> {
    return this.#client.run("census", call, async (steps) => {
      const now = Date.now();
      const keys = await this.#locked(steps, async () => this.#folder.list("identities", steps));
      const records = await this.#folder.readAll(keys, steps);
      const expired = records.filter((record) => record !== undefined && isExpired(record.registration, now));
      return { counted: keys.length, expired: expired.length };
    });
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Who is there is listed once, under the lock: a folder that changes while it is read may leave out a name that was
   * there all the time. Each page then shows them as they are when it is read.
   */
  async *#pages(
    operation: string,
    query: ScanQuery,
    call: Call,
  ): AsyncGenerator<readonly Registration[], void, undefined> {
    const listed = await this.#client.run(operation, call, async (steps) => {
      checkPageSize(query.pageSize, operation);
      const keys = await this.#locked(steps, async () => this.#folder.list("identities", steps));
      return identitiesInOrder(this.#folder, keys, query.after, steps);
    });
    for (let start = 0; start < listed.length; start += query.pageSize) {
      const identities = listed.slice(start, start + query.pageSize);
      const page = await this.#client.run(operation, call, async (steps) => this.#live(identities, steps));
      yield page.flatMap((one) =>
        one !== undefined && (query.session === undefined || one.session === query.session) ? [one] : [],
      );
    }
  }

  /** As they were at one moment between the call and the answer, each for itself. */
  async #live(identities: readonly string[], steps: Steps): Promise<readonly (Registration | undefined)[]> {
    const now = Date.now(); // Not later than the reading: what is renewed in between has not expired.
    const records = await this.#folder.readAll(identities.map(standingKey), steps);
    return records.map((record) => (record && !isExpired(record.registration, now) ? record.registration : undefined));
  }

  /** One lock for the batch; each entry is on the disk, or not, before the next is looked at. */
  async #eachLocked<Entry, Outcome>(
    batch: readonly Entry[],
    steps: Steps,
    apply: (records: Records, entry: Entry) => Promise<Outcome>,
  ): Promise<readonly Outcome[]> {
    return this.#locked(steps, async (records) => {
      const outcomes: Outcome[] = [];
      for (const entry of batch) outcomes.push(await apply(records, entry));
      return outcomes;
    });
  }

  async #locked<T>(steps: Steps, work: (records: Records) => Promise<T>): Promise<T> {
    const lock = { folder: this.#folder.lock, leaseMs: this.#settings.leaseMs };
    return withLock(lock, steps, async (held) => work(new Records(this.#folder, held, steps)));
  }
}
