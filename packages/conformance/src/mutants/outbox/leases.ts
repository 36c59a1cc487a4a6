import type { ShardLease } from "@muster/core/slots";
import { type Mutant, withOutbox } from "../../mutant.ts";
import { unfenced, withShards } from "./support.ts";

export const outboxLeaseMutants: readonly Mutant[] = [
  {
    id: "outbox-never-fences",
    breaks: "Who takes or settles by a lease that is over is told that there was nothing.",
    kills: [
      "outbox/lease/fenced-when-it-is-over",
      "outbox/lease/named-anew-behind-its-end",
      "outbox/lease/a-dead-relays-shards-come-free",
      "outbox/lease/given-back",
      "outbox/lease/shared-out-anew-is-fenced",
      "outbox/settle/all-or-none",
    ],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        take: async (...args) => unfenced(real.take(...args), []),
        settleMany: async (...args) => unfenced(real.settleMany(...args), []),
      })),
  },
  {
    id: "outbox-late-settlements-count",
    breaks: "What was taken by a lease that is over can be settled all the same, though it is told to be fenced.",
    kills: ["outbox/settle/all-or-none", "outbox/lease/fenced-when-it-is-over", "outbox/lease/given-back"],
    of: (subject) =>
      withShards(
        subject,
        () => new Map<number, ShardLease>(),
        (real, latest) => ({
          leaseShards: async (...args) => {
            const leases = await real.leaseShards(...args);
            for (const one of leases) latest().set(one.shard, one);
            return leases;
          },
          settleMany: async (lease, settlements, call) => {
            try {
              return await real.settleMany(lease, settlements, call);
            } catch (error) {
              const [own] = (await real.leaseShards("mutant", { leaseMs: real.traits.maxLeaseMs }, call)).filter(
                ({ shard }) => shard === lease.shard,
              );
              const by = own ?? latest().get(lease.shard) ?? lease;
              await real.settleMany(by, settlements.slice(0, 1), call);
              await real.releaseShards("mutant", call);
              throw error;
            }
          },
        }),
      ),
  },
  {
    id: "outbox-relays-share-shards",
    breaks: "All relays are one, and each of them holds every shard.",
    kills: [
      "outbox/lease/fair-shares",
      "outbox/lease/nothing-taken-away",
      "outbox/names/relays",
      "outbox/lease/shared-out-anew-is-fenced",
    ],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        leaseShards: async (_, options, call) => real.leaseShards("one", options, call),
        releaseShards: async (_, call) => real.releaseShards("one", call),
      })),
  },
  {
    id: "outbox-first-relay-keeps-all",
    breaks: "Whoever comes later gets nothing, and the first gives nothing back.",
    kills: ["outbox/lease/fair-shares", "outbox/lease/counts-while-its-lease-goes-on"],
    of: (subject) =>
      withShards(
        subject,
        () => new Set<string>(),
        (real, relays) => ({
          leaseShards: async (relay, options, call) => {
            relays().add(relay);
            const [first] = relays();
            return relay === first ? real.leaseShards(relay, options, call) : [];
          },
        }),
      ),
  },
  {
    id: "outbox-some-shards-are-nobodys",
    breaks: "The last shard is given to nobody.",
    kills: [
      "outbox/lease/alone-has-all",
      "outbox/lease/a-dead-relays-shards-come-free",
      "outbox/lease/counts-while-its-lease-goes-on",
    ],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        leaseShards: async (...args) =>
          (await real.leaseShards(...args)).filter(({ shard }) => shard < real.traits.shards - 1),
      })),
  },
  {
    id: "outbox-renewed-is-renamed",
    breaks: "A lease has another name whenever it is renewed, and the old one is worth nothing.",
    kills: ["outbox/lease/renewed-keeps-its-name", "outbox/names/relays"],
    of: (subject) =>
      withShards(
        subject,
        () => ({ round: 0 }),
        (real, state) => {
          const inside = ({ shard, lease }: ShardLease): ShardLease => {
            const [own = "", round] = lease.split("#");
            return { shard, lease: Number(round) === state().round ? own : "over" };
          };
          return {
            leaseShards: async (...args) => {
              state().round += 1;
              return (await real.leaseShards(...args)).map(({ shard, lease }) => ({
                shard,
                lease: `${lease}#${state().round}`,
              }));
            },
            take: async (lease, options, call) => real.take(inside(lease), options, call),
            settleMany: async (lease, settlements, call) => real.settleMany(inside(lease), settlements, call),
          };
        },
      ),
  },
  {
    id: "outbox-leases-are-named-by-shard",
    breaks: "A lease has the name of its shard, and so has the next one.",
    kills: [
      "outbox/lease/named-anew-behind-its-end",
      "outbox/lease/alone-has-all",
      "outbox/lease/given-back",
      "outbox/lease/a-dead-relays-shards-come-free",
    ],
    of: (subject) =>
      withShards(
        subject,
        () => new Map<number, ShardLease>(),
        (real, latest) => {
          const inside = ({ shard }: ShardLease): ShardLease => latest().get(shard) ?? { shard, lease: "" };
          return {
            leaseShards: async (...args) => {
              const leases = await real.leaseShards(...args);
              for (const one of leases) latest().set(one.shard, one);
              return leases.map(({ shard }) => ({ shard, lease: "held" }));
            },
            take: async (lease, options, call) => real.take(inside(lease), options, call),
            settleMany: async (lease, settlements, call) => real.settleMany(inside(lease), settlements, call),
          };
        },
      ),
  },
  {
    id: "outbox-leases-last-for-ever",
    breaks: "A lease goes on until it is given back.",
    kills: [
      "outbox/lease/fenced-when-it-is-over",
      "outbox/lease/named-anew-behind-its-end",
      "outbox/lease/a-dead-relays-shards-come-free",
      "outbox/lease/counts-while-its-lease-goes-on",
    ],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        leaseShards: async (relay, _, call) => real.leaseShards(relay, { leaseMs: real.traits.maxLeaseMs }, call),
      })),
  },
  {
    id: "outbox-gives-nothing-back",
    breaks: "What a relay gives back stays with it until its lease is over.",
    kills: ["outbox/lease/given-back", "outbox/take/stays-until-settled", "outbox/lease/fair-shares"],
    of: (subject) => withOutbox(subject, () => ({ releaseShards: async () => {} })),
  },
  {
    id: "outbox-unknown-relay-is-refused",
    breaks: "Giving back what a relay doesn't have throws.",
    kills: ["outbox/lease/given-back"],
    of: (subject) =>
      withShards(
        subject,
        () => new Set<string>(),
        (real, relays) => ({
          leaseShards: async (relay, options, call) => {
            relays().add(relay);
            return real.leaseShards(relay, options, call);
          },
          releaseShards: async (relay, call) => {
            await real.releaseShards(relay, call);
            if (!relays().delete(relay)) throw new Error("no such relay");
          },
        }),
      ),
  },
];
