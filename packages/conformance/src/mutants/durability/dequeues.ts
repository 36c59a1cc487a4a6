import type { Leased, LeasedRecipient } from "@muster/core/slots";
import { type Mutant, withDurability } from "../../mutant.ts";
import { never, ownCall } from "../support.ts";
import { eachRecipient, keyOf, recipientsIn, withLeased, withQueues } from "./support.ts";

const PLENTY = 1_000;

function withLeases(id: string, breaks: string, kills: Mutant["kills"], change: (leaseMs: number) => number): Mutant {
  return {
    id,
    breaks,
    kills,
    of: (subject) =>
      withDurability(subject, (real) => ({
        dequeue: async (session, options, call) =>
          real.dequeue(session, { ...options, leaseMs: change(options.leaseMs) }, call),
      })),
  };
}

export const dequeueMutants: readonly Mutant[] = [
  {
    id: "dequeue-max-is-for-each-message",
    breaks: "A dequeue hands out all recipients of as many messages as were asked for.",
    kills: ["durability/dequeue/max-is-over-all"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        dequeue: async (session, options, call) => real.dequeue(session, { ...options, max: PLENTY }, call),
      })),
  },
  {
    id: "dequeue-takes-all-of-one",
    breaks: "Of one identity a dequeue hands out whatever there is.",
    kills: ["durability/dequeue/max-per-identity"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        dequeue: async (session, options, call) => real.dequeue(session, { ...options, maxPerIdentity: PLENTY }, call),
      })),
  },
  {
    id: "dequeue-gives-each-alone",
    breaks: "A message is handed out once for each recipient.",
    kills: ["durability/dequeue/grouped-by-message"],
    of: (subject) =>
      withLeased(subject, (leased) =>
        leased.flatMap(({ message, recipients }) => recipients.map((one) => ({ message, recipients: [one] }))),
      ),
  },
  {
    id: "dequeue-without-lease",
    breaks: "What has been handed out is handed out to the next one as well, until it is settled.",
    kills: [
      "durability/dequeue/lease-excludes-others",
      "durability/repeat/while-leased",
      "durability/attach/again-is-nothing",
      "durability/detach/only-its-own",
    ],
    of: (subject) =>
      withQueues(
        subject,
        () => new Map<string, Leased>(),
        (real, out) => ({
          dequeue: async (session, options, call) => {
            const again = [...out().values()];
            const leased = await real.dequeue(session, options, call);
            for (const { message, recipients } of leased)
              for (const one of recipients) out().set(one.receipt, { message, recipients: [one] });
            return [...again, ...leased];
          },
          settleMany: async (settlements, call) => {
            for (const { receipt } of settlements) out().delete(receipt);
            return real.settleMany(settlements, call);
          },
        }),
      ),
  },
  {
    id: "dequeue-shares-answers",
    breaks: "Who dequeues while another does gets the same answer.",
    kills: ["durability/dequeue/beside-each-other"],
    of: (subject) =>
      withQueues(
        subject,
        () => new Map<string, Promise<readonly Leased[]>>(),
        (real, asking) => ({
          dequeue: async (session, options, call) => {
            const running = asking().get(session) ?? real.dequeue(session, options, call);
            asking().set(session, running);
            return running.finally(() => asking().delete(session));
          },
        }),
      ),
  },
  withLeases("lease-never-ends", "What has been leased stays so.", ["durability/dequeue/lease-ends"], () => 60_000),
  withLeases(
    "lease-ends-at-once",
    "A lease lasts no longer than its answer takes.",
    ["durability/dequeue/lease-lasts"],
    () => 1,
  ),
  {
    id: "attempts-are-not-counted",
    breaks: "Every attempt is the first.",
    kills: ["durability/dequeue/lease-ends", "durability/settle/retry-counts", "durability/extend/from-now"],
    of: (subject) => withLeased(subject, (leased) => eachRecipient(leased, (one) => ({ ...one, attempt: 1 }))),
  },
  {
    id: "release-counts",
    breaks: "An attempt counts when it has been handed out, whatever becomes of it.",
    kills: [
      "durability/settle/release-is-no-attempt",
      "durability/settle/same-way-twice",
      "durability/detach/releases",
    ],
    of: (subject) =>
      withQueues(
        subject,
        () => new Map<string, number>(),
        (real, attempts) => ({
          dequeue: async (session, options, call) =>
            eachRecipient(await real.dequeue(session, options, call), (one, id) => {
              const attempt = (attempts().get(keyOf(id, one.identity)) ?? 0) + 1;
              attempts().set(keyOf(id, one.identity), attempt);
              return { ...one, attempt };
            }),
        }),
      ),
  },
  {
    id: "receipts-name-deliveries",
    breaks: "A receipt stands for its delivery, and is the same in every lease.",
    kills: ["durability/dequeue/lease-ends"],
    of: (subject) =>
      withQueues(
        subject,
        () => new Map<string, string>(),
        (real, latest) => ({
          dequeue: async (session, options, call) =>
            eachRecipient(await real.dequeue(session, options, call), (one, id): LeasedRecipient => {
              latest().set(keyOf(id, one.identity), one.receipt);
              return { ...one, receipt: keyOf(id, one.identity) };
            }),
          settleMany: async (settlements, call) =>
            real.settleMany(
              settlements.map((one) => ({ ...one, receipt: latest().get(one.receipt) ?? one.receipt })),
              call,
            ),
        }),
      ),
  },
  {
    id: "dequeue-waits-for-ever",
    breaks: "Who waits and is handed nothing goes on waiting.",
    kills: ["durability/dequeue/nothing-is-due"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        dequeue: async (session, options, call) => {
          const leased = await real.dequeue(session, options, call);
          return leased.length === 0 && options.waitMs > 0 ? never() : leased;
        },
      })),
  },
  {
    id: "dequeue-loses-what-it-waited-for",
    breaks: "What a dequeue has waited for is leased to nobody.",
    kills: ["durability/dequeue/waits-for-what-comes"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        dequeue: async (session, options, call) => {
          const leased = await real.dequeue(session, options, call);
          return options.waitMs > 0 ? [] : leased;
        },
      })),
  },
  {
    id: "dequeue-goes-on-when-given-up",
    breaks: "Who gives up waiting is handed things all the same.",
    kills: ["durability/dequeue/given-up-takes-nothing"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        dequeue: async (session, options, call) => {
          if (options.waitMs < 5_000) return real.dequeue(session, options, call);
          const waiting = real.dequeue(session, options, ownCall());
          waiting.catch(() => {}); // Nobody asks any more.
          return new Promise((resolve, reject) => {
            call.signal.addEventListener("abort", () => reject(call.signal.reason as Error), { once: true });
            waiting.then(resolve, reject);
          });
        },
      })),
  },
  {
    id: "dequeue-is-by-session-only",
    breaks: "A dequeue of a session that nobody knows answers with what is due for the first one that is known.",
    kills: ["durability/dequeue/nothing-is-due"],
    of: (subject) =>
      withQueues(
        subject,
        () => new Set<string>(),
        (real, sessions) => ({
          attachMany: async (session, targets, call) => {
            sessions().add(session);
            return real.attachMany(session, targets, call);
          },
          dequeue: async (session, options, call) => {
            if (!sessions().has(session) && sessions().size > 0) return never();
            const leased = await real.dequeue(session, options, call);
            return recipientsIn(leased).length > 0 ? leased : [];
          },
        }),
      ),
  },
];
