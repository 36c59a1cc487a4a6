/** The durability cases on backends that are as honest as memory and claim something else. */

import type { BatchFailure, DurabilityBackend, DurabilityTraits } from "@muster/core/slots";
import { describe, expect, test } from "vitest";
import { durabilityCases } from "../src/cases/durability-cases.ts";
import { withDurability } from "../src/mutant.ts";
import { failure, recipientsIn, refusal, withQueues, withTransactions } from "../src/mutants/durability/support.ts";
import { runCase } from "../src/run.ts";
import type { Subject } from "../src/subject.ts";
import { memorySubject } from "./subjects.ts";

const FACETS = ["tracking", "transactions", "deadLetters"];

function claiming(subject: Subject, changes: Partial<DurabilityTraits>): Subject {
  return withDurability(subject, (real) => ({
    get traits() {
      return { ...real.traits, ...changes };
    },
  }));
}

/** Has no facets, no order, no delays and no quota; gives pages last first, and says so. */
function modest(): Subject {
  const shuffled = withDurability(
    memorySubject(),
    (real): Partial<DurabilityBackend> => ({
      dequeue: async (session, options, call) => (await real.dequeue(session, options, call)).toReversed(),
      settleMany: async (settlements, call) =>
        real.settleMany(
          settlements.map((one) => (one.as === "retry" ? { receipt: one.receipt, as: "retry" } : one)),
          call,
        ),
    }),
  );
  const plain = withDurability(shuffled, () => Object.fromEntries(FACETS.map((facet) => [facet, undefined])));
  return claiming(plain, { holds: "log", order: "none", delay: false, queueQuota: false });
}

/** Its receipts are worth nothing when their lease is over. */
function strict(): Subject {
  const ends = new Map<string, number>();
  const isLate = (receipt: string): boolean => (ends.get(receipt) ?? Number.POSITIVE_INFINITY) < performance.now();
  const late = (receipts: readonly string[]): readonly BatchFailure[] =>
    receipts.flatMap((receipt, index) => (isLate(receipt) ? [failure(index, "FENCED")] : []));
  const fencing = withQueues(
    memorySubject(),
    () => ({}),
    (real) => ({
      dequeue: async (session, options, call) => {
        const askedAt = performance.now();
        const leased = await real.dequeue(session, options, call);
        for (const { receipt } of recipientsIn(leased)) ends.set(receipt, askedAt + options.leaseMs);
        return leased;
      },
      settleMany: async (settlements, call) => {
        const refused = late(settlements.map(({ receipt }) => receipt));
        const known = settlements.map((one) => (isLate(one.receipt) ? { ...one, receipt: "late" } : one));
        const failures = await real.settleMany(known, call);
        return [...refused, ...failures.filter(({ index }) => !refused.some((one) => one.index === index))].toSorted(
          (one, other) => one.index - other.index,
        );
      },
      extendMany: async (receipts, leaseMs, call) => {
        const failures = await real.extendMany(receipts, leaseMs, call);
        for (const receipt of receipts) ends.set(receipt, performance.now() + leaseMs);
        return failures;
      },
    }),
  );
  const handling = withTransactions(fencing, (real) => ({
    handleOnce: async (delivery, work, call) => {
      if (isLate(delivery.receipt)) throw refusal("FENCED");
      return real.handleOnce(delivery, work, call);
    },
  }));
  return claiming(handling, { fences: "lease" });
}

/** Whoever waits in memory is woken in any case. */
function waking(): Subject {
  return claiming(memorySubject(), { wakes: true });
}

describe.each([
  { name: "without order, delays, quota or facets", make: modest },
  { name: "fencing by leases", make: strict },
  { name: "waking who waits", make: waking },
])("a backend that is $name", ({ make }) => {
  test.each(durabilityCases)("$id", async (one) => {
    const { error } = await runCase(make(), one, { seed: 1 });
    if (error !== undefined) throw error;
  });
});

test("between them and memory every case is run", () => {
  const applied = [memorySubject(), modest(), strict(), waking()].flatMap((subject) => {
    const backend = subject.durability?.();
    return backend === undefined ? [] : durabilityCases.filter((one) => one.applies?.(backend, subject) ?? true);
  });
  expect(durabilityCases.filter((one) => !applied.includes(one))).toEqual([]);
});
