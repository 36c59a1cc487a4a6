/** A durability client whose every call is carried out by another process. */

import type {
  BatchFailure,
  Call,
  DeadLetterFacet,
  DurabilityBackend,
  DurabilityTraits,
  Leased,
  Scope,
  TrackingFacet,
  TransactionFacet,
} from "@muster/core/slots";
import type { TransactionProbe } from "../subject.ts";
import { type Claims, type Hosting, Remote } from "./clients.ts";
import { failuresOffWire, type WireFailure } from "./wire.ts";

interface DurabilityClaims extends Claims<DurabilityTraits> {
  readonly tracking: boolean;
  readonly transactions: boolean;
  readonly deadLetters: boolean;
}

/** Stands here for a transaction there: the keys that it is to write to the probe. */
class RemoteTransaction {
  readonly keys: string[] = [];
}

/** The probe, also for transactions of remote clients. */
export function remotelyToo(probe: TransactionProbe): TransactionProbe {
  return {
    async write(transaction, key): Promise<void> {
      if (transaction instanceof RemoteTransaction) transaction.keys.push(key);
      else await probe.write(transaction, key);
    },
    read: async (key) => probe.read(key),
  };
}

type Args<Name extends keyof DurabilityBackend> = DurabilityBackend[Name] extends (...args: infer A) => unknown
  ? A
  : never;

export class RemoteDurability implements DurabilityBackend {
  readonly #remote: Remote<DurabilityTraits>;
  tracking?: TrackingFacet;
  transactions?: TransactionFacet;
  deadLetters?: DeadLetterFacet;

  constructor(hosting: Hosting) {
    this.#remote = new Remote(hosting, "durability");
  }

  get name(): string {
    return this.#remote.claims.name;
  }

  get traits(): DurabilityTraits {
    return this.#remote.claims.traits;
  }

  async open(scope: Scope, call: Call): Promise<void> {
    const { tracking, transactions, deadLetters } = await this.#remote.open<DurabilityClaims>(scope, call);
    if (tracking) this.tracking = remoteTracking(this.#remote);
    if (transactions) this.transactions = remoteTransactions(this.#remote);
    if (deadLetters) this.deadLetters = remoteDeadLetters(this.#remote);
  }

  async enqueueMany(...[message, targets, options, call]: Args<"enqueueMany">): Promise<readonly BatchFailure[]> {
    return failuresOf(this.#remote, call, "enqueueMany", message, targets, options);
  }

  async attachMany(...[session, targets, call]: Args<"attachMany">): Promise<readonly BatchFailure[]> {
    return failuresOf(this.#remote, call, "attachMany", session, targets);
  }

  async detachMany(...[session, identities, call]: Args<"detachMany">): Promise<void> {
    await this.#remote.ask(call, "detachMany", session, identities);
  }

  async dequeue(...[session, options, call]: Args<"dequeue">): Promise<readonly Leased[]> {
    return this.#remote.ask(call, "dequeue", session, options);
  }

  async settleMany(...[settlements, call]: Args<"settleMany">): Promise<readonly BatchFailure[]> {
    return failuresOf(this.#remote, call, "settleMany", settlements);
  }

  async extendMany(...[receipts, leaseMs, call]: Args<"extendMany">): Promise<readonly BatchFailure[]> {
    return failuresOf(this.#remote, call, "extendMany", receipts, leaseMs);
  }

  async dropMany(...[targets, why, call]: Args<"dropMany">): Promise<void> {
    await this.#remote.ask(call, "dropMany", targets, why);
  }

  async sweep(...[options, call]: Args<"sweep">): Promise<number> {
    return this.#remote.ask(call, "sweep", options);
  }

  async close(): Promise<void> {
    await this.#remote.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

async function failuresOf(
  remote: Remote<DurabilityTraits>,
  call: Call,
  method: string,
  ...args: readonly unknown[]
): Promise<readonly BatchFailure[]> {
  return failuresOffWire(await remote.ask<readonly WireFailure[]>(call, method, ...args));
}

function remoteTracking(remote: Remote<DurabilityTraits>): TrackingFacet {
  return {
    begin: async (start, call) => remote.ask(call, "begin", start),
    complete: async (id, call) => remote.ask(call, "complete", id),
    find: async (id, call) => remote.ask(call, "find", id),
    counts: async (id, call) => remote.ask(call, "counts", id),
    deliveries: (id, query, call) => remote.pages(call, "deliveries", id, query),
  };
}

function remoteTransactions(remote: Remote<DurabilityTraits>): TransactionFacet {
  return {
    async handleOnce(delivery, work, call): Promise<"handled" | "duplicate"> {
      const transaction = new RemoteTransaction();
      await work(transaction);
      return remote.ask(call, "handleOnce", delivery, transaction.keys);
    },
  };
}

function remoteDeadLetters(remote: Remote<DurabilityTraits>): DeadLetterFacet {
  return {
    list: (query, call) => remote.pages(call, "list", query),
    redriveMany: async (keys, options, call) => failuresOf(remote, call, "redriveMany", keys, options),
    purgeMany: async (keys, call) => failuresOf(remote, call, "purgeMany", keys),
  };
}
