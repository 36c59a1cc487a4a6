/** Mutants that take a server that is slow for one that is gone, or the other way round. */

import { type BatchFailure, isMusterError } from "@muster/core/slots";
import { type Mutant, withMessaging, withRegistry } from "../../mutant.ts";
import { withInboxes } from "../messaging/support.ts";
import { never, ownCall } from "../support.ts";
import { lostForGood, openingAllTheSame, sayingUndone } from "./absences.ts";
import { withClients } from "./around.ts";

export const freezeMutants: readonly Mutant[] = [
  {
    id: "frozen-is-waited-for",
    breaks: "A call whose deadline passes is waited for all the same.",
    kills: [
      "registry/lifecycle/frozen-server",
      "registry/lifecycle/frozen-server-at-open",
      "registry/lifecycle/frozen-during-scan",
      "messaging/lifecycle/frozen-server",
      "durability/lifecycle/frozen-server",
      "outbox/lifecycle/frozen-server",
      "messaging/lifecycle/frozen-server-at-open",
      "durability/lifecycle/frozen-server-at-open",
      "outbox/lifecycle/frozen-server-at-open",
    ],
    of: (subject) =>
      withClients(subject, (real) => {
        const waited = async <T>(work: Promise<T>): Promise<T> =>
          work.catch(async (error: unknown) => {
            if (isMusterError(error, "TIMEOUT")) return never();
            throw error;
          });
        return {
          around: async (_, call, run) => waited(run(call)),
          open: async (scope, call) => waited(real.open(scope, call)),
        };
      }),
  },
  {
    id: "timeout-means-undone",
    breaks: "A call whose deadline has passed is said to have had no effect.",
    kills: [
      "registry/lifecycle/frozen-server",
      "messaging/lifecycle/frozen-server",
      "durability/lifecycle/frozen-server",
      "outbox/lifecycle/frozen-server",
      "messaging/route/history-across-a-freeze",
    ],
    of: (subject) => sayingUndone(subject, "TIMEOUT"),
  },
  {
    id: "frozen-for-good",
    breaks: "A client that has waited in vain once does not ask the server again.",
    kills: [
      "registry/lifecycle/frozen-server",
      "messaging/lifecycle/frozen-server",
      "durability/lifecycle/frozen-server",
      "outbox/lifecycle/frozen-server",
      "messaging/route/history-across-a-freeze",
    ],
    of: (subject) => lostForGood(subject, "TIMEOUT"),
  },
  {
    id: "opens-on-a-frozen-server",
    breaks: "Opening resolves whether or not the server answers.",
    kills: [
      "registry/lifecycle/frozen-server-at-open",
      "messaging/lifecycle/frozen-server-at-open",
      "durability/lifecycle/frozen-server-at-open",
      "outbox/lifecycle/frozen-server-at-open",
    ],
    of: (subject) => openingAllTheSame(subject, "TIMEOUT"),
  },
  {
    id: "late-message-sent-again",
    breaks: "A message that the broker is slow to accept is handed to it again.",
    kills: [
      "messaging/lifecycle/frozen-server",

      "messaging/route/history-across-a-freeze",
    ],
    of: (subject) =>
      withMessaging(subject, (real) => ({
        async publishMany(batch, call): Promise<readonly BatchFailure[]> {
          try {
            return await real.publishMany(batch, call);
          } catch (error) {
            if (isMusterError(error, "TIMEOUT")) real.publishMany(batch, ownCall()).catch(() => {}); // Nobody asks.
            throw error;
          }
        },
      })),
  },
  {
    id: "late-page-is-the-last",
    breaks: "A scan whose next page is late ends.",
    kills: ["registry/lifecycle/frozen-during-scan"],
    of: (subject) =>
      withRegistry(subject, (real) => ({
        async *scan(query, call) {
          try {
            yield* real.scan(query, call);
          } catch (error) {
            if (!isMusterError(error, "TIMEOUT")) throw error;
          }
        },
      })),
  },
  {
    id: "freeze-ends-deliveries",
    breaks: "What a broker has sent while it was frozen is lost, and nobody is told.",
    kills: ["messaging/route/history-across-a-freeze"],
    of: (whole) => {
      const { faults } = whole;
      let hasFrozen = false;
      const freeze = async (): Promise<void> => {
        hasFrozen = true;
        await faults?.freeze?.();
      };
      const subject = faults?.freeze ? { ...whole, faults: { ...faults, freeze } } : whole;
      return withInboxes(subject, (real) => ({
        async *[Symbol.asyncIterator]() {
          for await (const page of real) if (!hasFrozen) yield page;
        },
      }));
    },
  },
];
