/** The durability slot on SQLite: the contract of `@muster/core/slots`, method by method. Operations in the file decide. */

import type {
  BatchFailure,
  Call,
  DeadLetterFacet,
  DequeueOptions,
  DurabilityBackend,
  DurabilityScope,
  DurabilityTraits,
  DurableMessage,
  Leased,
  Scope,
  Settlement,
  Target,
  TrackingFacet,
  TransactionFacet,
} from "@muster/core/slots";
import { DEFAULT_DURABILITY_SCOPE } from "@muster/core/slots";
import { type SqliteClient, sqliteClient } from "./client.ts";
import { NAME } from "./errors.ts";
import { misconfigured, type SqliteOptions } from "./options.ts";
import { Access } from "./queues/access.ts";
import { checks, MAX_BATCH, MAX_LEASE_MS, MAX_PAYLOAD_BYTES, MAX_TTL_MS, MIN_LEASE_MS } from "./queues/arguments.ts";
import { deadLetterFacet } from "./queues/dead-letter-facet.ts";
import type { Why } from "./queues/ending.ts";
import type { TargetKey } from "./queues/enqueueing.ts";
import { handleOnce, type SqliteTransaction } from "./queues/handling.ts";
import { ownCopyOf } from "./queues/messages.ts";
import { trackingFacet } from "./queues/tracking-facet.ts";

export type SqliteDurabilityOptions = SqliteOptions & {
  /**
   * How long a handler's transaction may hold the file's write lock, in ms; then it is undone, and `handleOnce` throws
   * `TIMEOUT`. Sessions can't be renewed meanwhile, so it has to be well below their lease. Default 2,000.
   */
  readonly maxTransactionMs?: number;
};

const DEFAULT_MAX_TRANSACTION_MS = 2_000;

/**
 * Queues in a file that the processes of one machine share, and all namespaces.
 *
 * What a call has changed is there for everyone when it returns, as sure as the option `synchronous` says. A handler's own
 * writes in the same file commit together with its acknowledgement: see {@link SqliteTransaction}.
 *
 * @throws CONFIG_INVALID: with a violation for each option that is wrong.
 */
export function sqliteDurability(options: SqliteDurabilityOptions): DurabilityBackend<SqliteTransaction> {
  const { maxTransactionMs = DEFAULT_MAX_TRANSACTION_MS, ...location } = options;
  if (!(maxTransactionMs >= 1))
    throw misconfigured(`${NAME}.options`, [{ path: "maxTransactionMs", message: "is a number of ms from 1 on" }]);
  return new SqliteDurability(sqliteClient(location), maxTransactionMs);
}

function traitsOf({ trackingRetentionMs }: DurabilityScope): DurabilityTraits {
  return Object.freeze({
    holds: "recipient",
    order: "fifo",
    lease: "message",
    delay: true,
    fences: "epoch",
    queueQuota: true,
    dedupWindowMs: trackingRetentionMs,
    attempts: "exact",
    wakes: true,
    minLeaseMs: MIN_LEASE_MS,
    maxLeaseMs: MAX_LEASE_MS,
    maxTtlMs: MAX_TTL_MS,
    maxPayloadBytes: MAX_PAYLOAD_BYTES,
    maxBatch: MAX_BATCH,
  });
}

class SqliteDurability implements DurabilityBackend<SqliteTransaction> {
  readonly name: string = NAME;
  readonly tracking: TrackingFacet;
  readonly transactions: TransactionFacet<SqliteTransaction>;
  readonly deadLetters: DeadLetterFacet;
  readonly #access: Access;
  #traits = traitsOf(DEFAULT_DURABILITY_SCOPE);

  constructor(client: SqliteClient, maxTransactionMs: number) {
    const access = new Access(client);
    this.#access = access;
    this.tracking = trackingFacet(access);
    this.deadLetters = deadLetterFacet(access);
    this.transactions = {
      handleOnce: async (delivery, work, call) =>
        access.runAtLength("handleOnce", call, async (space, sent) =>
          handleOnce({ client, space, maxTransactionMs }, delivery, work, sent),
        ),
    };
  }

  /** Its window of deduplication is known once it is open. */
  get traits(): DurabilityTraits {
    return this.#traits;
  }

  async open(scope: Scope, call: Call): Promise<void> {
    await this.#access.open(scope, call);
    this.#traits = traitsOf(scope.durability ?? DEFAULT_DURABILITY_SCOPE);
  }

  async enqueueMany(
    message: DurableMessage,
    targets: readonly Target[],
    { ttlMs }: { readonly ttlMs: number },
    call: Call,
  ): Promise<readonly BatchFailure[]> {
    return this.#access.askFor("enqueueMany", targets, identityOf, call, () => {
      checks.checkMessage(message, "enqueueMany");
      checks.checkTargets(targets, "enqueueMany");
      checks.checkTtl(ttlMs, "enqueueMany");
      return { message: ownCopyOf(message), targets: targets.map(keyOf), ttlMs: Math.ceil(ttlMs) };
    });
  }

  async attachMany(session: string, targets: readonly Target[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#access.askFor("attachMany", targets, identityOf, call, () => {
      checks.checkSession(session, "attachMany");
      checks.checkTargets(targets, "attachMany");
      return { session, targets: targets.map(keyOf) };
    });
  }

  async detachMany(session: string, identities: readonly string[], call: Call): Promise<void> {
    await this.#access.ask("detachMany", "detachMany", call, () => {
      checks.checkSession(session, "detachMany");
      checks.checkBatch(identities, "detachMany");
      for (const identity of identities) checks.checkIdentity(identity, "detachMany");
      return { session, identities };
    });
  }

  async dequeue(session: string, options: DequeueOptions, call: Call): Promise<readonly Leased[]> {
    return this.#access.ask("dequeue", "dequeue", call, () => {
      checks.checkSession(session, "dequeue");
      checks.checkDequeue(options);
      const { max, maxPerIdentity, waitMs, leaseMs } = options;
      return { session, max: Math.min(max, MAX_BATCH), maxPerIdentity, waitMs, leaseMs: Math.ceil(leaseMs) };
    });
  }

  async settleMany(settlements: readonly Settlement[], call: Call): Promise<readonly BatchFailure[]> {
    return this.#access.askFor("settleMany", settlements, receiptOf, call, () => {
      checks.checkBatch(settlements, "settleMany");
      return { settlements: settlements.map(storable) };
    });
  }

  async extendMany(receipts: readonly string[], leaseMs: number, call: Call): Promise<readonly BatchFailure[]> {
    return this.#access.askFor("extendMany", receipts, String, call, () => {
      checks.checkBatch(receipts, "extendMany");
      checks.checkLease(leaseMs, "extendMany");
      return { receipts, leaseMs: Math.ceil(leaseMs) };
    });
  }

  async dropMany(targets: readonly Target[], { code, reason }: Why, call: Call): Promise<void> {
    await this.#access.ask("dropMany", "dropMany", call, () => {
      checks.checkTargets(targets, "dropMany");
      return { targets: targets.map(keyOf), why: { code, reason: textOf(reason) } };
    });
  }

  async sweep({ limit }: { readonly limit: number }, call: Call): Promise<number> {
    return this.#access.ask("sweepQueues", "sweep", call, () => ({ limit }));
  }

  async close(): Promise<void> {
    await this.#access.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function identityOf({ identity }: Target): string {
  return identity;
}

function keyOf({ identity, epoch }: Target): TargetKey {
  return [identity, epoch];
}

function receiptOf({ receipt }: Settlement): string {
  return receipt;
}

function storable(settlement: Settlement): Settlement {
  if (settlement.as === "dead") return { ...settlement, reason: textOf(settlement.reason) };
  if (settlement.as === "retry") return { ...settlement, delayMs: Math.ceil(settlement.delayMs ?? 0) };
  return settlement;
}

/** A text of the file holds no NUL, and is UTF-8. */
function textOf(reason: string): string {
  return Buffer.from(reason).toString().replaceAll("\0", "\u{fffd}");
}
