import { type OutboxCounts, MusterError, type ParcelSettlement } from "@muster/core/slots";
import { type Mutant, withOutbox } from "../../mutant.ts";
import { withOutboxDeliveries, withParcelSettlements, withShards } from "./support.ts";

export const outboxSettlementMutants: readonly Mutant[] = [
  {
    id: "outbox-settle-does-nothing",
    breaks: "What is settled stays.",
    kills: ["outbox/settle/handed-is-gone", "outbox/settle/delivered-is-told", "outbox/take/by-whoever-opens-later"],
    of: (subject) => withParcelSettlements(subject, () => undefined),
  },
  {
    id: "outbox-handed-is-delivered",
    breaks: "What was handed over is told as delivered.",
    kills: ["outbox/settle/handed-is-gone", "outbox/settle/several-at-once"],
    of: (subject) => withParcelSettlements(subject, (one) => ({ ...one, as: "delivered" })),
  },
  {
    id: "outbox-delivered-is-handed",
    breaks: "Of what was delivered nothing more is told.",
    kills: ["outbox/settle/delivered-is-told", "outbox/settle/several-at-once"],
    of: (subject) => withParcelSettlements(subject, (one) => ({ ...one, as: "handed" })),
  },
  {
    id: "outbox-failed-without-a-reason",
    breaks: "Whatever failed is told to have been rejected.",
    kills: ["outbox/settle/failed-is-told-why", "outbox/ttl/swept-has-failed"],
    of: (subject) =>
      withOutboxDeliveries(subject, (page) =>
        page.map((one) => (one.status === "failed" ? { ...one, code: "REJECTED", reason: "no" } : one)),
      ),
  },
  {
    id: "outbox-left-is-lost",
    breaks: "Who is left behind is not there again.",
    kills: ["outbox/settle/left-is-there-again", "outbox/settle/left-for-later", "outbox/settle/several-at-once"],
    of: (subject) => withParcelSettlements(subject, (one) => ({ ...one, left: [] })),
  },
  {
    id: "outbox-all-are-left",
    breaks: "Where one is left behind, all of the parcel are.",
    kills: ["outbox/settle/left-is-there-again", "outbox/reading/handed-over-is-left-out"],
    of: (subject) =>
      withShards(
        subject,
        () => new Map<string, readonly string[]>(),
        (real, known) => ({
          take: async (lease, options, call) => {
            const parcels = await real.take(lease, options, call);
            for (const { parcel, targets } of parcels)
              known().set(
                parcel,
                targets.map(({ identity }) => identity),
              );
            return parcels;
          },
          settleMany: async (lease, settlements, call) => {
            const widened = (one: ParcelSettlement): ParcelSettlement =>
              one.left.length === 0 ? one : { ...one, left: known().get(one.parcel) ?? one.left };
            return real.settleMany(lease, settlements.map(widened), call);
          },
        }),
      ),
  },
  {
    id: "outbox-attempts-are-not-counted",
    breaks: "A parcel that was left behind looks like a new one.",
    kills: ["outbox/settle/left-is-there-again"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        take: async (...args) => (await real.take(...args)).map((one) => ({ ...one, attempts: 0 })),
      })),
  },
  {
    id: "outbox-delay-is-none",
    breaks: "Who is left for later is due at once.",
    kills: ["outbox/settle/left-for-later"],
    of: (subject) => withParcelSettlements(subject, (one) => ({ ...one, delayMs: 0 })),
  },
  {
    id: "outbox-delay-is-for-ever",
    breaks: "Who is left for later is never due again.",
    kills: ["outbox/settle/left-for-later"],
    of: (subject) =>
      withParcelSettlements(subject, (one) => (one.delayMs === undefined ? one : { ...one, delayMs: 500_000 })),
  },
  {
    id: "outbox-settles-the-neighbour",
    breaks: "With one parcel the oldest of its shard is settled.",
    kills: ["outbox/settle/neighbours-stay"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        settleMany: async (lease, settlements, call) => {
          const [oldest] = await real.take(lease, { maxTargets: 1 }, call);
          const [first] = settlements;
          if (oldest === undefined || first === undefined) return real.settleMany(lease, settlements, call);
          return real.settleMany(lease, [...settlements, { ...first, parcel: oldest.parcel, left: [] }], call);
        },
      })),
  },
  {
    id: "outbox-settles-the-first-only",
    breaks: "Of several parcels in one call the first is settled.",
    kills: ["outbox/settle/several-at-once"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        settleMany: async (lease, settlements, call) => real.settleMany(lease, settlements.slice(0, 1), call),
      })),
  },
  {
    id: "outbox-counts-double",
    breaks: "What is settled again counts again.",
    kills: ["outbox/settle/twice-is-once"],
    of: (subject) =>
      withShards(
        subject,
        () => ({ settled: new Map<string, string>(), again: new Map<string, number>() }),
        (real, state) => ({
          take: async (lease, options, call) => {
            const parcels = await real.take(lease, options, call);
            for (const { parcel, start } of parcels) state().settled.set(parcel, start.message.id);
            return parcels;
          },
          settleMany: async (lease, settlements, call) => {
            const before = await real.take(lease, { maxTargets: 10_000 }, call);
            const { settled, again } = state();
            for (const { parcel, as } of settlements) {
              const id = settled.get(parcel);
              if (as !== "delivered" || id === undefined || before.some((one) => one.parcel === parcel)) continue;
              again.set(id, (again.get(id) ?? 0) + 1);
            }
            return real.settleMany(lease, settlements, call);
          },
          counts: async (id, call): Promise<OutboxCounts> => {
            const counts = await real.counts(id, call);
            return { ...counts, delivered: counts.delivered + (state().again.get(id) ?? 0) };
          },
        }),
      ),
  },
  {
    id: "outbox-settled-twice-is-fenced",
    breaks: "Settling a parcel that is not there any more is refused.",
    kills: ["outbox/settle/twice-is-once"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        settleMany: async (lease, settlements, call) => {
          const waiting = await real.take(lease, { maxTargets: 10_000 }, call);
          const isGone = settlements.some(({ parcel }) => !waiting.some((one) => one.parcel === parcel));
          if (isGone && settlements.length > 0)
            throw new MusterError({ code: "FENCED", source: `${real.name}.settleMany`, message: "it has gone" });
          return real.settleMany(lease, settlements, call);
        },
      })),
  },
  {
    id: "outbox-through-too-early",
    breaks: "Settling tells the ids of all that it was about.",
    kills: ["outbox/settle/tells-who-is-through", "outbox/settle/several-at-once"],
    of: (subject) =>
      withShards(
        subject,
        () => new Map<string, string>(),
        (real, ids) => ({
          take: async (lease, options, call) => {
            const parcels = await real.take(lease, options, call);
            for (const { parcel, start } of parcels) ids().set(parcel, start.message.id);
            return parcels;
          },
          settleMany: async (lease, settlements, call) => {
            await real.settleMany(lease, settlements, call);
            return [...new Set(settlements.map(({ parcel }) => ids().get(parcel) ?? ""))];
          },
        }),
      ),
  },
  {
    id: "outbox-nobody-is-through",
    breaks: "Settling never tells that nobody waits any more.",
    kills: ["outbox/settle/tells-who-is-through", "outbox/settle/several-at-once"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        settleMany: async (...args) => {
          await real.settleMany(...args);
          return [];
        },
      })),
  },
];
