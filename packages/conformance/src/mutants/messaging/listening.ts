/** Inboxes that listen too late, too long, too often, or on too much. */

import { setTimeout as wait } from "node:timers/promises";
import { type BatchFailure, type Delivery, type Inbox, MusterError } from "@muster/core/slots";
import { type Mutant, withMessaging } from "../../mutant.ts";
import { notingAddresses, ownCall } from "../support.ts";
import { type Pages, withInboxes, withPages } from "./support.ts";

const LATE_MS = 20;

/** Carried out behind the caller's back; nobody hears of it when it fails, as when the inbox has been closed. */
function later(work: () => Promise<unknown>): void {
  wait(LATE_MS)
    .then(work)
    .catch(() => undefined);
}

const early: Mutant = {
  id: "messaging-subscribe-resolves-early",
  breaks: "addMany resolves before the addresses are live.",
  kills: ["messaging/listening/live-once-resolved"],
  of: (subject) =>
    withInboxes(subject, (real) => ({
      async addMany(addresses): Promise<readonly BatchFailure[]> {
        later(async () => real.addMany(addresses, ownCall()));
        return [];
      },
    })),
};

const firstOnly: Mutant = {
  id: "messaging-subscribe-waits-for-the-first",
  breaks: "addMany resolves when the first address of its batch is live.",
  kills: ["messaging/listening/every-address-of-a-batch"],
  of: (subject) =>
    withInboxes(subject, (real) => ({
      async addMany(addresses, call): Promise<readonly BatchFailure[]> {
        later(async () => real.addMany(addresses.slice(1), ownCall()));
        return real.addMany(addresses.slice(0, 1), call);
      },
    })),
};

/** Every delivery comes once for each time its address was added; `forgets`: until it is removed. */
function oncePerAddition(forgets: boolean): Mutant["of"] {
  return (subject) =>
    withInboxes(subject, (real) => {
      const counts = new Map<string, number>();
      return {
        async addMany(addresses, call): Promise<readonly BatchFailure[]> {
          for (const address of addresses) counts.set(address, (counts.get(address) ?? 0) + 1);
          return real.addMany(addresses, call);
        },
        async removeMany(addresses, call): Promise<readonly BatchFailure[]> {
          if (forgets) for (const address of addresses) counts.delete(address);
          return real.removeMany(addresses, call);
        },
        async *[Symbol.asyncIterator](): Pages {
          for await (const page of real) yield copies(page, counts);
        },
      };
    });
}

function copies(page: readonly Delivery[], counts: ReadonlyMap<string, number>): readonly Delivery[] {
  return page.flatMap((delivery) => Array.from({ length: counts.get(delivery.address) ?? 1 }, () => delivery));
}

const doubles: Mutant = {
  id: "messaging-adding-twice-doubles",
  breaks: "An address that is added twice delivers twice.",
  kills: ["messaging/listening/adding-twice-is-once"],
  of: oncePerAddition(true),
};

const doublesLater: Mutant = {
  id: "messaging-adding-again-doubles",
  breaks: "An address that was removed and is added again delivers once more each time.",
  kills: ["messaging/listening/again-after-removal"],
  of: oncePerAddition(false),
};

const references: Mutant = {
  id: "messaging-removal-counts-references",
  breaks: "An address that was added twice has to be removed twice.",
  kills: ["messaging/listening/removing-undoes-adding-twice"],
  of: (subject) =>
    withInboxes(subject, (real) => {
      const counts = new Map<string, number>();
      const count = (address: string, by: number): number => {
        counts.set(address, (counts.get(address) ?? 0) + by);
        return counts.get(address) ?? 0;
      };
      return {
        async addMany(addresses, call): Promise<readonly BatchFailure[]> {
          for (const address of addresses) count(address, 1);
          return real.addMany(addresses, call);
        },
        async removeMany(addresses, call): Promise<readonly BatchFailure[]> {
          return real.removeMany(
            addresses.filter((address) => count(address, -1) <= 0),
            call,
          );
        },
      };
    }),
};

const neverRemoves: Mutant = {
  id: "messaging-removed-address-still-delivers",
  breaks: "removeMany resolves and leaves the addresses live.",
  kills: ["messaging/listening/nothing-after-removal", "messaging/history/coming-and-going"],
  of: (subject) => withInboxes(subject, () => ({ removeMany: async () => [] })),
};

const removesLate: Mutant = {
  id: "messaging-removal-resolves-early",
  breaks: "removeMany resolves before the addresses have stopped being live.",
  kills: ["messaging/listening/nothing-after-removal"],
  of: (subject) =>
    withInboxes(subject, (real) => ({
      async removeMany(addresses): Promise<readonly BatchFailure[]> {
        later(async () => real.removeMany(addresses, ownCall()));
        return [];
      },
    })),
};

const removesAlike: Mutant = {
  id: "messaging-removal-takes-what-begins-alike",
  breaks: "removeMany also removes the addresses that begin with one of its own.",
  kills: ["messaging/listening/removal-leaves-the-others"],
  of: (subject) =>
    withInboxes(subject, (real) => {
      const added = new Set<string>();
      return {
        addMany: notingAddresses(real, added),
        async removeMany(addresses, call): Promise<readonly BatchFailure[]> {
          const alike = [...added].filter((address) => addresses.some((prefix) => address.startsWith(prefix)));
          return real.removeMany(alike, call);
        },
      };
    }),
};

const unknownFails: Mutant = {
  id: "messaging-removing-the-unknown-fails",
  breaks: "Removing an address that is not there is a failure.",
  kills: ["messaging/listening/removing-the-unknown"],
  of: (subject) =>
    withInboxes(subject, (real) => {
      const added = new Set<string>();
      return {
        addMany: notingAddresses(real, added),
        async removeMany(addresses, call): Promise<readonly BatchFailure[]> {
          const absent = addresses.findIndex((address) => !added.delete(address));
          const failures = await real.removeMany(addresses, call);
          return absent < 0 ? failures : [{ index: absent, error: notFound() }];
        },
      };
    }),
};

function notFound(): MusterError {
  return new MusterError({ code: "NOT_FOUND", source: "mutant.removeMany", message: "it was never added" });
}

const emptyRefused: Mutant = {
  id: "messaging-empty-addresses-refused",
  breaks: "Adding no addresses is refused.",
  kills: ["messaging/listening/empty-batches"],
  of: (subject) =>
    withInboxes(subject, (real) => ({
      async addMany(addresses, call): Promise<readonly BatchFailure[]> {
        if (addresses.length > 0) return real.addMany(addresses, call);
        throw new MusterError({ code: "INVALID_ARGUMENT", source: "mutant.addMany", message: "no addresses" });
      },
    })),
};

const sharedAddresses: Mutant = {
  id: "messaging-inboxes-share-their-addresses",
  breaks: "Every inbox of a process receives what is for any of them.",
  kills: ["messaging/inbox/each-has-its-own", "messaging/listening/nothing-without-addresses"],
  of: (subject) =>
    withMessaging(subject, (real) => {
      const additions: Inbox["addMany"][] = [];
      return {
        async openInbox(options, call): Promise<Inbox> {
          const inbox = await real.openInbox(options, call);
          const addMany = inbox.addMany.bind(inbox);
          additions.push(addMany);
          const addEverywhere: Inbox["addMany"] = async (addresses, during) => {
            for (const addition of additions) await addition(addresses, during);
            return [];
          };
          return Object.assign(inbox, { addMany: addEverywhere });
        },
      };
    }),
};

const competing: Mutant = {
  id: "messaging-inboxes-compete",
  breaks: "Of several inboxes on an address one gets each message.",
  kills: ["messaging/listening/every-inbox-on-an-address"],
  of(subject) {
    const taken = new Set<string>();
    return withPages(
      subject,
      () => (page) =>
        page.filter(({ address, body }) => {
          const key = `${address} ${Buffer.from(body).toString("hex")}`;
          return !taken.has(key) && taken.add(key);
        }),
    );
  },
};

export const listeningMutants: readonly Mutant[] = [
  ...[early, firstOnly, doubles, doublesLater, references, neverRemoves, removesLate],
  ...[removesAlike, unknownFails, emptyRefused, sharedAddresses, competing],
];
