/** The registry slot on SQLite: the contract of `@muster/core/slots`, method by method. Operations in the file decide. */

import {
  type Call,
  type Census,
  checkEntries,
  checkPageSize,
  checkRecord,
  type CountFacet,
  type DeleteKey,
  type DeleteOutcome,
  type FilterFacet,
  type Lease,
  type LeaseOutcome,
  Lifecycle,
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
import { splitForComparisons } from "@muster/filter";
import { type SqliteClient, sqliteClient } from "./client.ts";
import { columnsOf, registrationIn, routeIn } from "./codec.ts";
import { NAME } from "./errors.ts";
import { NAME_LIMITS, RECORD_LIMITS } from "./namespace/arguments.ts";
import { inParts } from "./namespace/batches.ts";
import { outcomeOf } from "./namespace/outcomes.ts";
import type { SqliteOptions } from "./options.ts";
import { indexedPaths } from "./registrations/indexes.ts";
import type { PageArgs } from "./registrations/reading.ts";
import type { ArgsOf, ResultOf } from "./store/operation.ts";
import type { Operations } from "./store/operations.ts";
import type { Row } from "./store/store.ts";

export type SqliteRegistryOptions = SqliteOptions;

const TRAITS: RegistryTraits = Object.freeze({
  consistency: "linearizable",
  staleMs: 0,
  ttlResolutionMs: 0,
  clock: Object.freeze({ source: "store", maxErrorMs: 0 }),
  quota: "exact",
  maxIdentityBytes: NAME_LIMITS.maxIdentityBytes,
  ...RECORD_LIMITS,
});

/** Most steps that are handed out at once; they come with their metadata. */
const MAX_CLAIMS = 500;
/** Of rows that come at once, however long a page may be: with metadata, and without. */
const MAX_ROWS = { registration: 1_000, route: 10_000 } as const;

/**
 * A registry in a file that the processes of one machine share, and all namespaces.
 *
 * What a call has changed is there for everyone when it returns, as sure as the option `synchronous` says.
 *
 * @throws CONFIG_INVALID: with a violation for each option that is wrong.
 */
export function sqliteRegistry(options: SqliteRegistryOptions): RegistryBackend {
  return new SqliteRegistry(sqliteClient(options));
}

class SqliteRegistry implements RegistryBackend {
  readonly name: string = NAME;
  readonly traits: RegistryTraits = TRAITS;
  readonly filters: FilterFacet = { split: splitForComparisons };
  readonly counts: CountFacet;
  readonly #life = new Lifecycle(NAME);
  readonly #client: SqliteClient;
  #scope: Scope = { namespace: "" };

  constructor(client: SqliteClient) {
    this.#client = client;
    this.counts = {
      count: async (filter, call) => this.#ask("countMatching", { namespace: this.#namespace, filter }, "count", call),
    };
  }

  async open(scope: Scope, call: Call): Promise<void> {
    await this.#life.open(call, async (opening) => {
      await this.#client.open(opening);
      this.#scope = scope;
      try {
        await this.#index(scope, opening);
      } catch (error) {
        await this.#client.close();
        throw error;
      }
    });
  }

  async setMany(entries: readonly SetEntry[], call: Call): Promise<readonly SetOutcome[]> {
    this.#life.check("setMany", call);
    checkEntries(entries, NAME_LIMITS, NAME);
    const { namespace, maxIdentities } = this.#scope;
    return inParts("setMany", entries, async (part) => {
      const drafts = columnsOf(part);
      for (const [index, entry] of part.entries())
        checkRecord(entry, drafts.documents[index] ?? "", RECORD_LIMITS, NAME);
      const { now, verdicts } = await this.#ask("setMany", { namespace, maxIdentities, drafts }, "setMany", call);
      return part.flatMap((entry, index) => {
        const verdict = verdicts[index];
        return verdict === undefined ? [] : [outcomeOf(verdict, entry, now)];
      });
    });
  }

  async getMany(identities: readonly string[], call: Call): Promise<readonly (Registration | undefined)[]> {
    this.#life.check("getMany", call);
    return inParts("getMany", identities, async (part) => {
      const rows = await this.#ask("getMany", { namespace: this.#namespace, identities: part }, "getMany", call);
      return rows.map((row) => row && registrationIn(row));
    });
  }

  async renewMany(leases: readonly Lease[], call: Call): Promise<readonly LeaseOutcome[]> {
    this.#life.check("renewMany", call);
    return inParts("renewMany", leases, async (part) =>
      this.#ask("renewMany", { namespace: this.#namespace, leases: part.map(wholeLease) }, "renewMany", call),
    );
  }

  async deleteMany(keys: readonly DeleteKey[], call: Call): Promise<readonly DeleteOutcome[]> {
    this.#life.check("deleteMany", call);
    return inParts("deleteMany", keys, async (part) =>
      this.#ask("deleteMany", { namespace: this.#namespace, keys: part }, "deleteMany", call),
    );
  }

  async *scan(query: ScanQuery, call: Call): AsyncGenerator<readonly Registration[], void, undefined> {
    yield* this.#pages("scan", query, call, "registration", registrationIn);
  }

  async *scanRoutes(query: ScanQuery, call: Call): AsyncGenerator<readonly Route[], void, undefined> {
    yield* this.#pages("scanRoutes", query, call, "route", routeIn);
  }

  async reap(
    { limit, claimMs, graceMs }: { readonly limit: number; readonly claimMs: number; readonly graceMs: number },
    call: Call,
  ): Promise<readonly ReapClaim[]> {
    this.#life.check("reap", call);
    if (limit < 1) return [];
    const args = {
      namespace: this.#namespace,
      limit: Math.min(Math.floor(limit), MAX_CLAIMS),
      claimMs: Math.ceil(claimMs),
      graceMs: Math.ceil(graceMs),
    };
    const claims = await this.#ask("reap", args, "reap", call);
    return claims.map(([step, row]) => ({ step, registration: registrationIn(row) }));
  }

  async confirmMany(claims: readonly ReapClaim[], call: Call): Promise<void> {
    this.#life.check("confirmMany", call);
    await inParts("confirmMany", claims, async (part) => {
      const named = part.map(({ step, registration: { identity, epoch } }) => ({ identity, epoch, step }));
      await this.#ask("confirmMany", { namespace: this.#namespace, claims: named }, "confirmMany", call);
      return [];
    });
  }

  async census(call: Call): Promise<Census> {
    return this.#ask("takeCensus", { namespace: this.#namespace }, "census", call);
  }

  async close(): Promise<void> {
    await this.#life.close(async () => this.#client.close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #namespace(): string {
    return this.#scope.namespace;
  }

  async #ask<Name extends keyof Operations>(
    name: Name,
    args: ArgsOf<Operations[Name]>,
    operation: string,
    call: Call,
  ): Promise<ResultOf<Operations[Name]>> {
    this.#life.check(operation, call);
    return this.#client.run(name, args, { signal: call.signal, operation });
  }

  /** Whoever waits for them once has them for good, in all processes. */
  async #index({ schema }: Scope, { signal }: Call): Promise<void> {
    const paths = indexedPaths(schema);
    if (paths.length === 0) return;
    const call = { signal, operation: "open" };
    const areThere = await this.#client.run("areIndexed", { paths }, call);
    if (!areThere) await this.#client.run("makeIndexes", { paths }, call);
  }

  /** Each page is read for itself, and begins behind the last one's last identity: nobody comes twice. */
  async *#pages<T extends Route>(
    operation: string,
    { after = "", filter, session, pageSize }: ScanQuery,
    call: Call,
    columns: PageArgs["columns"],
    read: (row: Row) => T,
  ): AsyncGenerator<readonly T[], void, undefined> {
    checkPageSize(pageSize, `${NAME}.${operation}`);
    const limit = Math.min(Math.floor(pageSize), MAX_ROWS[columns]);
    const query = { namespace: this.#namespace, filter, session, limit, columns };
    for (let behind = after; ; ) {
      const rows = await this.#ask("readPage", { ...query, after: behind }, operation, call);
      const page = rows.map(read);
      if (page.length > 0) yield page;
      if (page.length < limit) return;
      behind = page.at(-1)?.identity ?? behind;
    }
  }
}

function wholeLease({ identity, epoch, ttlMs, expiresAt }: Lease): Lease {
  return {
    identity,
    epoch,
    ...(ttlMs !== undefined && { ttlMs: Math.ceil(ttlMs) }),
    ...(expiresAt !== undefined && { expiresAt: Math.ceil(expiresAt) }),
  };
}
