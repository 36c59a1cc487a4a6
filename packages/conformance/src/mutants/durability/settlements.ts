import type { BatchFailure, Settlement } from "@muster/core/slots";
import { type Mutant, withDurability } from "../../mutant.ts";
import { failure, keyOf, recipientsIn, withQueues, withSettlements, without } from "./support.ts";

/** Settlements the store has taken, so that the answer can be another. */
function once(settlements: readonly Settlement[]): readonly Settlement[] {
  return settlements.filter(({ receipt }, index) => settlements.findIndex((one) => one.receipt === receipt) === index);
}

export const settlementMutants: readonly Mutant[] = [
  {
    id: "ack-does-nothing",
    breaks: "An acknowledgement is taken note of, and the delivery comes back when its lease is over.",
    kills: ["durability/settle/ack-ends-it", "durability/tracking/from-pending-to-its-end"],
    of: (subject) => withSettlements(subject, (one) => (one.as === "ack" ? undefined : one)),
  },
  {
    id: "ack-takes-the-neighbour",
    breaks: "An acknowledgement ends the message for all who hold it.",
    kills: ["durability/settle/ack-takes-only-its-own", "durability/enqueue/every-recipient-has-its-own"],
    of: (subject) =>
      withQueues(
        subject,
        () => new Map<string, string>(),
        (real, held) => ({
          dequeue: async (session, options, call) => {
            const leased = await real.dequeue(session, options, call);
            for (const { id, receipt } of recipientsIn(leased)) held().set(receipt, id);
            return leased;
          },
          settleMany: async (settlements, call) => {
            const failures = await real.settleMany(settlements, call);
            const acked = new Set(
              settlements.filter(({ as }) => as === "ack").map(({ receipt }) => held().get(receipt)),
            );
            const neighbours = [...held()].filter(([, id]) => acked.has(id)).map(([receipt]) => receipt);
            await real.settleMany(
              neighbours.map((receipt) => ({ receipt, as: "ack" })),
              call,
            );
            return failures;
          },
        }),
      ),
  },
  {
    id: "retry-drops",
    breaks: "What a handler could not do is over.",
    kills: [
      "durability/settle/retry-counts",
      "durability/order/retried-comes-first",
      "durability/tracking/counts-attempts",
    ],
    of: (subject) =>
      withSettlements(subject, (one) => (one.as === "retry" ? { receipt: one.receipt, as: "ack" } : one)),
  },
  {
    id: "release-drops",
    breaks: "What is released is over.",
    kills: ["durability/settle/release-is-no-attempt", "durability/settle/release-keeps-its-place"],
    of: (subject) =>
      withSettlements(subject, (one) => (one.as === "release" ? { receipt: one.receipt, as: "ack" } : one)),
  },
  {
    id: "retry-ignores-its-delay",
    breaks: "What is to be retried comes back at once.",
    kills: ["durability/settle/retry-after-its-delay", "durability/order/retry-holds-back-its-own"],
    of: (subject) =>
      withSettlements(subject, (one) => (one.as === "retry" ? { receipt: one.receipt, as: "retry" } : one)),
  },
  {
    id: "dead-comes-back",
    breaks: "What has been rejected for good is tried again.",
    kills: ["durability/settle/dead-is-never-handed-out", "durability/repeat/after-it-was-settled"],
    of: (subject) =>
      withSettlements(subject, (one) => (one.as === "dead" ? { receipt: one.receipt, as: "retry" } : one)),
  },
  {
    id: "settled-twice-is-fenced",
    breaks: "A receipt can be used once.",
    kills: ["durability/settle/same-way-twice", "durability/settle/twice-in-one-batch"],
    of: (subject) =>
      withQueues(
        subject,
        () => new Set<string>(),
        (real, used) => ({
          settleMany: async (settlements, call) => {
            const failures = settlements.flatMap(({ receipt }, index): BatchFailure[] => {
              if (used().has(receipt)) return [failure(index, "FENCED")];
              used().add(receipt);
              return [];
            });
            await real.settleMany(once(settlements), call);
            return failures;
          },
        }),
      ),
  },
  {
    id: "fenced-is-fine",
    breaks: "Nobody is told that a receipt is worthless.",
    kills: [
      "durability/settle/differently-is-fenced",
      "durability/settle/one-failure-is-one",
      "durability/attach/earlier-receipts-are-fenced",
      "durability/namespaces/receipts-settle-their-own",
    ],
    of: (subject) =>
      withDurability(subject, (real) => ({
        settleMany: async (settlements, call) => without(await real.settleMany(settlements, call), "FENCED"),
      })),
  },
  {
    id: "late-ack-counts-where-fenced",
    breaks: "A receipt of an earlier attachment acknowledges what the later one is to be handed.",
    kills: ["durability/attach/earlier-receipts-are-fenced"],
    of: (subject) =>
      withQueues(
        subject,
        () => new Map<string, string>(),
        (real, held) => ({
          dequeue: async (session, options, call) => {
            const leased = await real.dequeue(session, options, call);
            for (const { id, identity, receipt } of recipientsIn(leased)) held().set(receipt, keyOf(id, identity));
            return leased;
          },
          settleMany: async (settlements, call) => {
            const failures = await real.settleMany(settlements, call);
            return failures.filter(({ index }) => !held().has(settlements[index]?.receipt ?? ""));
          },
        }),
      ),
  },
  {
    id: "receipts-fail-as-a-whole",
    breaks: "When one receipt of a batch is worthless, none of the batch is settled.",
    kills: ["durability/settle/one-failure-is-one"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        settleMany: async (settlements, call) => {
          if (settlements.some(({ receipt }) => receipt === "no-such-receipt"))
            return settlements.map((_, index) => failure(index, "FENCED"));
          return real.settleMany(settlements, call);
        },
      })),
  },
  {
    id: "late-is-lost",
    breaks: "An acknowledgement that comes late does not count, although leases don't fence.",
    kills: ["durability/settle/late-counts"],
    of: (subject) =>
      withQueues(
        subject,
        () => new Map<string, number>(),
        (real, ends) => ({
          dequeue: async (session, options, call) => {
            const leased = await real.dequeue(session, options, call);
            for (const { receipt } of recipientsIn(leased)) ends().set(receipt, performance.now() + options.leaseMs);
            return leased;
          },
          settleMany: async (settlements, call) => {
            const isLate = ({ receipt }: Settlement): boolean =>
              (ends().get(receipt) ?? Number.POSITIVE_INFINITY) < performance.now();
            const late = settlements.flatMap((one, index) => (isLate(one) ? [failure(index, "FENCED")] : []));
            return [
              ...(await real.settleMany(
                settlements.filter((one) => !isLate(one)),
                call,
              )),
              ...late,
            ];
          },
        }),
      ),
  },
  {
    id: "leases-fence-in-words-only",
    breaks: "It says that the end of a lease fences, and takes acknowledgements all the same.",
    kills: ["durability/settle/late-is-fenced"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        get traits() {
          return { ...real.traits, fences: "lease" as const };
        },
      })),
  },
  {
    id: "extend-does-nothing",
    breaks: "A lease that is extended ends when it would have.",
    kills: ["durability/extend/goes-on", "durability/extend/from-now"],
    of: (subject) => withDurability(subject, () => ({ extendMany: async () => [] })),
  },
  {
    id: "extend-only-prolongs",
    breaks: "An extended lease never ends before it would have.",
    kills: ["durability/extend/from-now"],
    of: (subject) =>
      withQueues(
        subject,
        () => new Map<string, number>(),
        (real, ends) => ({
          dequeue: async (session, options, call) => {
            const leased = await real.dequeue(session, options, call);
            for (const { receipt } of recipientsIn(leased)) ends().set(receipt, performance.now() + options.leaseMs);
            return leased;
          },
          extendMany: async (receipts, leaseMs, call) => {
            const isLonger = (receipt: string): boolean => performance.now() + leaseMs > (ends().get(receipt) ?? 0);
            return real.extendMany(receipts.filter(isLonger), leaseMs, call);
          },
        }),
      ),
  },
  {
    id: "extend-anything",
    breaks: "Whatever is extended is said to be.",
    kills: ["durability/extend/one-failure-is-one", "durability/extend/of-an-earlier-attachment"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        extendMany: async (receipts, leaseMs, call) =>
          without(await real.extendMany(receipts, leaseMs, call), "FENCED"),
      })),
  },
];
