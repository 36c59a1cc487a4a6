/** Clients whose every call is carried out by another process. */

import {
  type BatchFailure,
  type Call,
  type Census,
  type CensusOptions,
  type CountFacet,
  type DeleteKey,
  type DeleteOutcome,
  type Delivery,
  type FilterFacet,
  type Inbox,
  type InboxOptions,
  type Lease,
  type LeaseOutcome,
  type MessagingBackend,
  type MessagingTraits,
  MusterError,
  type Outgoing,
  type ReapClaim,
  type Registration,
  type RegistryBackend,
  type RegistryTraits,
  type Route,
  type ScanQuery,
  type Scope,
  type SetEntry,
  type SetOutcome,
  type SortFacet,
} from "@muster/core/slots";
import type { Child } from "./child-process.ts";
import { failuresOffWire, type Target, type WireFailure } from "./wire.ts";

/** Where the process of a client is, once there is one. */
export interface Hosting {
  readonly child: Child | undefined;
  /** Gives the process, which is ready; starts it, or fetches one that waits, the first time. */
  start(): Promise<Child>;
}

/** What `open` answers: `methods.ts` says so. */
export interface Claims<Traits> {
  readonly name: string;
  readonly traits: Traits;
}

interface RegistryClaims extends Claims<RegistryTraits> {
  readonly filters: boolean;
  readonly counts: boolean;
  readonly sorts: boolean;
}

/** One client: what it claims, and how it is asked. Answers have the types of what `methods.ts` gives. */
export class Remote<Traits> {
  readonly #hosting: Hosting;
  readonly #target: Target;
  #claims: Claims<Traits> | undefined;

  constructor(hosting: Hosting, target: Target) {
    this.#hosting = hosting;
    this.#target = target;
  }

  /** @throws CLOSED: it has never been open. */
  get child(): Child {
    const { child } = this.#hosting;
    if (child === undefined || this.#claims === undefined) throw notOpen();
    return child;
  }

  get claims(): Claims<Traits> {
    if (this.#claims === undefined) throw notOpen();
    return this.#claims;
  }

  async open<C extends Claims<Traits>>(scope: Scope, call: Call): Promise<C> {
    const child = await this.#hosting.start();
    const claims = (await child.ask(this.#target, "open", [scope], call)) as C;
    this.#claims ??= claims;
    return claims;
  }

  async ask<T>(call: Call, method: string, ...args: readonly unknown[]): Promise<T> {
    return (await this.child.ask(this.#target, method, args, call)) as T;
  }

  async *pages<T>(call: Call, method: string, ...args: readonly unknown[]): AsyncGenerator<T, void, undefined> {
    const { child } = this;
    const { id } = child.begin(this.#target, method, args, call);
    using _following = child.follow(id, call);
    try {
      while (true) {
        const page = (await child.ask(id, "next", [])) as IteratorResult<T, unknown>;
        if (page.done === true) return;
        yield page.value;
      }
    } finally {
      child.ask(id, "return", []).catch(() => {}); // It may be over already.
    }
  }

  async close(): Promise<void> {
    if (this.#claims !== undefined) await this.child.ask(this.#target, "close", []);
  }
}

export class RemoteRegistry implements RegistryBackend {
  readonly #remote: Remote<RegistryTraits>;
  readonly #twin: () => RegistryBackend;
  filters?: FilterFacet;
  counts?: CountFacet;
  sorts?: SortFacet;

  /** `twin` makes a client of this process: `split` answers at once, which no other process can. */
  constructor(hosting: Hosting, twin: () => RegistryBackend) {
    this.#remote = new Remote(hosting, "registry");
    this.#twin = twin;
  }

  get name(): string {
    return this.#remote.claims.name;
  }

  get traits(): RegistryTraits {
    return this.#remote.claims.traits;
  }

  async open(scope: Scope, call: Call): Promise<void> {
    const { filters, counts, sorts } = await this.#remote.open<RegistryClaims>(scope, call);
    if (counts) this.counts = { count: async (filter, asked) => this.#remote.ask(asked, "count", filter) };
    if (sorts) this.sorts = { first: async (query, asked) => this.#remote.ask(asked, "first", query) };
    if (!filters) return;
    const twin = this.#twin();
    await twin.open(scope, call);
    if (twin.filters) this.filters = twin.filters;
    this.#remote.child.ended.then(async () => twin.close()).catch(() => {}); // It has done what it was for.
  }

  async setMany(entries: readonly SetEntry[], call: Call): Promise<readonly SetOutcome[]> {
    return this.#remote.ask(call, "setMany", entries);
  }

  async getMany(identities: readonly string[], call: Call): Promise<readonly (Registration | undefined)[]> {
    return this.#remote.ask(call, "getMany", identities);
  }

  async renewMany(leases: readonly Lease[], call: Call): Promise<readonly LeaseOutcome[]> {
    return this.#remote.ask(call, "renewMany", leases);
  }

  async deleteMany(keys: readonly DeleteKey[], call: Call): Promise<readonly DeleteOutcome[]> {
    return this.#remote.ask(call, "deleteMany", keys);
  }

  scan(query: ScanQuery, call: Call): AsyncIterable<readonly Registration[]> {
    return this.#remote.pages(call, "scan", query);
  }

  scanRoutes(query: ScanQuery, call: Call): AsyncIterable<readonly Route[]> {
    return this.#remote.pages(call, "scanRoutes", query);
  }

  async reap(options: Parameters<RegistryBackend["reap"]>[0], call: Call): Promise<readonly ReapClaim[]> {
    return this.#remote.ask(call, "reap", options);
  }

  async confirmMany(claims: readonly ReapClaim[], call: Call): Promise<void> {
    await this.#remote.ask(call, "confirmMany", claims);
  }

  async census(call: Call, options?: CensusOptions): Promise<Census> {
    return options === undefined ? this.#remote.ask(call, "census") : this.#remote.ask(call, "census", options);
  }

  async close(): Promise<void> {
    await this.#remote.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

export class RemoteMessaging implements MessagingBackend {
  readonly #remote: Remote<MessagingTraits>;

  constructor(hosting: Hosting) {
    this.#remote = new Remote(hosting, "messaging");
  }

  get name(): string {
    return this.#remote.claims.name;
  }

  get traits(): MessagingTraits {
    return this.#remote.claims.traits;
  }

  async open(scope: Scope, call: Call): Promise<void> {
    await this.#remote.open(scope, call);
  }

  async publishMany(batch: readonly Outgoing[], call: Call): Promise<readonly BatchFailure[]> {
    return failuresOffWire(await this.#remote.ask<readonly WireFailure[]>(call, "publishMany", batch));
  }

  async openInbox({ prefetch, onRoute }: InboxOptions, call: Call): Promise<Inbox> {
    const { child } = this.#remote;
    const { id, answer } = child.begin("messaging", "openInbox", [prefetch], call);
    if (onRoute) child.onRoute(id, onRoute);
    await answer;
    return remoteInbox(child, id);
  }

  async close(): Promise<void> {
    await this.#remote.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Each page is fetched when it is asked for, so that the other process holds back what nobody reads here. */
function remoteInbox(child: Child, id: number): Inbox {
  const change = async (method: string, addresses: readonly string[], call: Call): Promise<readonly BatchFailure[]> =>
    failuresOffWire((await child.ask(id, method, [addresses], call)) as readonly WireFailure[]);
  return {
    addMany: async (addresses, call) => change("addMany", addresses, call),
    removeMany: async (addresses, call) => change("removeMany", addresses, call),
    async *[Symbol.asyncIterator](): AsyncGenerator<readonly Delivery[], void, undefined> {
      try {
        while (true) {
          const page = (await child.ask(id, "receive", [])) as IteratorResult<readonly Delivery[], unknown>;
          if (page.done === true) return;
          yield page.value;
        }
      } finally {
        child.ask(id, "leave", []).catch(() => {}); // It may be over already.
      }
    },
    async [Symbol.asyncDispose](): Promise<void> {
      await child.ask(id, "close", []);
    },
  };
}

function notOpen(): MusterError<"CLOSED"> {
  return new MusterError({ code: "CLOSED", source: "conformance", message: "the mortal client is not open yet" });
}
