/** What can be asked of a process that may die, method by method. */

import type {
  Backend,
  Call,
  CensusOptions,
  Inbox,
  MessagingBackend,
  RegistryBackend,
  SortQuery,
} from "@muster/core/slots";
import { failuresOnWire } from "./wire.ts";

/** A call; what it leaves open, a scan, an inbox or a transaction, is from then on a target by the number of the call. */
export interface Asked extends Call {
  readonly id: number;
  keep(object: Methods): void;
  /** Forgets the target of the call. */
  drop(): void;
}

export type Methods = Readonly<Record<string, (call: Asked, ...args: never[]) => Promise<unknown>>>;

/** The first of what a method of the registry takes. */
type Given<Name extends keyof RegistryBackend> = RegistryBackend[Name] extends (given: infer T, call: Call) => unknown
  ? T
  : never;

export function registryMethods(registry: RegistryBackend): Methods {
  const claims = (): object => ({
    traits: registry.traits,
    filters: registry.filters !== undefined,
    counts: registry.counts !== undefined,
    sorts: registry.sorts !== undefined,
  });
  return {
    ...lifeMethods(registry, claims),
    setMany: async (call, entries: Given<"setMany">) => registry.setMany(entries, call),
    getMany: async (call, identities: Given<"getMany">) => registry.getMany(identities, call),
    renewMany: async (call, leases: Given<"renewMany">) => registry.renewMany(leases, call),
    deleteMany: async (call, keys: Given<"deleteMany">) => registry.deleteMany(keys, call),
    scan: async (call, query: Given<"scan">) => call.keep(pageMethods(() => registry.scan(query, call))),
    scanRoutes: async (call, query: Given<"scan">) => call.keep(pageMethods(() => registry.scanRoutes(query, call))),
    reap: async (call, options: Given<"reap">) => registry.reap(options, call),
    confirmMany: async (call, claims: Given<"confirmMany">) => registry.confirmMany(claims, call),
    census: async (call, options?: CensusOptions) => registry.census(call, options),
    count: async (call, filter: Given<"scan">["filter"]) => registry.counts?.count(filter, call),
    first: async (call, query: SortQuery) => registry.sorts?.first(query, call),
  };
}

export function messagingMethods(
  messaging: MessagingBackend,
  onRoute: (inbox: number, state: "up" | "down") => void,
): Methods {
  return {
    ...lifeMethods(messaging, () => ({ traits: messaging.traits })),
    publishMany: async (call, batch: Parameters<MessagingBackend["publishMany"]>[0]) =>
      failuresOnWire(await messaging.publishMany(batch, call)),
    openInbox: async (call, prefetch: number) => {
      const inbox = await messaging.openInbox({ prefetch, onRoute: (state) => onRoute(call.id, state) }, call);
      call.keep(inboxMethods(inbox));
    },
  };
}

export function lifeMethods(backend: Backend, claims: () => object): Methods {
  return {
    open: async (call, scope: Parameters<Backend["open"]>[0]) => {
      await backend.open(scope, call);
      return { name: backend.name, ...claims() };
    },
    close: async () => backend.close(),
  };
}

export function pageMethods(open: () => AsyncIterable<unknown>): Methods {
  let pages: AsyncIterator<unknown> | undefined;
  return {
    async next({ drop }): Promise<unknown> {
      try {
        pages ??= open()[Symbol.asyncIterator]();
        const page = await pages.next();
        if (page.done === true) drop();
        return page;
      } catch (error) {
        drop();
        throw error;
      }
    },
    async return({ drop }): Promise<void> {
      drop();
      await pages?.return?.();
    },
  };
}

function inboxMethods(inbox: Inbox): Methods {
  let pages: AsyncIterator<unknown> | undefined;
  return {
    addMany: async (call, addresses: readonly string[]) => failuresOnWire(await inbox.addMany(addresses, call)),
    removeMany: async (call, addresses: readonly string[]) => failuresOnWire(await inbox.removeMany(addresses, call)),
    receive: async () => {
      pages ??= inbox[Symbol.asyncIterator]();
      return pages.next();
    },
    leave: async () => void (await pages?.return?.()),
    close: async () => inbox[Symbol.asyncDispose](),
  };
}
