/** What the mutants of the lifecycle are made with: something done around every operation of every slot. */

import type { Backend, Inbox, MessagingBackend, RegistryBackend } from "@muster/core/slots";
import { withDurability, withMessaging, withOutbox, withRegistry } from "../../mutant.ts";
import type { Subject } from "../../subject.ts";
import { inboxLike } from "../support.ts";
import { aroundDurability } from "./around-durability.ts";
import { aroundOutbox } from "./around-outbox.ts";
import { type Around, pagesAround } from "./around-pages.ts";

/** What goes wrong with one client: around its operations, its opening, its end. What is not given is right. */
export interface ClientFault {
  readonly around?: Around;
  readonly open?: Backend["open"];
  readonly close?: Backend["close"];
  readonly [Symbol.asyncDispose]?: () => Promise<void>;
}

/** The subject with the fault in each of its clients, of any slot. */
export function withClients(subject: Subject, fault: (real: Backend) => ClientFault): Subject {
  const registries = withRegistry(subject, (real) => {
    const { around, ...rest } = fault(real);
    return { ...(around && aroundRegistry(real, around)), ...rest };
  });
  const both = withMessaging(registries, (real) => {
    const { around, ...rest } = fault(real);
    return { ...(around && aroundMessaging(real, around)), ...rest };
  });
  const three = withDurability(both, (real) => {
    const { around, ...rest } = fault(real);
    return { ...(around && aroundDurability(real, around)), ...rest };
  });
  return withOutbox(three, (real) => {
    const { around, ...rest } = fault(real);
    return { ...(around && aroundOutbox(real, around)), ...rest };
  });
}

function aroundRegistry(real: RegistryBackend, around: Around): Partial<RegistryBackend> {
  const { counts, sorts } = real;
  return {
    setMany: async (entries, call) => around("setMany", call, async (inner) => real.setMany(entries, inner)),
    getMany: async (identities, call) => around("getMany", call, async (inner) => real.getMany(identities, inner)),
    renewMany: async (leases, call) => around("renewMany", call, async (inner) => real.renewMany(leases, inner)),
    deleteMany: async (keys, call) => around("deleteMany", call, async (inner) => real.deleteMany(keys, inner)),
    scan: (query, call) => pagesAround("scan", call, (inner) => real.scan(query, inner), around),
    scanRoutes: (query, call) => pagesAround("scanRoutes", call, (inner) => real.scanRoutes(query, inner), around),
    reap: async (options, call) => around("reap", call, async (inner) => real.reap(options, inner)),
    confirmMany: async (claims, call) => around("confirmMany", call, async (inner) => real.confirmMany(claims, inner)),
    census: async (call) => around("census", call, async (inner) => real.census(inner)),
    ...(sorts && {
      sorts: {
        first: async (query, call) => around("first", call, async (inner) => sorts.first(query, inner)),
      },
    }),
    ...(counts && {
      counts: {
        count: async (filter, call) => around("count", call, async (inner) => counts.count(filter, inner)),
      },
    }),
  };
}

function aroundMessaging(real: MessagingBackend, around: Around): Partial<MessagingBackend> {
  const { columns } = real;
  return {
    ...(columns && {
      columns: {
        publishMany: async (batch, call) =>
          around("publishMany", call, async (inner) => columns.publishMany(batch, inner)),
      },
    }),
    publishMany: async (batch, call) => around("publishMany", call, async (inner) => real.publishMany(batch, inner)),
    openInbox: async (options, call) =>
      around("openInbox", call, async (inner) => inboxAround(await real.openInbox(options, inner), around)),
  };
}

function inboxAround(inbox: Inbox, around: Around): Inbox {
  return inboxLike(inbox, {
    addMany: async (addresses, call) => around("addMany", call, async (inner) => inbox.addMany(addresses, inner)),
    removeMany: async (addresses, call) =>
      around("removeMany", call, async (inner) => inbox.removeMany(addresses, inner)),
  });
}
