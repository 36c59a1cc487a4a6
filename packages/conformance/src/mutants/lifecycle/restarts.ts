/** Mutants that take a restarted server for another one. */

import { MusterError, type Registration } from "@muster/core/slots";
import { type Mutant, withDurability, withMessaging, withOutbox, withRegistry } from "../../mutant.ts";
import type { Subject } from "../../subject.ts";
import { withInboxes } from "../messaging/support.ts";
import { withClients } from "./around.ts";

/** The subject, and how often its server has been restarted. */
function countingRestarts(subject: Subject): { readonly subject: Subject; count(): number } {
  const { faults } = subject;
  let restarts = 0;
  const restart = async (): Promise<void> => {
    await faults?.restart?.();
    restarts += 1;
  };
  return { subject: faults?.restart ? { ...subject, faults: { ...faults, restart } } : subject, count: () => restarts };
}

function torn(one: Registration): Registration {
  return { ...one, metadata: {} };
}

export const restartMutants: readonly Mutant[] = [
  {
    id: "restart-leaves-clients-behind",
    breaks: "Clients know only the server that they were opened with, not the one that takes its place.",
    kills: [
      "registry/lifecycle/restarted-server",
      "messaging/lifecycle/restarted-server",
      "durability/lifecycle/restarted-server",
      "outbox/lifecycle/restarted-server",
    ],
    of: (whole) => {
      const { subject, count } = countingRestarts(whole);
      return withClients(subject, ({ name }) => {
        const born = count();
        return {
          around: async (operation, call, run) => {
            if (count() === born) return run(call);
            const message = "the server has gone";
            throw new MusterError({ code: "UNAVAILABLE", source: `${name}.${operation}`, message });
          },
        };
      });
    },
  },
  {
    id: "restart-tears-records",
    breaks: "What a server has written last it finds again without its metadata.",
    kills: ["registry/lifecycle/restarted-server-knows-all-or-nothing"],
    of: (whole) => {
      const { subject, count } = countingRestarts(whole);
      return withRegistry(subject, (real) => ({
        async getMany(identities, call) {
          const found = await real.getMany(identities, call);
          return count() === 0 ? found : found.map((one) => one && torn(one));
        },
      }));
    },
  },
  {
    id: "restart-forgets-the-latest",
    breaks: "The latest of what a server has answered for is gone when it has been killed.",
    kills: ["registry/lifecycle/restart-keeps-registrations"],
    of: (whole) => {
      const { subject, count } = countingRestarts(whole);
      let latest = "";
      return withRegistry(subject, (real) => ({
        async setMany(entries, call) {
          if (count() === 0) latest = entries.at(-1)?.identity ?? latest;
          return real.setMany(entries, call);
        },
        async *scan(query, call) {
          for await (const page of real.scan(query, call))
            yield count() === 0 ? page : page.filter(({ identity }) => identity !== latest);
        },
      }));
    },
  },
  {
    id: "restart-counts-anew",
    breaks: "The count of registrations starts at nothing with the server.",
    kills: ["registry/lifecycle/restart-keeps-registrations"],
    of: (whole) => {
      const { subject, count } = countingRestarts(whole);
      return withRegistry(subject, (real) => ({
        census: async (call) => (count() === 0 ? real.census(call) : { counted: 0, expired: 0 }),
      }));
    },
  },
  {
    id: "restart-ends-scans",
    breaks: "A scan that loses its server ends where it is.",
    kills: ["registry/lifecycle/restarted-during-scan"],
    of: (whole) => {
      const { subject, count } = countingRestarts(whole);
      return withRegistry(subject, (real) => ({
        async *scanRoutes(query, call) {
          const begun = count();
          for await (const page of real.scanRoutes(query, call)) {
            if (count() > begun) return;
            yield page;
          }
        },
      }));
    },
  },
  {
    id: "restart-forgets-addresses",
    breaks: "A broker that has been killed knows none of the addresses that its inboxes had, and they don't tell it.",
    kills: ["messaging/route/live-after-a-restart"],
    of: (whole) => {
      const { subject, count } = countingRestarts(whole);
      return withInboxes(subject, (real) => {
        const born = count();
        return {
          async *[Symbol.asyncIterator]() {
            for await (const page of real) if (count() === born) yield page;
          },
        };
      });
    },
  },
  {
    id: "restart-is-not-told",
    breaks: "An inbox that gets its addresses back says nothing of having lost them.",
    kills: ["messaging/route/live-after-a-restart"],
    of: (subject) =>
      withMessaging(subject, (real) => ({
        openInbox: async ({ prefetch }, call) => real.openInbox({ prefetch }, call),
      })),
  },
  {
    id: "restart-forgets-what-waits",
    breaks: "What waits for somebody is gone when the server has been killed.",
    kills: ["durability/lifecycle/restart-keeps-deliveries"],
    of: (whole) => {
      const { subject, count } = countingRestarts(whole);
      const waiting = new Set<string>();
      return withDurability(subject, (real) => ({
        enqueueMany: async (message, targets, options, call) => {
          if (count() === 0) waiting.add(message.id);
          return real.enqueueMany(message, targets, options, call);
        },
        dequeue: async (session, options, call) => {
          const leased = await real.dequeue(session, options, call);
          return count() === 0 ? leased : leased.filter(({ message }) => !waiting.has(message.id));
        },
      }));
    },
  },
  {
    id: "restart-forgets-what-was-recorded",
    breaks: "What was committed last is gone when the server has been killed.",
    kills: ["outbox/lifecycle/restart-keeps-what-is-committed"],
    of: (whole) => {
      const { subject, count } = countingRestarts(whole);
      let latest = "";
      return withOutbox(subject, (real) => ({
        record: async (transaction, start, targets, call) => {
          if (count() === 0) latest = start.message.id;
          return real.record(transaction, start, targets, call);
        },
        take: async (...args) => {
          const parcels = await real.take(...args);
          return count() === 0 ? parcels : parcels.filter(({ start }) => start.message.id !== latest);
        },
      }));
    },
  },
  {
    id: "restart-ends-leases",
    breaks: "A server that has been killed knows of no lease, and refuses the receipts of all.",
    kills: ["durability/lifecycle/restart-keeps-deliveries"],
    of: (whole) => {
      const { subject, count } = countingRestarts(whole);
      const forgotten = new Set<string>();
      return withDurability(subject, (real) => ({
        dequeue: async (session, options, call) => {
          const leased = await real.dequeue(session, options, call);
          for (const { recipients } of leased)
            for (const { receipt } of recipients) if (count() === 0) forgotten.add(receipt);
          return leased;
        },
        settleMany: async (settlements, call) =>
          real.settleMany(
            settlements.map((one) =>
              count() > 0 && forgotten.has(one.receipt) ? { ...one, receipt: "forgotten" } : one,
            ),
            call,
          ),
      }));
    },
  },
];
