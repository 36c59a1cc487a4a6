/** Ways in which a registry and a broker can betray whoever sends over them. */

import { setTimeout as wait } from "node:timers/promises";
import type { BatchFailure, Inbox, Registration, RegistryBackend, Route } from "@muster/core/slots";
import { type Mutant, withMessaging, withRegistry } from "../../mutant.ts";
import type { Subject } from "../../subject.ts";
import { type Pages, withInboxes } from "../messaging/support.ts";
import { inboxLike } from "../support.ts";

const STALL_MS = 2_000;

/** The subject in which routes are changed on their way to whoever sends; `change` is shared by all clients. */
function withRoutes(subject: Subject, change: (page: readonly Route[]) => readonly Route[]): Subject {
  return withRegistry(subject, (real) => ({
    async *scanRoutes(query, call): AsyncGenerator<readonly Route[], void, undefined> {
      for await (const page of real.scanRoutes(query, call)) yield change(page);
    },
  }));
}

/** The subject in which whoever was spoken to first can't answer. */
function losingReplies(subject: Subject): Subject {
  const spoken = new Set<string>();
  return withMessaging(subject, (real) => {
    let own = "";
    return {
      async openInbox(options, call): Promise<Inbox> {
        const inbox = await real.openInbox(options, call);
        const addMany: Inbox["addMany"] = async (addresses, during) => {
          own ||= addresses[0] ?? "";
          return inbox.addMany(addresses, during);
        };
        return inboxLike(inbox, { addMany });
      },
      async publishMany(batch, call): Promise<readonly BatchFailure[]> {
        const kept = batch.filter(({ address }) => address === own || !spoken.has(`${address} to ${own}`));
        for (const { address } of kept) spoken.add(`${own} to ${address}`);
        return kept.length === 0 ? [] : real.publishMany(kept, call);
      },
    };
  });
}

/** The subject in which an inbox that has given a page gives none for a while. */
function stalling(subject: Subject): Subject {
  return withInboxes(subject, (real) => ({
    async *[Symbol.asyncIterator](): Pages {
      for await (const page of real) {
        yield page;
        await wait(STALL_MS, undefined, { ref: false });
      }
    },
  }));
}

export const carryingMutants: readonly Mutant[] = [
  {
    id: "pattern-swallows-messages",
    breaks: "The broker takes every message, and delivers none.",
    kills: [
      "pattern/at-most-once/everyone-once",
      "pattern/at-most-once/hostile-identities",
      "pattern/at-most-once/replaced",
      "pattern/acknowledged/everyone-once",
      "pattern/acknowledged/hostile-identities",
      "pattern/acknowledged/attached-later",
      "pattern/acknowledged/message-lost",
      "pattern/acknowledged/never-acknowledged",
      "pattern/at-most-once/wakes-too-late",
      "pattern/acknowledged/wakes-too-late",
      "pattern/acknowledged/dies-unheard",
      "pattern/acknowledged/unregistered-before-it-left",
      "pattern/acknowledged/close-waits-for-handlers",
      "pattern/durable/doorbell-heard",
      "pattern/exactly-once/doorbell-heard",
    ],
    of: (subject) => withMessaging(subject, () => ({ publishMany: async () => [] })),
  },
  {
    id: "pattern-loses-replies",
    breaks:
      "The broker loses whatever goes to an address from which there was a message before: acknowledgements never arrive.",
    kills: [
      "pattern/acknowledged/everyone-once",
      "pattern/acknowledged/rejected",
      "pattern/acknowledged/acknowledgement-lost",
      "pattern/acknowledged/thrown-comes-again",
      "pattern/acknowledged/sent-twice",
      "pattern/acknowledged/counts-add-up",
      "pattern/acknowledged/replaced",
    ],
    of: losingReplies,
  },
  {
    id: "pattern-repeats-messages",
    breaks: "The broker delivers every message twice.",
    kills: [
      "pattern/at-most-once/everyone-once",
      "pattern/at-most-once/publish-unanswered",
      "pattern/at-most-once/history",
    ],
    of: (subject) =>
      withMessaging(subject, (real) => ({
        async publishMany(batch, call): Promise<readonly BatchFailure[]> {
          await real.publishMany(batch, call);
          return real.publishMany(batch, call);
        },
      })),
  },
  {
    id: "pattern-publishes-again",
    breaks: "The broker answers that everything was accepted, whether or not it was answered for.",
    kills: ["pattern/at-most-once/publish-unanswered"],
    of: (subject) =>
      withMessaging(subject, (real) => ({
        publishMany: async (batch, call) => real.publishMany([...batch, ...batch], call).catch(() => []),
      })),
  },
  {
    id: "pattern-stalls",
    breaks: "A process gets what the broker has for it with long pauses.",
    kills: ["pattern/acknowledged/slow-handler"],
    of: stalling,
  },
  {
    id: "pattern-keeps-old-routes",
    breaks: "Messages go to where an identity was registered first, however often it has moved: retries, too.",
    kills: [
      "pattern/at-most-once/replaced",
      "pattern/acknowledged/replaced",
      "pattern/acknowledged/moved-before-it-left",
      "pattern/acknowledged/dies-while-handling",
    ],
    of: (subject) => {
      const first = new Map<string, Route>();
      const old = <R extends Route>(route: R): R => {
        const { epoch, session, address } = first.get(route.identity) ?? route;
        if (!first.has(route.identity)) first.set(route.identity, route);
        return { ...route, epoch, session, address };
      };
      return withRegistry(
        withRoutes(subject, (page) => page.map(old)),
        (real) => ({
          getMany: async (identities, call) => (await real.getMany(identities, call)).map((one) => one && old(one)),
        }),
      );
    },
  },
  {
    id: "pattern-hides-the-unattached",
    breaks: "Whoever can't be reached at present is no target.",
    kills: [
      "pattern/acknowledged/unattached",
      "pattern/acknowledged/counts-add-up",
      "pattern/durable/counts-add-up",
      "pattern/exactly-once/counts-add-up",
      "pattern/durable/close-keeps-queue",
      "pattern/exactly-once/close-keeps-queue",
    ],
    of: (subject) => withRoutes(subject, (page) => page.filter(({ address }) => address !== undefined)),
  },
  {
    id: "pattern-sends-to-everyone",
    breaks: "Filters select everyone.",
    kills: [
      "pattern/at-most-once/everyone-once",
      "pattern/acknowledged/everyone-once",
      "pattern/durable/everyone-once",
      "pattern/exactly-once/everyone-once",
      "pattern/at-most-once/history",
      "pattern/acknowledged/history",
      "pattern/durable/history",
      "pattern/exactly-once/history",
    ],
    of: (subject) =>
      withRegistry(subject, (real) => ({
        scanRoutes: ({ filter: _filter, ...query }, call) => real.scanRoutes(query, call),
      })),
  },
  {
    id: "pattern-pages-backwards",
    breaks: "Each page of routes begins with the last identity that is on it.",
    kills: [
      "pattern/at-most-once/registry-away-midway",
      "pattern/acknowledged/registry-away-midway",
      "pattern/durable/registry-away-midway",
      "pattern/exactly-once/registry-away-midway",
      "pattern/at-most-once/given-up-midway",
      "pattern/acknowledged/given-up-midway",
      "pattern/durable/given-up-midway",
      "pattern/exactly-once/given-up-midway",
    ],
    of: (subject) => withRoutes(subject, (page) => page.toReversed()),
  },
  {
    id: "pattern-epochs-stand-still",
    breaks: "Every life of an identity has the epoch of its first one.",
    kills: ["pattern/at-most-once/moved-before-it-left"],
    of: (subject) => withStandingEpochs(subject),
  },
];

function withStandingEpochs(subject: Subject): Subject {
  const present = new Map<string, number>();
  const masked = <R extends Route>(one: R): R => {
    present.set(one.identity, one.epoch);
    return { ...one, epoch: 1 };
  };
  const real = <K extends { readonly identity: string; readonly epoch: number }>(key: K): K => ({
    ...key,
    epoch: present.get(key.identity) ?? key.epoch,
  });
  return withRegistry(
    subject,
    (registry): Partial<RegistryBackend> => ({
      async setMany(entries, call) {
        const unmasked = entries.map((entry) =>
          typeof entry.mode === "object"
            ? { ...entry, mode: { ...entry.mode, epoch: present.get(entry.identity) ?? entry.mode.epoch } }
            : entry,
        );
        const outcomes = await registry.setMany(unmasked, call);
        return outcomes.map((one) => ("stored" in one ? { stored: masked(one.stored) } : one));
      },
      async getMany(identities, call) {
        return (await registry.getMany(identities, call)).map((one) => one && masked(one));
      },
      renewMany: async (leases, call) => registry.renewMany(leases.map(real), call),
      deleteMany: async (keys, call) =>
        registry.deleteMany(
          keys.map((key) => ("epoch" in key ? real(key) : key)),
          call,
        ),
      async *scan(query, call): AsyncGenerator<readonly Registration[], void, undefined> {
        for await (const page of registry.scan(query, call)) yield page.map(masked);
      },
      async *scanRoutes(query, call): AsyncGenerator<readonly Route[], void, undefined> {
        for await (const page of registry.scanRoutes(query, call)) yield page.map(masked);
      },
    }),
  );
}
