import type { BatchFailure, DurabilityBackend, TransactionFacet } from "@muster/core/slots";
import { type Mutant, overridden } from "../../mutant.ts";
import { alias, eachRecipient, keyOf, recipientsIn, unaliased } from "../durability/support.ts";
import { heedless } from "../durability/transactions.ts";
import { ownCall } from "../support.ts";
import { crashMutant, identitiesIn, Unanswered } from "./mortals.ts";

/** Its tracking, transactions or dead letters in another way, where it has them. */
function withFacet<Name extends "tracking" | "transactions" | "deadLetters">(
  real: DurabilityBackend,
  name: Name,
  fault: (facet: NonNullable<DurabilityBackend[Name]>) => Partial<NonNullable<DurabilityBackend[Name]>>,
): Partial<DurabilityBackend> {
  return {
    get [name]() {
      const facet = real[name];
      return facet && overridden<NonNullable<DurabilityBackend[Name]>>(facet, fault);
    },
  };
}

/** Says that it is done, and does it then. */
function later(work: () => Promise<unknown>): readonly BatchFailure[] {
  setImmediate(() => {
    work().catch(() => {}); // Nobody asks any more.
  });
  return [];
}

const crashMutantWithProbe: Mutant = {
  ...crashMutant(
    {
      id: "crash-between-write-and-ack",
      breaks: "What a handler writes is committed by itself, and then its delivery is acknowledged.",
      kills: ["durability/crash/handled-once-or-handed-out-again"],
    },
    () => ({
      mortalDurability: (real) =>
        withFacet(real, "transactions", (transactions) => ({
          handleOnce: async (...[delivery, work, call]: Parameters<TransactionFacet["handleOnce"]>) => {
            await work(undefined);
            return transactions.handleOnce(delivery, async () => {}, call);
          },
        })),
    }),
  ),
};

export const crashedDeliveryMutants: readonly Mutant[] = [
  crashMutant(
    {
      id: "crash-tears-deliveries",
      breaks: "A process that dies while it enqueues has stored parts of a message.",
      kills: ["durability/crash/enqueued-whole-or-not-at-all"],
    },
    () => ({
      mortalDurability: (real) => ({
        enqueueMany: async (message, targets, options, call) => {
          const half = message.payload.slice(0, message.payload.length / 2);
          await real.enqueueMany({ ...message, payload: half }, targets, options, call);
          return real.enqueueMany(message, targets, options, call);
        },
      }),
    }),
  ),
  crashMutant(
    {
      id: "crash-enqueues-in-vain",
      breaks: "An enqueueing is answered before it is written, and gone with whoever dies in between.",
      kills: ["durability/crash/history"],
    },
    () => ({
      mortalDurability: (real) => ({
        enqueueMany: async (message, targets, options) =>
          later(async () => real.enqueueMany(message, targets, options, ownCall())),
      }),
    }),
  ),
  crashMutant(
    {
      id: "crash-forgets-what-was-enqueued",
      breaks: "What a process was enqueueing when it died is unknown to whoever enqueues it again.",
      kills: ["durability/crash/enqueued-whole-or-not-at-all"],
    },
    () => {
      const enqueueing = new Unanswered();
      return {
        mortalDurability: (real) => ({
          enqueueMany: async (message, targets, options, call) =>
            enqueueing.during([message.id], async () => real.enqueueMany(message, targets, options, call)),
        }),
        survivorDurability: (real) => ({
          enqueueMany: async (message, targets, options, call) => {
            const id = alias(message.id, enqueueing.has(message.id) ? 1 : 0);
            return real.enqueueMany({ ...message, id }, targets, options, call);
          },
          dequeue: async (session, options, call) => unaliased(await real.dequeue(session, options, call)),
        }),
      };
    },
  ),
  crashMutant(
    {
      id: "leases-of-the-dead-last",
      breaks: "What a dead process had leased stays leased.",
      kills: ["durability/crash/leases-of-the-dead-end"],
    },
    () => ({
      mortalDurability: (real) => ({
        dequeue: async (session, options, call) =>
          real.dequeue(session, { ...options, leaseMs: real.traits.maxLeaseMs }, call),
      }),
    }),
  ),
  crashMutant(
    {
      id: "attempts-of-the-dead-are-forgotten",
      breaks: "What a dead process was handed counts as never tried, so that what kills processes goes round for ever.",
      kills: ["durability/crash/leases-of-the-dead-end", "durability/crash/next-life-has-what-the-dead-held"],
    },
    () => {
      const tried = new Set<string>();
      return {
        mortalDurability: (real) => ({
          dequeue: async (session, options, call) => {
            const leased = await real.dequeue(session, options, call);
            for (const { id, identity } of recipientsIn(leased)) tried.add(keyOf(id, identity));
            return leased;
          },
        }),
        survivorDurability: (real) => ({
          dequeue: async (session, options, call) =>
            eachRecipient(await real.dequeue(session, options, call), (one, id) =>
              tried.has(keyOf(id, one.identity)) ? { ...one, attempt: 1 } : one,
            ),
        }),
      };
    },
  ),
  crashMutant(
    {
      id: "queues-of-the-dead-are-theirs",
      breaks: "An identity that a dead process was attaching is attached by nobody else.",
      kills: ["durability/crash/next-life-has-what-the-dead-held"],
    },
    () => {
      const attaching = new Set<string>();
      return {
        mortalDurability: (real) => ({
          attachMany: async (session, targets, call) => {
            for (const { identity } of targets) attaching.add(identity);
            return real.attachMany(session, targets, call);
          },
        }),
        survivorDurability: (real) => ({
          attachMany: async (session, targets, call) =>
            real.attachMany(
              session,
              targets.filter(({ identity }) => !attaching.has(identity)),
              call,
            ),
        }),
      };
    },
  ),
  crashMutant(
    {
      id: "crash-acknowledges-in-vain",
      breaks: "An acknowledgement is answered before it is written, and gone with whoever dies in between.",
      kills: ["durability/crash/acknowledged-or-handed-out-again"],
    },
    () => ({
      mortalDurability: (real) => ({
        settleMany: async (settlements) => later(async () => real.settleMany(settlements, ownCall())),
      }),
    }),
  ),
  crashMutant(
    {
      id: "crash-begins-by-halves",
      breaks: "A process that dies while it begins a multicast has recorded that there is one, and not which.",
      kills: ["durability/crash/begun-or-not-at-all"],
    },
    () => {
      const beginning = new Unanswered();
      return {
        mortalDurability: (real) =>
          withFacet(real, "tracking", (tracking) => ({
            begin: async (start, call) => beginning.during([start.message.id], async () => tracking.begin(start, call)),
          })),
        survivorDurability: (real) =>
          withFacet(real, "tracking", (tracking) => ({
            begin: async (start, call) => {
              const { begun, record } = await tracking.begin(start, call);
              return { begun, record: beginning.has(start.message.id) ? { ...record, digest: "" } : record };
            },
          })),
      };
    },
  ),
  crashMutant(
    {
      id: "crash-redrives-a-copy",
      breaks: "A process that dies while it redrives leaves the letters behind.",
      kills: ["durability/crash/redriven-or-dead"],
    },
    () => {
      const copies = new Set<string>();
      return {
        mortalDurability: (real) =>
          withFacet(real, "deadLetters", (letters) => ({
            redriveMany: async (keys, options, call) => {
              for (const { messageId, identity } of keys) copies.add(keyOf(messageId, identity));
              const failures = await letters.redriveMany(keys, options, call);
              copies.clear();
              return failures;
            },
          })),
        survivorDurability: (real) => ({
          dequeue: async (session, options, call) => {
            const leased = await real.dequeue(session, options, call);
            const isCopy = leased.some(({ message, recipients }) =>
              identitiesIn(recipients).some((identity) => copies.has(keyOf(message.id, identity))),
            );
            return isCopy ? [] : leased;
          },
        }),
      };
    },
  ),
  {
    ...crashMutantWithProbe,
    of: (subject) =>
      crashMutantWithProbe.of(subject.transactionProbe ? { ...subject, transactionProbe: heedless() } : subject),
  },
];
