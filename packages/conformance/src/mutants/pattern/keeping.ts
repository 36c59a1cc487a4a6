/** Ways in which a store can betray whoever trusts it with messages: what it keeps, for whom, and what it says of that. */

import type { BatchFailure, Leased, TrackedDelivery } from "@muster/core/slots";
import { type Mutant, withDurability, withMessaging } from "../../mutant.ts";
import type { Subject } from "../../subject.ts";
import { alias, withDeadLetters, withTracking } from "../durability/support.ts";

const LONG_MS = 3_600_000;

/** The ids of a case of both guarantees that a store gives. */
function kept(...names: readonly [string, ...string[]]): [string, ...string[]] {
  const [first, ...others] = names.flatMap((name) => [`pattern/durable/${name}`, `pattern/exactly-once/${name}`]);
  return [first ?? "", ...others];
}

/** The subject whose store says something else of what has become of each delivery. */
function withStatuses(subject: Subject, change: (one: TrackedDelivery) => TrackedDelivery): Subject {
  return withTracking(subject, (real) => ({
    async counts(id, call) {
      const counts = { pending: 0, delivered: 0, failed: 0 };
      for await (const page of real.deliveries(id, { pageSize: 1_000 }, call))
        for (const one of page) counts[change(one).status] += 1;
      return counts;
    },
    async *deliveries(id, { statuses, ...query }, call): AsyncGenerator<readonly TrackedDelivery[], void, undefined> {
      for await (const page of real.deliveries(id, query, call))
        yield page.map(change).filter(({ status }) => statuses?.includes(status) ?? true);
    },
  }));
}

/** The subject whose queues give nothing unless somebody has said that there is something. */
function deafToPolls(subject: Subject): Subject {
  let bells = 0;
  const ringing = withMessaging(subject, (real) => ({
    async publishMany(batch, call): Promise<readonly BatchFailure[]> {
      bells += 1;
      return real.publishMany(batch, call);
    },
  }));
  return withDurability(ringing, (real) => {
    let heard = -1;
    return {
      async dequeue(session, options, call): Promise<readonly Leased[]> {
        if (heard === bells) return [];
        heard = bells;
        return real.dequeue(session, options, call);
      },
    };
  });
}

export const keepingMutants: readonly Mutant[] = [
  {
    id: "pattern-delivered-on-enqueue",
    breaks: "What is in a queue counts as delivered.",
    kills: kept("counts-add-up", "offline-then-back", "report-is-kept"),
    of: (subject) => withStatuses(subject, (one) => (one.status === "pending" ? { ...one, status: "delivered" } : one)),
  },
  {
    id: "pattern-believes-receipts-only",
    breaks: "What the receivers tell the store of is not what it tells the senders.",
    kills: kept("everyone-once", "receipt-lost", "without-messaging", "report-is-kept", "slow-handler"),
    of: (subject) => withStatuses(subject, (one) => ({ ...one, status: "pending" })),
  },
  {
    id: "pattern-needs-a-doorbell",
    breaks: "Whoever polls without having heard a doorbell finds nothing.",
    kills: kept("doorbell-lost", "without-messaging"),
    of: deafToPolls,
  },
  {
    id: "pattern-enqueues-again",
    breaks: "What is enqueued once more is handled once more, under another id.",
    kills: kept("sent-twice", "enqueue-unanswered", "outbox-relay-stuck"),
    of: (subject) => {
      const times = new Map<string, number>();
      return withDurability(subject, (real) => ({
        async enqueueMany(message, targets, options, call): Promise<readonly BatchFailure[]> {
          const time = times.get(message.id) ?? 0;
          times.set(message.id, time + 1);
          return real.enqueueMany({ ...message, id: alias(message.id, time) }, targets, options, call);
        },
      }));
    },
  },
  {
    id: "pattern-new-life-empty-queue",
    breaks: "Whoever takes an identity over begins with an empty queue.",
    kills: kept(
      "offline-then-back",
      "close-keeps-queue",
      "close-gives-back",
      "taken-over-while-handled",
      "dies-while-handling",
      "dies-at-any-moment",
      "wakes-too-late",
      "racing",
      "moved-before-it-left",
      "history",
    ),
    of: (subject) =>
      withDurability(subject, (real) => ({
        async attachMany(session, targets, call): Promise<readonly BatchFailure[]> {
          const before = targets.map(({ identity, epoch }) => ({ identity, epoch: epoch - 1 }));
          await real.dropMany(before, { code: "UNREGISTERED", reason: "a new life" }, call);
          return real.attachMany(session, targets, call);
        },
      })),
  },
  {
    id: "pattern-backlog-is-skipped",
    breaks: "Whoever is attached is handed only what comes from then on.",
    kills: kept("attached-later", "report-is-kept", "close-keeps-queue"),
    of: (subject) => {
      const attachedAt = new Map<string, number>();
      return withDurability(subject, (real) => ({
        async attachMany(session, targets, call): Promise<readonly BatchFailure[]> {
          for (const { identity } of targets) attachedAt.set(identity, Date.now());
          return real.attachMany(session, targets, call);
        },
        async dequeue(session, options, call): Promise<readonly Leased[]> {
          const leased = await real.dequeue(session, options, call);
          return leased.map(({ message, recipients }) => ({
            message,
            recipients: recipients.filter(({ identity }) => message.sentAt > (attachedAt.get(identity) ?? 0)),
          }));
        },
      }));
    },
  },
  {
    id: "pattern-drops-nothing",
    breaks: "The queue of whoever was unregistered, or has never come back, waits for the next life.",
    kills: kept("unregister-purges", "unregistered-before-it-left", "grace-over"),
    of: (subject) => withDurability(subject, () => ({ dropMany: async () => {} })),
  },
  {
    id: "pattern-keeps-what-is-too-old",
    breaks: "Messages wait for ever, whatever their TTL.",
    kills: kept("expired", "gone-without-a-trace"),
    of: (subject) =>
      withDurability(subject, (real) => ({
        enqueueMany: async (message, targets, _options, call) =>
          real.enqueueMany(message, targets, { ttlMs: LONG_MS }, call),
      })),
  },
  {
    id: "pattern-slow-holds-up-all",
    breaks: "A process is handed nothing while anything it was handed is not settled.",
    kills: kept("slow-handler"),
    of: (subject) =>
      withDurability(subject, (real) => {
        let held = 0;
        return {
          async dequeue(session, options, call): Promise<readonly Leased[]> {
            if (held > 0) return [];
            const leased = await real.dequeue(session, { ...options, max: 1 }, call);
            held = leased.flatMap(({ recipients }) => recipients).length;
            return leased;
          },
          async settleMany(settlements, call): Promise<readonly BatchFailure[]> {
            held = 0;
            return real.settleMany(settlements, call);
          },
          ...(real.transactions && {
            transactions: {
              handleOnce: async (delivery, work, call) => {
                const outcome = await real.transactions?.handleOnce(delivery, work, call);
                held = 0;
                return outcome ?? "duplicate";
              },
            },
          }),
        };
      }),
  },
  {
    id: "pattern-newest-first",
    breaks: "What has waited is handed out newest first.",
    kills: kept("in-order"),
    of: (subject) =>
      withDurability(subject, (real) => ({
        dequeue: async (session, options, call) => (await real.dequeue(session, options, call)).toReversed(),
      })),
  },
  {
    id: "pattern-begun-is-complete",
    breaks: "A multicast counts as sent to everyone as soon as it has begun.",
    kills: kept("sender-dies-at-any-moment"),
    of: (subject) =>
      withTracking(subject, (real) => ({
        async begin(start, call) {
          const { begun, record } = await real.begin(start, call);
          return { begun, record: { ...record, state: "complete" } };
        },
      })),
  },
  {
    id: "pattern-forgets-what-was-sent",
    breaks: "Nothing is known of a multicast that somebody else has begun.",
    kills: kept("resent"),
    of: (subject) => withTracking(subject, () => ({ find: async () => undefined })),
  },
  {
    id: "pattern-forgets-keys",
    breaks: "An idempotency key means nothing to the store.",
    kills: kept("same-key", "same-key-other-content", "sender-dies-at-any-moment"),
    of: (subject) =>
      withTracking(subject, (real) => ({
        begin: async (start, call) => real.begin({ ...start, idempotencyKey: undefined }, call),
      })),
  },
  {
    id: "pattern-key-stands-for-anything",
    breaks: "Another content under the same idempotency key counts as the same.",
    kills: kept("same-key-other-content"),
    of: (subject) =>
      withTracking(subject, (real) => ({
        async begin(start, call) {
          const { begun, record } = await real.begin(start, call);
          return { begun, record: { ...record, digest: start.digest } };
        },
      })),
  },
  {
    id: "pattern-redrives-nothing",
    breaks: "A dead letter that was redriven is queued nowhere.",
    kills: kept("redriven"),
    of: (subject) => withDeadLetters(subject, () => ({ redriveMany: async () => [] })),
  },
];
