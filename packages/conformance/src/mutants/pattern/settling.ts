/** Ways in which what a handler makes of its message comes to nothing, or to something else. */

import type { BatchFailure, Leased, Settlement } from "@muster/core/slots";
import { type Mutant, withDurability } from "../../mutant.ts";
import type { Subject } from "../../subject.ts";
import { recipientsIn, withSettlements, withTransactions } from "../durability/support.ts";

/** The subject whose processes acknowledge what they are handed before they hand it over. */
function acknowledgingEarly(subject: Subject): Subject {
  return withDurability(subject, (real) => ({
    async dequeue(session, options, call): Promise<readonly Leased[]> {
      const leased = await real.dequeue(session, options, call);
      const all = recipientsIn(leased).map(({ receipt }) => ({ receipt, as: "ack" }) as const);
      if (all.length > 0) await real.settleMany(all, call);
      return leased;
    },
    settleMany: async () => [],
  }));
}

/** The subject in which the first acknowledgement of each delivery is one more try. */
function handledAgain(subject: Subject): Subject {
  const acknowledged = new Set<string>();
  const names = new Map<string, string>();
  return withDurability(subject, (real) => ({
    async dequeue(session, options, call): Promise<readonly Leased[]> {
      const leased = await real.dequeue(session, options, call);
      for (const { id, identity, receipt } of recipientsIn(leased)) names.set(receipt, `${id} ${identity}`);
      return leased;
    },
    async settleMany(settlements, call): Promise<readonly BatchFailure[]> {
      const changed = settlements.map((one): Settlement => {
        const name = names.get(one.receipt) ?? "";
        if (one.as !== "ack" || acknowledged.has(name)) return one;
        acknowledged.add(name);
        return { receipt: one.receipt, as: "retry" };
      });
      return real.settleMany(changed, call);
    },
  }));
}

/** The subject in which whatever goes back was tried. */
function countingReleases(subject: Subject): Subject {
  const held = new Map<string, string>();
  const tried = withSettlements(subject, (one) => (one.as === "release" ? { receipt: one.receipt, as: "retry" } : one));
  return withDurability(tried, (real) => ({
    async dequeue(session, options, call): Promise<readonly Leased[]> {
      const leased = await real.dequeue(session, options, call);
      for (const { receipt, identity } of recipientsIn(leased)) held.set(receipt, identity);
      return leased;
    },
    async detachMany(session, identities, call): Promise<void> {
      const back = [...held].filter(([, identity]) => identities.includes(identity));
      await real.settleMany(
        back.map(([receipt]) => ({ receipt, as: "retry" })),
        call,
      );
      await real.detachMany(session, identities, call);
    },
  }));
}

/** The subject with the same fault in processes that can die. What the fault remembers is not shared. */
function inEveryProcess(fault: (subject: Subject) => Subject): (subject: Subject) => Subject {
  return (subject) => {
    const { mortal } = subject;
    if (mortal === undefined) return fault(subject);
    return {
      ...fault(subject),
      mortal: () => {
        const process = mortal();
        const { durability } = process;
        if (durability === undefined) return process;
        const faulty = fault({ name: subject.name, durability: () => durability }).durability?.() ?? durability;
        return { ...process, durability: faulty };
      },
    };
  };
}

export const settlingMutants: readonly Mutant[] = [
  {
    id: "pattern-acknowledges-before-the-handler",
    breaks: "A message is acknowledged before its handler has run.",
    kills: [
      "pattern/durable/rejected",
      "pattern/durable/thrown-comes-again",
      "pattern/durable/tried-out",
      "pattern/durable/counts-add-up",
      "pattern/durable/taken-over-while-handled",
      "pattern/durable/dies-while-handling",
      "pattern/durable/history",
    ],
    of: inEveryProcess(acknowledgingEarly),
  },
  {
    id: "pattern-handles-again",
    breaks: "What was handled and acknowledged comes once more.",
    kills: [
      "pattern/durable/everyone-once",
      "pattern/durable/hostile-identities",
      "pattern/durable/resent",
      "pattern/durable/same-key",
      "pattern/durable/replaced",
      "pattern/durable/close-waits-for-handlers",
      "pattern/durable/history",
    ],
    of: handledAgain,
  },
  {
    id: "pattern-forgets-acknowledgements",
    breaks: "What was handled and acknowledged is still pending.",
    kills: ["pattern/durable/settlement-unanswered", "pattern/durable/everyone-once", "pattern/durable/history"],
    of: (subject) => withSettlements(subject, (one) => (one.as === "ack" ? undefined : one)),
  },
  {
    id: "pattern-tries-the-rejected-again",
    breaks: "What a handler has rejected for good is tried again.",
    kills: [
      "pattern/durable/rejected",
      "pattern/exactly-once/rejected",
      "pattern/durable/receipt-lost",
      "pattern/exactly-once/receipt-lost",
    ],
    of: (subject) =>
      withSettlements(subject, (one) =>
        one.as === "dead" && one.code === "REJECTED" ? { receipt: one.receipt, as: "retry" } : one,
      ),
  },
  {
    id: "pattern-tries-for-ever",
    breaks: "What has been tried too often is tried again.",
    kills: ["pattern/durable/tried-out", "pattern/exactly-once/tried-out"],
    of: (subject) =>
      withSettlements(subject, (one) =>
        one.as === "dead" && one.code === "DEAD_LETTERED" ? { receipt: one.receipt, as: "retry" } : one,
      ),
  },
  {
    id: "pattern-tries-are-not-counted",
    breaks: "What a handler has thrown over comes again as never tried.",
    kills: [
      "pattern/durable/thrown-comes-again",
      "pattern/exactly-once/thrown-comes-again",
      "pattern/durable/tried-out",
      "pattern/exactly-once/tried-out",
    ],
    of: (subject) =>
      withSettlements(subject, (one) => (one.as === "retry" ? { receipt: one.receipt, as: "release" } : one)),
  },
  {
    id: "pattern-handover-counts",
    breaks: "What a closing process gives back untried counts as tried.",
    kills: ["pattern/durable/close-gives-back", "pattern/exactly-once/close-gives-back"],
    of: countingReleases,
  },
  {
    id: "pattern-leases-are-not-extended",
    breaks: "The lease of a handler that takes long ends all the same.",
    kills: ["pattern/durable/longer-than-its-lease", "pattern/exactly-once/longer-than-its-lease"],
    of: (subject) => withDurability(subject, () => ({ extendMany: async () => [] })),
  },
  {
    id: "pattern-effects-twice",
    breaks: "The work of one delivery is done twice in its transaction.",
    kills: [
      "pattern/exactly-once/everyone-once",
      "pattern/exactly-once/hostile-identities",
      "pattern/exactly-once/settlement-unanswered",
      "pattern/exactly-once/resent",
      "pattern/exactly-once/same-key",
      "pattern/exactly-once/replaced",
      "pattern/exactly-once/close-waits-for-handlers",
      "pattern/exactly-once/taken-over-while-handled",
      "pattern/exactly-once/dies-at-any-moment",
      "pattern/exactly-once/racing",
      "pattern/exactly-once/history",
    ],
    of: (subject) =>
      withTransactions(subject, (real) => ({
        handleOnce: async (delivery, work, call) =>
          real.handleOnce(
            delivery,
            async (transaction) => {
              await work(transaction);
              await work(transaction);
            },
            call,
          ),
      })),
  },
  {
    id: "pattern-effects-of-failures-stand",
    breaks: "What a handler has written stands, although it threw.",
    kills: [
      "pattern/exactly-once/thrown-leaves-nothing",
      "pattern/exactly-once/tried-out",
      "pattern/exactly-once/redriven",
      "pattern/exactly-once/thrown-comes-again",
      "pattern/exactly-once/history",
    ],
    of: (subject) =>
      withTransactions(subject, (real) => ({
        async handleOnce(delivery, work, call) {
          const thrown: unknown[] = [];
          const outcome = await real.handleOnce(
            delivery,
            async (transaction) => {
              await work(transaction).catch((error: unknown) => thrown.push(error));
            },
            call,
          );
          if (thrown.length > 0) throw thrown[0];
          return outcome;
        },
      })),
  },
  {
    id: "pattern-inbox-by-message",
    breaks: "What one recipient has handled counts as handled by all recipients of the message.",
    kills: ["pattern/exactly-once/everyone-once", "pattern/exactly-once/history"],
    of: (subject) => {
      const handled = new Set<string>();
      return withTransactions(subject, (real, durability) => ({
        async handleOnce(delivery, work, call) {
          if (handled.has(delivery.messageId)) {
            await durability.settleMany([{ receipt: delivery.receipt, as: "ack" }], call);
            return "duplicate";
          }
          handled.add(delivery.messageId);
          try {
            return await real.handleOnce(delivery, work, call);
          } catch (error) {
            handled.delete(delivery.messageId);
            throw error;
          }
        },
      }));
    },
  },
];
