/** Mutants that take an outage, or a lost reply, for something else. */

import { isMusterError, type MusterError } from "@muster/core/slots";
import { randomUUID } from "node:crypto";
import { collect } from "../../cases/support.ts";
import { type Mutant, withDurability, withMessaging, withRegistry } from "../../mutant.ts";
import { never } from "../support.ts";
import { lostForGood, openingAllTheSame, sayingUndone } from "./absences.ts";
import { withClients } from "./around.ts";

export const outageMutants: readonly Mutant[] = [
  {
    id: "waits-for-the-server",
    breaks: "While nobody reaches the server calls wait, whatever their deadline.",
    kills: [
      "registry/lifecycle/unreachable-server",
      "messaging/lifecycle/unreachable-server",
      "durability/lifecycle/unreachable-server",
      "outbox/lifecycle/unreachable-server",
    ],
    of: (subject) =>
      withClients(subject, () => ({
        around: async (_, call, run) => {
          try {
            return await run(call);
          } catch (error) {
            if (isMusterError(error, "UNAVAILABLE")) return never();
            throw error;
          }
        },
      })),
  },
  {
    id: "stays-down",
    breaks: "A client that has once lost its server never finds it again.",
    kills: [
      "registry/lifecycle/unreachable-server",
      "messaging/lifecycle/unreachable-server",
      "durability/lifecycle/unreachable-server",
      "outbox/lifecycle/unreachable-server",
    ],
    of: (subject) => lostForGood(subject, "UNAVAILABLE"),
  },
  {
    id: "lost-on-the-way-back",
    breaks: "A client that loses its server a second time while it comes back never finds it again.",
    kills: [
      "registry/lifecycle/lost-on-the-way-back",
      "messaging/lifecycle/lost-on-the-way-back",
      "durability/lifecycle/lost-on-the-way-back",
      "outbox/lifecycle/lost-on-the-way-back",
    ],
    of: (subject) =>
      withClients(subject, () => {
        let isComingBack = false;
        let lost: MusterError | undefined;
        return {
          around: async (_, call, run) => {
            if (lost !== undefined) throw lost;
            try {
              const result = await run(call);
              isComingBack = false;
              return result;
            } catch (error) {
              if (!isMusterError(error, "UNAVAILABLE")) throw error;
              if (isComingBack && error.mayHaveApplied) lost = error;
              isComingBack = !error.mayHaveApplied;
              throw error;
            }
          },
        };
      }),
  },
  {
    id: "opens-without-a-server",
    breaks: "Opening resolves whether or not there is a server.",
    kills: [
      "registry/lifecycle/unreachable-server-at-open",
      "messaging/lifecycle/unreachable-server-at-open",
      "durability/lifecycle/unreachable-server-at-open",
      "outbox/lifecycle/unreachable-server-at-open",
    ],
    of: (subject) => openingAllTheSame(subject, "UNAVAILABLE"),
  },
  {
    id: "lost-reply-means-undone",
    breaks: "A call whose reply was lost is said to have had no effect.",
    kills: [
      "registry/lifecycle/lost-replies",
      "registry/lifecycle/lost-reply-asked-again",
      "messaging/lifecycle/lost-replies",
      "durability/lifecycle/lost-replies",
      "outbox/lifecycle/lost-replies",
    ],
    of: (subject) => sayingUndone(subject, "UNAVAILABLE"),
  },
  {
    id: "update-sent-again-as-another",
    breaks: "When the reply to a write is lost the driver sends it again, as another attempt.",
    kills: ["registry/lifecycle/lost-reply-asked-again"],
    of: (subject) =>
      withRegistry(subject, (real) => ({
        async setMany(entries, call) {
          try {
            return await real.setMany(entries, call);
          } catch (error) {
            if (!isMusterError(error) || !error.mayHaveApplied) throw error;
            return real.setMany(
              entries.map((one) => ({ ...one, attempt: randomUUID() })),
              call,
            );
          }
        },
      })),
  },
  {
    id: "message-sent-again",
    breaks: "When the reply to a publication is lost the driver publishes again.",
    kills: ["messaging/lifecycle/lost-replies"],
    of: (subject) =>
      withMessaging(subject, (real) => ({
        publishMany: async (batch, call) =>
          real.publishMany(batch, call).catch(async () => real.publishMany(batch, call)),
      })),
  },
  {
    id: "durable-message-sent-again-as-another",
    breaks: "When the reply to an enqueueing is lost the driver enqueues again, under another id.",
    kills: ["durability/lifecycle/lost-replies-asked-again"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        enqueueMany: async (message, targets, options, call) => {
          try {
            return await real.enqueueMany(message, targets, options, call);
          } catch (error) {
            const again = real.enqueueMany({ ...message, id: `${message.id} again` }, targets, options, call);
            again.catch(() => {}); // Whether it arrives nobody is told.
            throw error;
          }
        },
      })),
  },
  {
    id: "publishing-holds-up-close",
    breaks: "Close waits until what is being published has been accepted.",
    kills: ["messaging/lifecycle/held-back-at-close"],
    of: (subject) =>
      withMessaging(subject, (real) => {
        const running = new Set<Promise<unknown>>();
        return {
          publishMany: async (batch, call) => {
            const publishing = real.publishMany(batch, call);
            running.add(publishing);
            return publishing.finally(() => running.delete(publishing));
          },
          async close(): Promise<void> {
            await Promise.allSettled(running);
            await real.close();
          },
        };
      }),
  },
  {
    id: "pages-read-ahead",
    breaks: "A scan reads everything at once, and hands out pages whatever has happened since.",
    kills: ["registry/lifecycle/pages-end-at-close", "registry/lifecycle/pages-end-when-given-up"],
    of: (subject) =>
      withRegistry(subject, (real) => ({
        async *scan(query, call) {
          for (const one of await collect(real.scan(query, call))) yield [one];
        },
      })),
  },
  {
    id: "pages-hang-at-close",
    breaks: "A scan whose client is closed never gives another answer.",
    kills: ["registry/lifecycle/pages-end-at-close"],
    of: (subject) =>
      withRegistry(subject, (real) => ({
        async *scanRoutes(query, call) {
          try {
            yield* real.scanRoutes(query, call);
          } catch (error) {
            if (isMusterError(error, "CLOSED")) await never();
            throw error;
          }
        },
      })),
  },
  {
    id: "abandoned-pages-hold-up-close",
    breaks: "Close waits for every scan to be read to its end.",
    kills: ["registry/lifecycle/pages-left-behind"],
    of: (subject) =>
      withRegistry(subject, (real) => {
        let underWay = 0;
        return {
          async *scan(query, call) {
            underWay += 1;
            yield* real.scan(query, call);
            underWay -= 1;
          },
          close: async () => (underWay > 0 ? never() : real.close()),
        };
      }),
  },
];
