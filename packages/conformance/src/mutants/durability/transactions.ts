import { isMusterError } from "@muster/core/slots";
import { LONG_MS } from "../../cases/support.ts";
import { type Mutant, withDurability } from "../../mutant.ts";
import type { TransactionProbe } from "../../subject.ts";
import { alias, keyOf, recipientsIn, unaliased, withTransactions } from "./support.ts";

/** What a transaction has no hold over: writes stand as soon as they are made. */
export function heedless(): TransactionProbe {
  const written = new Map<string, number>();
  return {
    write: async (_, key) => void written.set(key, (written.get(key) ?? 0) + 1),
    read: async (key) => written.get(key) ?? 0,
  };
}

export const transactionMutants: readonly Mutant[] = [
  {
    id: "transaction-notes-before-the-work",
    breaks: "A delivery is noted as handled before its work, and stays so when the work throws.",
    kills: ["durability/transaction/throwing-leaves-nothing", "durability/transaction/thrown-and-retried"],
    of: (subject) => {
      const noted = new Set<string>();
      return withTransactions(subject, (real) => ({
        handleOnce: async (delivery, work, call) => {
          const key = keyOf(delivery.receipt, keyOf(delivery.messageId, delivery.identity));
          const isNoted =
            [...noted].some((one) => one.endsWith(key)) ||
            noted.has(keyOf(delivery.messageId, `${delivery.identity} has thrown`));
          if (isNoted) return "duplicate";
          return real.handleOnce(
            delivery,
            async (transaction) => {
              try {
                await work(transaction);
              } catch (error) {
                noted.add(keyOf(delivery.messageId, `${delivery.identity} has thrown`));
                throw error;
              }
            },
            call,
          );
        },
      }));
    },
  },
  {
    id: "transaction-writes-at-once",
    breaks: "What a handler writes stands whatever becomes of its transaction.",
    kills: ["durability/transaction/nothing-before-the-end", "durability/transaction/throwing-leaves-nothing"],
    of: (subject) => (subject.transactionProbe ? { ...subject, transactionProbe: heedless() } : subject),
  },
  {
    id: "transaction-loses-its-writes",
    breaks: "A delivery is acknowledged, and what its handler has written is not committed.",
    kills: [
      "durability/transaction/commits-with-the-ack",
      "durability/transaction/each-recipient-for-itself",
      "durability/transaction/at-once-is-once",
    ],
    of: (subject) =>
      withTransactions(subject, (real) => ({
        handleOnce: async (delivery, work, call) => {
          const boom = new Error("rolled back");
          const rolledBack = real.handleOnce(
            delivery,
            async (transaction) => {
              await work(transaction);
              throw boom;
            },
            call,
          );
          await rolledBack.catch((error: unknown) => {
            if (error !== boom) throw error;
          });
          return real.handleOnce(delivery, async () => {}, call);
        },
      })),
  },
  {
    id: "transaction-without-ack",
    breaks: "What has been handled is handed out again when its lease is over.",
    kills: ["durability/transaction/commits-with-the-ack"],
    of: (subject) => {
      const messages = new Map<
        string,
        Parameters<NonNullable<ReturnType<NonNullable<typeof subject.durability>>>["enqueueMany"]>[0]
      >();
      const leasing = withDurability(subject, (real) => ({
        dequeue: async (session, options, call) => {
          const leased = unaliased(await real.dequeue(session, options, call));
          for (const { message } of leased) messages.set(message.id, message);
          return leased;
        },
      }));
      return withTransactions(leasing, (real, durability) => ({
        handleOnce: async (delivery, work, call) => {
          const outcome = await real.handleOnce(delivery, work, call);
          const message = messages.get(delivery.messageId);
          const target = { identity: delivery.identity, epoch: 1 };
          if (message)
            await durability.enqueueMany({ ...message, id: alias(message.id, 1) }, [target], { ttlMs: LONG_MS }, call);
          return outcome;
        },
      }));
    },
  },
  {
    id: "transaction-keeps-what-was-thrown",
    breaks: "When the work throws the delivery counts as handled, and nobody hears of it.",
    kills: ["durability/transaction/throwing-leaves-nothing", "durability/transaction/thrown-and-retried"],
    of: (subject) =>
      withTransactions(subject, (real) => ({
        handleOnce: async (delivery, work, call) =>
          real.handleOnce(delivery, async (transaction) => work(transaction).catch(() => {}), call),
      })),
  },
  {
    id: "transaction-wraps-what-was-thrown",
    breaks: "What the work throws comes out as an error of the store.",
    kills: ["durability/transaction/throwing-leaves-nothing"],
    of: (subject) =>
      withTransactions(subject, (real) => ({
        handleOnce: async (delivery, work, call) =>
          real.handleOnce(delivery, work, call).catch((error: unknown) => {
            throw isMusterError(error) ? error : new Error("the transaction has been rolled back", { cause: error });
          }),
      })),
  },
  {
    id: "transaction-gives-the-lease-back",
    breaks: "When the work throws its delivery is handed out to the next one at once.",
    kills: ["durability/transaction/throwing-leaves-nothing"],
    of: (subject) =>
      withTransactions(subject, (real, durability) => ({
        handleOnce: async (delivery, work, call) => {
          try {
            return await real.handleOnce(delivery, work, call);
          } catch (error) {
            if (!isMusterError(error))
              await durability.settleMany([{ receipt: delivery.receipt, as: "release" }], call);
            throw error;
          }
        },
      })),
  },
  {
    id: "transaction-runs-duplicates",
    breaks: "What has been handled before is handled again by whoever asks.",
    kills: ["durability/transaction/asked-again-is-a-duplicate", "durability/transaction/at-once-is-once"],
    of: (subject) =>
      withTransactions(subject, (real) => ({
        handleOnce: async (delivery, work, call) => {
          const outcome = await real.handleOnce(delivery, work, call);
          if (outcome === "duplicate") await work({ onCommit: () => {} });
          return "handled";
        },
      })),
  },
  {
    id: "transaction-notes-the-message-only",
    breaks: "When one recipient has handled a message, all have.",
    kills: ["durability/transaction/each-recipient-for-itself"],
    of: (subject) => {
      const noted = new Map<string, string>();
      return withTransactions(subject, (real, durability) => ({
        handleOnce: async (delivery, work, call) => {
          const first = noted.get(delivery.messageId) ?? delivery.identity;
          noted.set(delivery.messageId, first);
          if (first === delivery.identity) return real.handleOnce(delivery, work, call);
          await durability.settleMany([{ receipt: delivery.receipt, as: "ack" }], call);
          return "duplicate";
        },
      }));
    },
  },
  {
    id: "transaction-notes-the-recipient-only",
    breaks: "Who has handled one message has handled all.",
    kills: ["durability/transaction/each-recipient-for-itself", "durability/transaction/at-once-is-once"],
    of: (subject) => {
      const noted = new Set<string>();
      return withTransactions(subject, (real, durability) => ({
        handleOnce: async (delivery, work, call) => {
          if (noted.has(delivery.identity)) {
            await durability.settleMany([{ receipt: delivery.receipt, as: "ack" }], call);
            return "duplicate";
          }
          const outcome = await real.handleOnce(delivery, work, call);
          noted.add(delivery.identity);
          return outcome;
        },
      }));
    },
  },
  {
    id: "transaction-commits-without-lease",
    breaks: "Whether its lease still stands is looked at by nobody when a transaction commits.",
    kills: [
      "durability/transaction/lost-lease-leaves-nothing",
      "durability/transaction/lost-meanwhile-is-all-or-nothing",
    ],
    of: (subject) => {
      const probe = heedless();
      const loose = subject.transactionProbe ? { ...subject, transactionProbe: probe } : subject;
      return withTransactions(loose, (real) => ({
        handleOnce: async (delivery, work, call) => {
          try {
            return await real.handleOnce(delivery, work, call);
          } catch (error) {
            if (isMusterError(error, "FENCED")) return "handled";
            throw error;
          }
        },
      }));
    },
  },
  {
    id: "transaction-late-all-the-same",
    breaks: "It says that the end of a lease fences, and handles whatever is asked of it.",
    kills: ["durability/transaction/late-lease-leaves-nothing"],
    of: (subject) => {
      const claiming = withDurability(subject, (real) => ({
        get traits() {
          return { ...real.traits, fences: "lease" as const };
        },
      }));
      return withTransactions(claiming, (real) => ({
        handleOnce: async (delivery, work, call) =>
          real.handleOnce(delivery, work, call).catch((error: unknown) => {
            if (isMusterError(error, "FENCED")) return "handled" as const;
            throw error;
          }),
      }));
    },
  },
  {
    id: "transaction-takes-dead-for-handled",
    breaks: "What has died counts as handled, and is a duplicate when it is redriven.",
    kills: ["durability/dead-letters/redriven-is-handled-once"],
    of: (subject) => {
      const [held, dead] = [new Map<string, string>(), new Set<string>()];
      const burying = withDurability(subject, (real) => ({
        dequeue: async (session, options, call) => {
          const leased = await real.dequeue(session, options, call);
          for (const { id, identity, receipt } of recipientsIn(leased)) held.set(receipt, keyOf(id, identity));
          return leased;
        },
        settleMany: async (settlements, call) => {
          for (const { receipt, as } of settlements) if (as === "dead") dead.add(held.get(receipt) ?? "");
          return real.settleMany(settlements, call);
        },
      }));
      return withTransactions(burying, (real) => ({
        handleOnce: async (delivery, work, call) =>
          dead.has(keyOf(delivery.messageId, delivery.identity)) ? "duplicate" : real.handleOnce(delivery, work, call),
      }));
    },
  },
];
