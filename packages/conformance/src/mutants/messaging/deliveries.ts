/** Messages that are lost, doubled, late, kept or made up. */

import { setImmediate as turn } from "node:timers/promises";
import type { BatchFailure, Outgoing } from "@muster/core/slots";
import { type Mutant, withMessaging } from "../../mutant.ts";
import type { Subject } from "../../subject.ts";
import { ownCall } from "../support.ts";
import { withInboxes, withPages } from "./support.ts";

const EVERY = 7;

const loses: Mutant = {
  id: "messaging-lost-one-in-n",
  breaks: "Of seven deliveries one is lost.",
  kills: ["messaging/history/several-publishers", "messaging/listening/live-once-resolved"],
  of: (subject) =>
    withPages(subject, () => {
      let count = 0;
      return (page) => page.filter(() => (count += 1) % EVERY !== 0);
    }),
};

const doubles: Mutant = {
  id: "messaging-duplicate",
  breaks: "Of seven deliveries one comes twice.",
  kills: ["messaging/history/several-publishers", "messaging/listening/every-inbox-on-an-address"],
  of: (subject) =>
    withPages(subject, () => {
      let count = 0;
      return (page) => page.flatMap((delivery) => ((count += 1) % EVERY === 0 ? [delivery, delivery] : [delivery]));
    }),
};

const reordersBatch: Mutant = {
  id: "messaging-reorder-in-a-batch",
  breaks: "The messages of a batch are sent last first.",
  kills: [
    "messaging/order/per-publisher",
    "messaging/history/several-publishers",
    "messaging/history/concurrent-batches",
  ],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      publishMany: async (batch, call) => lastFirst(batch, async (turned) => real.publishMany(turned, call)),
    })),
};

/** The failures have the places that the messages had before they were turned. */
async function lastFirst(
  batch: readonly Outgoing[],
  publish: (turned: readonly Outgoing[]) => Promise<readonly BatchFailure[]>,
): Promise<readonly BatchFailure[]> {
  const failures = await publish(batch.toReversed());
  return failures.map(({ index, error }) => ({ index: batch.length - 1 - index, error })).toReversed();
}

const reordersBatches: Mutant = {
  id: "messaging-reorder-across-batches",
  breaks: "Every third batch is answered before it is sent, and overtaken by the next.",
  kills: ["messaging/order/per-publisher", "messaging/history/several-publishers"],
  of: (subject) =>
    withMessaging(subject, (real) => {
      let count = 0;
      return {
        async publishMany(batch, call): Promise<readonly BatchFailure[]> {
          count += 1;
          if (count % 3 !== 0) return real.publishMany(batch, call);
          turn()
            .then(async () => real.publishMany(batch, ownCall()))
            .catch(() => undefined); // Nobody hears of it, which is part of what is wrong.
          return [];
        },
      };
    }),
};

const claimsAddressOrder: Mutant = {
  id: "messaging-claims-order-per-address",
  breaks: "It says that order is per address, and inboxes see different orders.",
  kills: ["messaging/order/per-address"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      traits: { ...real.traits, order: "per-address" },
      publishMany: async (batch, call) => lastFirst(batch, async (turned) => real.publishMany(turned, call)),
    })),
};

const dropsConcurrent: Mutant = {
  id: "messaging-concurrent-batch-dropped",
  breaks: "A batch that is published while another one of the same process is under way is accepted and lost.",
  kills: ["messaging/history/concurrent-batches"],
  of: (subject) =>
    withMessaging(subject, (real) => {
      let isBusy = false;
      return {
        async publishMany(batch, call): Promise<readonly BatchFailure[]> {
          if (isBusy) return [];
          isBusy = true;
          try {
            return await real.publishMany(batch, call);
          } finally {
            isBusy = false;
          }
        },
      };
    }),
};

/** Whatever had no receiver, by address, of all processes. */
function keepingUnrouted(subject: Subject): Subject {
  const kept = new Map<string, Outgoing[]>();
  const publishing = withMessaging(subject, (real) => ({
    async publishMany(batch, call): Promise<readonly BatchFailure[]> {
      const failures = await real.publishMany(batch, call);
      for (const { index } of failures) {
        const message = batch[index];
        if (message !== undefined) kept.set(message.address, [...(kept.get(message.address) ?? []), message]);
      }
      return failures;
    },
  }));
  return withInboxes(publishing, (real, messaging) => ({
    async addMany(addresses, call): Promise<readonly BatchFailure[]> {
      const failures = await real.addMany(addresses, call);
      const waiting = addresses.flatMap((address) => kept.get(address) ?? []);
      for (const address of addresses) kept.delete(address);
      await messaging.publishMany(waiting, call);
      return failures;
    },
  }));
}

const retains: Mutant = {
  id: "messaging-retains-what-it-should-lose",
  breaks: "A message that nobody listened for arrives when somebody does.",
  kills: ["messaging/retention/does-not-wait"],
  of: keepingUnrouted,
};

const claimsRetention: Mutant = {
  id: "messaging-claims-to-retain",
  breaks: "It says that messages wait for a listener, and loses them.",
  kills: ["messaging/retention/waits-for-a-listener"],
  of: (subject) =>
    withMessaging(subject, (real) => ({
      traits: { ...real.traits, retains: true, reportsNoReceiver: false },
      async publishMany(batch, call): Promise<readonly BatchFailure[]> {
        await real.publishMany(batch, call);
        return [];
      },
    })),
};

export const deliveryMutants: readonly Mutant[] = [
  ...[loses, doubles, reordersBatch, reordersBatches, claimsAddressOrder],
  ...[dropsConcurrent, retains, claimsRetention],
];
