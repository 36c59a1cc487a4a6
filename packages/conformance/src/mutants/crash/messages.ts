import type { BatchFailure, MessagingBackend, Outgoing } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { inboxLike, never, notingAddresses } from "../support.ts";
import { crashMutant } from "./mortals.ts";

function halved(one: Outgoing): Outgoing {
  return { ...one, body: one.body.slice(0, one.body.length / 2) };
}

/** Its inboxes note the addresses that are added to them. */
function listeningNoted(noted: Set<string>): (real: MessagingBackend) => Partial<MessagingBackend> {
  return (real) => ({
    openInbox: async (options, call) => {
      const inbox = await real.openInbox(options, call);
      return inboxLike(inbox, { addMany: notingAddresses(inbox, noted) });
    },
  });
}

export const crashedMessagingMutants: readonly Mutant[] = [
  crashMutant(
    {
      id: "crash-tears-messages",
      breaks: "A process that dies while it publishes has published parts of messages.",
      kills: ["messaging/crash/published-whole-or-not-at-all"],
    },
    () => ({
      mortalMessaging: (real) => ({
        async publishMany(batch, call): Promise<readonly BatchFailure[]> {
          await real.publishMany(batch.map(halved), call);
          return real.publishMany(batch, call);
        },
      }),
    }),
  ),
  crashMutant(
    {
      id: "crash-publishes-again",
      breaks: "What a dead process was publishing is published again by whoever publishes next.",
      kills: ["messaging/crash/published-whole-or-not-at-all"],
    },
    () => {
      const pending = new Set<readonly Outgoing[]>();
      return {
        mortalMessaging: (real) => ({
          async publishMany(batch, call): Promise<readonly BatchFailure[]> {
            pending.add(batch);
            const failures = await real.publishMany(batch, call);
            pending.delete(batch);
            return failures;
          },
        }),
        survivorMessaging: (real) => ({
          async publishMany(batch, call): Promise<readonly BatchFailure[]> {
            const again = [...pending];
            pending.clear();
            for (const one of again) await real.publishMany(one, call);
            return real.publishMany(batch, call);
          },
        }),
      };
    },
  ),
  crashMutant(
    {
      id: "inbox-of-the-dead-holds-on",
      breaks: "Publishers wait for ever for an inbox whose process is dead.",
      kills: ["messaging/crash/inbox-of-the-dead-holds-nobody-up"],
    },
    () => {
      const listening = new Set<string>();
      return {
        mortalMessaging: listeningNoted(listening),
        survivorMessaging: (real) => ({
          publishMany: async (batch, call) => {
            if (batch.some(({ address }) => listening.has(address))) return never();
            return real.publishMany(batch, call);
          },
        }),
      };
    },
  ),
  crashMutant(
    {
      id: "address-belongs-to-the-dead",
      breaks: "An address stays with the process that has added it first, also when that is dead.",
      kills: ["messaging/crash/address-of-the-dead-is-taken-over"],
    },
    () => {
      const taken = new Set<string>();
      return {
        mortalMessaging: listeningNoted(taken),
        survivorMessaging: (real) => ({
          openInbox: async (options, call) => {
            const inbox = await real.openInbox(options, call);
            return inboxLike(inbox, {
              addMany: async (addresses, during) =>
                inbox.addMany(
                  addresses.filter((address) => !taken.has(address)),
                  during,
                ),
            });
          },
        }),
      };
    },
  ),
];
