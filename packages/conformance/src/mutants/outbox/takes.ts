import type { Parcel, ShardLease } from "@muster/core/slots";
import { type Mutant, withOutbox } from "../../mutant.ts";
import { withShards, withTaken } from "./support.ts";

/** So long that what is not to expire doesn't. */
const LONG_MS = 600_000;

function sizeOf(parcels: readonly Parcel[]): number {
  return parcels.reduce((sum, { targets }) => sum + targets.length, 0);
}

export const outboxTakeMutants: readonly Mutant[] = [
  {
    id: "outbox-last-in-first-out",
    breaks: "The latest is taken first.",
    kills: ["outbox/take/oldest-first", "outbox/record/several-in-one-transaction"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        take: async (lease, options, call) => {
          const all = await real.take(lease, { maxTargets: 10_000 }, call);
          const taken: Parcel[] = [];
          for (const parcel of all.toReversed())
            if (taken.length === 0 || sizeOf([...taken, parcel]) <= options.maxTargets) taken.push(parcel);
          return taken;
        },
      })),
  },
  {
    id: "outbox-leaves-when-taken",
    breaks: "What has been taken is not there any more.",
    kills: ["outbox/take/stays-until-settled", "outbox/lease/a-dead-relays-shards-come-free"],
    of: (subject) =>
      withShards(
        subject,
        () => new Set<string>(),
        (real, gone) => ({
          take: async (lease, options, call) => {
            const parcels = (await real.take(lease, options, call)).filter(({ parcel }) => !gone().has(parcel));
            for (const { parcel } of parcels) gone().add(parcel);
            return parcels;
          },
        }),
      ),
  },
  {
    id: "outbox-named-anew-when-taken",
    breaks: "A parcel has another name whenever it is taken.",
    kills: ["outbox/take/stays-until-settled", "outbox/settle/left-is-there-again"],
    of: (subject) => {
      let taken = 0;
      return withOutbox(subject, (real) => ({
        take: async (lease, options, call) => {
          taken += 1;
          return (await real.take(lease, options, call)).map((one) => ({ ...one, parcel: `${one.parcel}#${taken}` }));
        },
        settleMany: async (lease, settlements, call) =>
          real.settleMany(
            lease,
            settlements.map((one) => ({ ...one, parcel: one.parcel.split("#")[0] ?? "" })),
            call,
          ),
      }));
    },
  },
  {
    id: "outbox-shard-follows-from-the-message",
    breaks: "In which shard a delivery lies depends on its message, too.",
    kills: ["outbox/take/one-shard-for-an-identity"],
    of: (subject) =>
      withShards(
        subject,
        () => new Map<number, ShardLease>(),
        (real, held) => ({
          leaseShards: async (relay, options, call) => {
            const leases = await real.leaseShards(relay, options, call);
            for (const lease of leases) held().set(lease.shard, lease);
            return leases;
          },
          take: async (lease, options, call) => {
            const parcels: Parcel[] = [];
            for (const [shard, other] of held())
              for (const parcel of await real.take(other, options, call))
                if (
                  (shard + parcel.start.message.id.charCodeAt(parcel.start.message.id.length - 1)) %
                    real.traits.shards ===
                  lease.shard
                )
                  parcels.push(parcel);
            return parcels;
          },
        }),
      ),
  },
  {
    id: "outbox-takes-everything",
    breaks: "However little is asked for, all that is due is given.",
    kills: ["outbox/take/at-most-max-targets"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        take: async (lease, _options, call) => real.take(lease, { maxTargets: 10_000 }, call),
      })),
  },
  {
    id: "outbox-large-parcels-stay",
    breaks: "A parcel of more recipients than are asked for is never given.",
    kills: ["outbox/take/at-most-max-targets", "outbox/take/gets-to-all-of-it"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        take: async (lease, options, call) => {
          const parcels = await real.take(lease, options, call);
          return sizeOf(parcels) <= options.maxTargets ? parcels : [];
        },
      })),
  },
  {
    id: "outbox-recipients-in-any-order",
    breaks: "The recipients of a parcel stand in no order.",
    kills: ["outbox/take/recipients-in-order"],
    of: (subject) =>
      withTaken(subject, (parcels) => parcels.map((one) => ({ ...one, targets: one.targets.toReversed() }))),
  },
  {
    id: "outbox-goes-with-its-client",
    breaks: "What a client has recorded is gone when that is closed.",
    kills: ["outbox/take/by-whoever-opens-later"],
    of: (subject) =>
      withShards(
        subject,
        () => new Set<string>(),
        (real, gone) => {
          const own: string[] = [];
          return {
            record: async (transaction, start, targets, call) => {
              own.push(start.message.id);
              return real.record(transaction, start, targets, call);
            },
            take: async (lease, options, call) =>
              (await real.take(lease, options, call)).filter(({ start }) => !gone().has(start.message.id)),
            async close(): Promise<void> {
              for (const id of own) gone().add(id);
              await real.close();
            },
          };
        },
      ),
  },
  {
    id: "outbox-expired-is-taken",
    breaks: "What is over its time is taken, and never fails.",
    kills: [
      "outbox/ttl/never-taken-when-over",
      "outbox/ttl/left-for-longer-than-it-lives",
      "outbox/ttl/swept-has-failed",
      "outbox/ttl/committed-too-late",
    ],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        record: async (transaction, start, targets, call) =>
          real.record(transaction, { ...start, ttlMs: Math.max(start.ttlMs, LONG_MS) }, targets, call),
      })),
  },
  {
    id: "outbox-time-stands-still",
    breaks: "A parcel tells how long it was to live, whenever it is taken.",
    kills: ["outbox/ttl/tells-what-is-left"],
    of: (subject) => withTaken(subject, (parcels) => parcels.map((one) => ({ ...one, ttlMs: one.start.ttlMs }))),
  },
];
