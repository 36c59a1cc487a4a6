import { isMusterError, type MulticastStart, type OutboxBackend, type OutboxTarget } from "@muster/core/slots";
import { type Mutant, withOutbox } from "../../mutant.ts";
import type { OwnTransaction, Subject } from "../../subject.ts";
import { ownCall } from "../support.ts";
import { collected, inOnePage, withShards, withTaken, withTransactionsOf } from "./support.ts";

type Arguments = Parameters<OutboxBackend["record"]>;

/** Records through another transaction than the caller's, which `end` ends in its way. */
function elsewhere(subject: Subject, end: (other: OwnTransaction) => Promise<void>): Subject {
  return withOutbox(subject, (real) => ({
    async record(...[, start, targets, call]: Arguments) {
      const other = await subject.outboxProbe?.begin();
      const recorded = await real.record(other?.transaction, start, targets, call);
      if (other) await end(other);
      return recorded;
    },
  }));
}

export const outboxRecordMutants: readonly Mutant[] = [
  {
    id: "outbox-seen-before-commit",
    breaks: "What is recorded is there at once, whatever its transaction comes to.",
    kills: [
      "outbox/record/seen-only-after-commit",
      "outbox/record/rolled-back-leaves-nothing",
      "outbox/record/with-the-writes-of-its-transaction",
      "outbox/record/several-in-one-transaction",
      "outbox/backlog/counts-deliveries",
    ],
    of: (subject) => elsewhere(subject, async (other) => other.commit()),
  },
  {
    id: "outbox-record-is-lost",
    breaks: "What was recorded is gone when its transaction commits.",
    kills: [
      "outbox/record/seen-only-after-commit",
      "outbox/record/with-the-writes-of-its-transaction",
      "outbox/take/stays-until-settled",
    ],
    of: (subject) => elsewhere(subject, async (other) => other.rollback()),
  },
  {
    id: "outbox-survives-rollback",
    breaks: "What was recorded is there when its transaction has been rolled back.",
    kills: ["outbox/record/rolled-back-leaves-nothing", "outbox/record/with-the-writes-of-its-transaction"],
    of: (subject) => {
      const recorded = new Map<unknown, (transaction: unknown) => Promise<unknown>>();
      const recording = withOutbox(subject, (real) => ({
        async record(...[transaction, start, targets, call]: Arguments) {
          const all = await collected(targets);
          recorded.set(transaction, async (other) => real.record(other, start, inOnePage(all), ownCall()));
          return real.record(transaction, start, inOnePage(all), call);
        },
      }));
      return withTransactionsOf(recording, (own, probe) => ({
        async rollback(): Promise<void> {
          await own.rollback();
          const again = recorded.get(own.transaction);
          const other = await probe.begin();
          await again?.(other.transaction);
          await other.commit();
        },
      }));
    },
  },
  {
    id: "outbox-half-stays",
    breaks: "When the targets throw, those that were read before are recorded.",
    kills: ["outbox/record/half-done-is-undone", "outbox/record/given-up-is-undone"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        async record(...[transaction, start, targets, call]: Arguments) {
          const read: OutboxTarget[] = [];
          try {
            for await (const page of targets) {
              if (call.signal.aborted) break;
              read.push(...page);
            }
          } catch (error) {
            await real.record(transaction, start, inOnePage(read), ownCall());
            throw error;
          }
          const recorded = await real.record(transaction, start, inOnePage(read), ownCall());
          if (call.signal.aborted) await real.record(transaction, start, inOnePage(read), call);
          return recorded;
        },
      })),
  },
  {
    id: "outbox-failure-ends-the-transaction",
    breaks: "When recording fails nothing more can be done in the transaction.",
    kills: [
      "outbox/record/half-done-is-undone",
      "outbox/record/given-up-is-undone",
      "outbox/key/given-up-waiting",
      "outbox/limits/largest-payload",
      "outbox/limits/longest-ttl",
    ],
    of: (subject) => {
      const spoilt = new Set<unknown>();
      return withOutbox(subject, (real) => ({
        async record(...[transaction, ...rest]: Arguments) {
          try {
            return await real.record(spoilt.has(transaction) ? undefined : transaction, ...rest);
          } catch (error) {
            if (typeof transaction === "object" && transaction !== null) spoilt.add(transaction);
            throw error;
          }
        },
      }));
    },
  },
  {
    id: "outbox-one-per-transaction",
    breaks: "Of several multicasts of one transaction the last one is recorded.",
    kills: ["outbox/record/several-in-one-transaction"],
    of: (subject) => {
      const last = new Map<unknown, () => Promise<unknown>>();
      const recording = withOutbox(subject, (real) => ({
        async record(...[transaction, start, targets, call]: Arguments) {
          const all = await collected(targets);
          const other = await subject.outboxProbe?.begin();
          const recorded = await real.record(other?.transaction, start, inOnePage(all), call);
          await other?.rollback();
          last.set(transaction, async () => real.record(transaction, start, inOnePage(all), call));
          return recorded;
        },
      }));
      return withTransactionsOf(recording, (own) => ({
        async commit(): Promise<void> {
          await last.get(own.transaction)?.();
          await own.commit();
        },
      }));
    },
  },
  {
    id: "outbox-counts-targets-as-given",
    breaks: "Whoever is named twice counts twice.",
    kills: ["outbox/record/nobody-twice"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        async record(...[transaction, start, targets, call]: Arguments) {
          const all = await collected(targets);
          const recorded = await real.record(transaction, start, inOnePage(all), call);
          return recorded.isNew ? { ...recorded, targetCount: all.length } : recorded;
        },
      })),
  },
  {
    id: "outbox-first-page-only",
    breaks: "Of the targets only the first page that has any is recorded.",
    kills: ["outbox/record/pages-of-any-size", "outbox/record/nobody-twice"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        async record(...[transaction, start, targets, call]: Arguments) {
          let first: readonly OutboxTarget[] = [];
          for await (const page of targets) if (first.length === 0) first = page;
          return real.record(transaction, start, inOnePage(first), call);
        },
      })),
  },
  {
    id: "outbox-nobody-is-nothing",
    breaks: "A multicast for nobody is not recorded.",
    kills: ["outbox/record/pages-of-any-size"],
    of: (subject) =>
      withShards(
        subject,
        () => new Set<string>(),
        (real, empty) => ({
          async record(...args: Arguments) {
            const recorded = await real.record(...args);
            if (recorded.targetCount === 0) empty().add(recorded.record.message.id);
            return recorded;
          },
          find: async (id, call) => (empty().has(id) ? undefined : real.find(id, call)),
        }),
      ),
  },
  {
    id: "outbox-forgets-epochs",
    breaks: "Parcels are for whoever stands under the identity.",
    kills: ["outbox/record/as-it-was-given"],
    of: (subject) =>
      withTaken(subject, (parcels) =>
        parcels.map((one) => ({ ...one, targets: one.targets.map(({ identity }) => ({ identity, epoch: 1 })) })),
      ),
  },
  {
    id: "outbox-payload-is-text",
    breaks: "Payloads are kept as text.",
    kills: ["outbox/record/as-it-was-given"],
    of: (subject) => {
      const asText = (start: MulticastStart): MulticastStart => {
        const payload = new TextEncoder().encode(new TextDecoder().decode(start.message.payload));
        return { ...start, message: { ...start.message, payload } };
      };
      return withOutbox(subject, (real) => ({
        record: async (...[transaction, start, ...rest]: Arguments) => real.record(transaction, asText(start), ...rest),
      }));
    },
  },
  {
    id: "outbox-needs-no-transaction",
    breaks: "Without an open transaction it is recorded in one of its own.",
    kills: ["outbox/record/not-a-transaction"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        async record(...[transaction, start, targets, call]: Arguments) {
          try {
            return await real.record(transaction, start, targets, call);
          } catch (error) {
            const other = isMusterError(error, "INVALID_ARGUMENT") ? await subject.outboxProbe?.begin() : undefined;
            if (other === undefined) throw error;
            const recorded = await real.record(other.transaction, start, targets, call);
            await other.commit();
            return recorded;
          }
        },
      })),
  },
  {
    id: "outbox-traits-are-open",
    breaks: "How many shards there are is not known.",
    kills: ["outbox/traits/are-whole"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        get traits() {
          return { ...real.traits, shards: Number.POSITIVE_INFINITY };
        },
      })),
  },
];
