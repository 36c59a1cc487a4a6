/** An outbox client whose every call is carried out by another process, as are the transactions that it records in. */

import {
  type Call,
  type MulticastRecord,
  type MulticastStart,
  MusterError,
  type OutboxBackend,
  type OutboxBacklog,
  type OutboxCounts,
  type OutboxDelivery,
  type OutboxTarget,
  type OutboxTraits,
  type Parcel,
  type ParcelSettlement,
  type Recorded,
  type Scope,
  type ShardLease,
} from "@muster/core/slots";
import type { OwnTransaction } from "../subject.ts";
import type { Child } from "./child-process.ts";
import { type Claims, type Hosting, Remote } from "./clients.ts";

/** Stands here for a transaction there. */
class RemoteTransaction {
  readonly #child: Child;
  readonly #id: number;

  constructor(child: Child, id: number) {
    this.#child = child;
    this.#id = id;
  }

  async ask<T>(method: string, args: readonly unknown[], call?: Call): Promise<T> {
    return (await this.#child.ask(this.#id, method, args, call)) as T; // Of the type that `outbox-methods.ts` gives.
  }
}

/** Begins a transaction in the process of an outbox. */
export async function beginRemotely(hosting: Hosting): Promise<OwnTransaction> {
  const child = await hosting.start();
  const { id, answer } = child.begin("outbox", "begin", []);
  await answer;
  const transaction = new RemoteTransaction(child, id);
  return {
    transaction,
    write: async (key) => transaction.ask("write", [key]),
    commit: async () => transaction.ask("commit", []),
    rollback: async () => transaction.ask("rollback", []),
  };
}

/** It has no bells, which may always get lost. */
export class RemoteOutbox implements OutboxBackend {
  readonly #remote: Remote<OutboxTraits>;

  constructor(hosting: Hosting) {
    this.#remote = new Remote(hosting, "outbox");
  }

  get name(): string {
    return this.#remote.claims.name;
  }

  get traits(): OutboxTraits {
    return this.#remote.claims.traits;
  }

  async open(scope: Scope, call: Call): Promise<void> {
    await this.#remote.open<Claims<OutboxTraits>>(scope, call);
  }

  /** The targets are read here, and go there as one. */
  async record(
    transaction: unknown,
    start: MulticastStart,
    targets: AsyncIterable<readonly OutboxTarget[]>,
    call: Call,
  ): Promise<Recorded> {
    if (!(transaction instanceof RemoteTransaction))
      throw new MusterError({
        code: "INVALID_ARGUMENT",
        source: `${this.name}.record`,
        message: "it is a transaction of another process",
      });
    const pages: (readonly OutboxTarget[])[] = [];
    for await (const page of targets) pages.push(page);
    return transaction.ask("record", [start, pages], call);
  }

  async leaseShards(relay: string, options: { readonly leaseMs: number }, call: Call): Promise<readonly ShardLease[]> {
    return this.#remote.ask(call, "leaseShards", relay, options);
  }

  async releaseShards(relay: string, call: Call): Promise<void> {
    await this.#remote.ask(call, "releaseShards", relay);
  }

  async take(lease: ShardLease, options: { readonly maxTargets: number }, call: Call): Promise<readonly Parcel[]> {
    return this.#remote.ask(call, "take", lease, options);
  }

  async settleMany(
    lease: ShardLease,
    settlements: readonly ParcelSettlement[],
    call: Call,
  ): Promise<readonly string[]> {
    return this.#remote.ask(call, "settleMany", lease, settlements);
  }

  async backlog(call: Call): Promise<OutboxBacklog> {
    return this.#remote.ask(call, "backlog");
  }

  async find(id: string, call: Call): Promise<MulticastRecord | undefined> {
    return this.#remote.ask(call, "find", id);
  }

  async counts(id: string, call: Call): Promise<OutboxCounts> {
    return this.#remote.ask(call, "counts", id);
  }

  deliveries(
    id: string,
    query: { readonly after?: string; readonly pageSize: number },
    call: Call,
  ): AsyncIterable<readonly OutboxDelivery[]> {
    return this.#remote.pages(call, "deliveries", id, query);
  }

  async sweep(options: { readonly limit: number }, call: Call): Promise<number> {
    return this.#remote.ask(call, "sweep", options);
  }

  async close(): Promise<void> {
    await this.#remote.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
