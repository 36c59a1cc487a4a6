import type { MulticastStart, OutboxBackend, Recorded } from "@muster/core/slots";
import { type Mutant, withOutbox } from "../../mutant.ts";
import type { Subject } from "../../subject.ts";
import { ownCall } from "../support.ts";
import { withShards, withTransactionsOf } from "./support.ts";

type Arguments = Parameters<OutboxBackend["record"]>;

function keyless(start: MulticastStart): MulticastStart {
  return { ...start, idempotencyKey: undefined };
}

/** Records without its key whatever is not to have one. */
function losingKeys<S>(
  subject: Subject,
  fresh: () => S,
  isLost: (start: MulticastStart, state: S) => boolean,
): Subject {
  return withShards(subject, fresh, (real, state) => ({
    record: async (...[transaction, start, ...rest]: Arguments) =>
      real.record(transaction, isLost(start, state()) ? keyless(start) : start, ...rest),
  }));
}

export const outboxKeyMutants: readonly Mutant[] = [
  {
    id: "outbox-key-forgotten-on-other-id",
    breaks: "A key stands only for the message that it was first given for.",
    kills: [
      "outbox/key/one-per-key",
      "outbox/key/twice-in-one-transaction",
      "outbox/key/waits-for-the-commit",
      "outbox/key/races-record-once",
      "outbox/names/keys",
    ],
    of: (subject) =>
      losingKeys(
        subject,
        () => new Map<string, string>(),
        ({ idempotencyKey: key, message: { id } }, first) => {
          if (key === undefined) return false;
          if (!first.has(key)) first.set(key, id);
          return first.get(key) !== id;
        },
      ),
  },
  {
    id: "outbox-key-forgotten-on-other-digest",
    breaks: "A key with another digest is another key.",
    kills: ["outbox/key/one-per-key"],
    of: (subject) =>
      losingKeys(
        subject,
        () => new Map<string, string>(),
        ({ idempotencyKey: key, digest }, first) => {
          if (key === undefined) return false;
          if (!first.has(key)) first.set(key, digest);
          return first.get(key) !== digest;
        },
      ),
  },
  {
    id: "outbox-second-does-not-wait",
    breaks: "Who comes second while the first has not committed is recorded without its key.",
    kills: ["outbox/key/waits-for-the-commit", "outbox/key/given-up-waiting"],
    of: (subject) => {
      const open = new Set<string>();
      const keys = new Map<unknown, string>();
      const recording = withOutbox(subject, (real) => ({
        async record(...[transaction, start, ...rest]: Arguments) {
          const { idempotencyKey: key } = start;
          if (key === undefined) return real.record(transaction, start, ...rest);
          if (open.has(key) && keys.get(transaction) !== key) return real.record(transaction, keyless(start), ...rest);
          open.add(key);
          keys.set(transaction, key);
          return real.record(transaction, start, ...rest);
        },
      }));
      return withTransactionsOf(recording, (own) => {
        const ended = (): void => void open.delete(keys.get(own.transaction) ?? "");
        return {
          commit: async () => own.commit().finally(ended),
          rollback: async () => own.rollback().finally(ended),
        };
      });
    },
  },
  {
    id: "outbox-key-outlives-rollback",
    breaks: "A key that was rolled back stands for what was rolled back.",
    kills: ["outbox/key/rolled-back-frees-it", "outbox/record/half-done-is-undone"],
    of: (subject) =>
      withShards(
        subject,
        () => new Map<string, Recorded>(),
        (real, known) => ({
          async record(...[transaction, start, targets, call]: Arguments) {
            const { idempotencyKey: key } = start;
            const before = key === undefined ? undefined : known().get(key);
            if (before !== undefined) return { ...before, isNew: false };
            const about = { state: "complete", startedAt: 1 } as const;
            if (key !== undefined) known().set(key, { isNew: true, record: { ...start, ...about }, targetCount: 0 });
            const recorded = await real.record(transaction, start, targets, call);
            if (key !== undefined) known().set(key, recorded);
            return recorded;
          },
        }),
      ),
  },
  {
    id: "outbox-waits-deaf",
    breaks: "Who waits for a key can't give up.",
    kills: ["outbox/key/given-up-waiting"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        record: async (...[transaction, start, targets, call]: Arguments) =>
          real.record(transaction, start, targets, start.idempotencyKey === undefined ? call : ownCall()),
      })),
  },
  {
    id: "outbox-same-transaction-same-key",
    breaks: "Within one transaction a key can be given several times.",
    kills: ["outbox/key/twice-in-one-transaction"],
    of: (subject) => {
      const keys = new WeakMap<object, Set<string>>();
      return withOutbox(subject, (real) => ({
        record: async (...[transaction, start, ...rest]: Arguments) => {
          const { idempotencyKey: key } = start;
          if (key === undefined || typeof transaction !== "object" || transaction === null)
            return real.record(transaction, start, ...rest);
          const own = keys.get(transaction) ?? new Set();
          keys.set(transaction, own);
          const isAgain = own.has(key);
          own.add(key);
          return real.record(transaction, isAgain ? keyless(start) : start, ...rest);
        },
      }));
    },
  },
];
