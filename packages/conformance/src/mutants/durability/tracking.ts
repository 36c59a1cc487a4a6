import type { MulticastRecord, TrackedDelivery, TrackingFacet } from "@muster/core/slots";
import { compareStrings } from "@muster/filter";
import { collect } from "../../cases/support.ts";
import { type Mutant, withDurability } from "../../mutant.ts";
import { eachRecipient, keyOf, recipientsIn, withQueues, withTracking } from "./support.ts";

/** The deliveries, changed, on pages as long as they were. */
function withDeliveries(change: (delivery: TrackedDelivery) => TrackedDelivery): Mutant["of"] {
  return (subject) =>
    withTracking(subject, (real) => ({
      async *deliveries(id, query, call) {
        for await (const page of real.deliveries(id, query, call)) yield page.map(change);
      },
    }));
}

/** All that there are, whatever was asked for. */
async function everyone(
  real: TrackingFacet,
  ...[id, , call]: Parameters<TrackingFacet["deliveries"]>
): Promise<readonly TrackedDelivery[]> {
  return collect(real.deliveries(id, { pageSize: 100 }, call));
}

export const trackingMutants: readonly Mutant[] = [
  {
    id: "begin-looks-before-it-writes",
    breaks: "Whoever finds no multicast of that id has begun it.",
    kills: ["durability/tracking/races-begin-once", "durability/tracking/one-per-key"],
    of: (subject) =>
      withTracking(subject, (real) => ({
        begin: async (start, call) => {
          const known = await real.find(start.message.id, call);
          const { record } = await real.begin(start, call);
          return { begun: known === undefined, record };
        },
      })),
  },
  {
    id: "begin-ignores-the-key",
    breaks: "Idempotency keys are written down, and looked at by nobody.",
    kills: ["durability/tracking/one-per-key", "durability/tracking/races-begin-once"],
    of: (subject) =>
      withTracking(subject, (real) => ({
        begin: async (start, call) => {
          const { begun, record } = await real.begin({ ...start, idempotencyKey: undefined }, call);
          return { begun, record: { ...record, idempotencyKey: start.idempotencyKey } };
        },
      })),
  },
  {
    id: "begin-gives-what-it-was-given",
    breaks: "Whoever begins again is given what it says itself.",
    kills: ["durability/tracking/begins-once", "durability/tracking/one-per-key"],
    of: (subject) =>
      withTracking(subject, (real) => ({
        begin: async (start, call) => {
          const { begun, record } = await real.begin(start, call);
          return { begun, record: { ...record, ...start } };
        },
      })),
  },
  {
    id: "complete-is-for-all",
    breaks: "When one multicast has been completed, all have.",
    kills: ["durability/tracking/found-until-it-is-complete-and-after"],
    of: (subject) => {
      let isComplete = false;
      return withTracking(subject, (real) => ({
        complete: async (id, call) => {
          isComplete = true;
          await real.complete(id, call);
        },
        find: async (id, call): Promise<MulticastRecord | undefined> => {
          const record = await real.find(id, call);
          return record && isComplete ? { ...record, state: "complete" } : record;
        },
      }));
    },
  },
  {
    id: "complete-does-nothing",
    breaks: "Every multicast stays open.",
    kills: ["durability/tracking/found-until-it-is-complete-and-after"],
    of: (subject) => withTracking(subject, () => ({ complete: async () => {} })),
  },
  {
    id: "delivered-when-enqueued",
    breaks: "What has been stored counts as delivered.",
    kills: ["durability/tracking/from-pending-to-its-end", "durability/sweep/expired-has-failed"],
    of: (subject) =>
      withTracking(subject, (real) => ({
        counts: async (id, call) => {
          const { pending, delivered, failed } = await real.counts(id, call);
          return { pending: 0, delivered: delivered + pending, failed };
        },
        async *deliveries(id, query, call) {
          for await (const page of real.deliveries(id, query, call))
            yield page.map((one) => (one.status === "pending" ? { ...one, status: "delivered" as const } : one));
        },
      })),
  },
  {
    id: "delivered-when-handed-out",
    breaks: "What has been handed out counts as delivered.",
    kills: ["durability/tracking/from-pending-to-its-end"],
    of: (subject) => {
      const out = new Set<string>();
      const leasing = withQueues(
        subject,
        () => ({}),
        (real) => ({
          dequeue: async (session, options, call) => {
            const leased = await real.dequeue(session, options, call);
            for (const { id, identity } of recipientsIn(leased)) out.add(keyOf(id, identity));
            return leased;
          },
        }),
      );
      return withTracking(leasing, (real) => ({
        async *deliveries(id, query, call) {
          for await (const page of real.deliveries(id, query, call))
            yield page.map((one) =>
              out.has(keyOf(id, one.identity)) ? { ...one, status: "delivered" as const } : one,
            );
        },
      }));
    },
  },
  {
    id: "repetitions-are-counted",
    breaks: "A delivery counts as often as it has been enqueued.",
    kills: ["durability/tracking/from-pending-to-its-end"],
    of: (subject) => {
      const given = new Map<string, number>();
      const counting = withDurability(subject, (real) => ({
        enqueueMany: async (message, targets, options, call) => {
          given.set(message.id, (given.get(message.id) ?? 0) + targets.length);
          return real.enqueueMany(message, targets, options, call);
        },
      }));
      return withTracking(counting, (real) => ({
        counts: async (id, call) => {
          const counts = await real.counts(id, call);
          return { ...counts, pending: Math.max(0, (given.get(id) ?? 0) - counts.delivered - counts.failed) };
        },
      }));
    },
  },
  {
    id: "failures-without-reason",
    breaks: "What has failed has failed, and nobody knows why.",
    kills: [
      "durability/tracking/from-pending-to-its-end",
      "durability/drop/is-a-failure-with-its-reason",
      "durability/sweep/expired-has-failed",
    ],
    of: withDeliveries((one) => ({ ...one, code: undefined, reason: undefined })),
  },
  {
    id: "released-attempts-are-told",
    breaks: "An attempt that was released is told as one.",
    kills: ["durability/tracking/counts-attempts"],
    of: (subject) => {
      const attempts = new Map<string, number>();
      const leasing = withDurability(subject, (real) => ({
        dequeue: async (session, options, call) =>
          eachRecipient(await real.dequeue(session, options, call), (one, id) => {
            attempts.set(keyOf(id, one.identity), (attempts.get(keyOf(id, one.identity)) ?? 0) + 1);
            return one;
          }),
      }));
      return withTracking(leasing, (real) => ({
        async *deliveries(id, query, call) {
          for await (const page of real.deliveries(id, query, call))
            yield page.map((one) => ({ ...one, attempts: attempts.get(keyOf(id, one.identity)) ?? 0 }));
        },
      }));
    },
  },
  {
    id: "deliveries-in-utf-16-order",
    breaks: "Deliveries are in the order of JavaScript's strings.",
    kills: ["durability/tracking/pages-in-order"],
    of: (subject) =>
      withTracking(subject, (real) => ({
        async *deliveries(...args) {
          const [, { after, pageSize }] = args;
          const all = (await everyone(real, ...args)).toSorted((a, b) => (a.identity < b.identity ? -1 : 1));
          const behind = all.filter(({ identity }) => after === undefined || identity > after);
          for (let at = 0; at < behind.length; at += pageSize) yield behind.slice(at, at + pageSize);
        },
      })),
  },
  {
    id: "deliveries-on-one-page",
    breaks: "All deliveries are on one page.",
    kills: ["durability/tracking/pages-in-order"],
    of: (subject) =>
      withTracking(subject, (real) => ({
        async *deliveries(id, query, call) {
          const all = await collect(real.deliveries(id, { ...query, pageSize: 100 }, call));
          if (all.length > 0) yield all;
        },
      })),
  },
  {
    id: "deliveries-from-after",
    breaks: "The delivery that a page is asked behind is on it.",
    kills: ["durability/tracking/pages-in-order", "durability/tracking/pages-by-status"],
    of: (subject) =>
      withTracking(subject, (real) => ({
        async *deliveries(...args) {
          const [id, query, call] = args;
          const own = (await everyone(real, ...args)).filter(({ identity }) => identity === query.after);
          if (own.length > 0) yield own;
          yield* real.deliveries(id, query, call);
        },
      })),
  },
  {
    id: "deliveries-of-any-status",
    breaks: "Whatever statuses are asked for, all deliveries are given.",
    kills: ["durability/tracking/pages-by-status"],
    of: (subject) =>
      withTracking(subject, (real) => ({
        async *deliveries(id, query, call) {
          const { statuses: _, ...any } = query;
          yield* real.deliveries(id, any, call);
        },
      })),
  },
  {
    id: "deliveries-end-at-an-empty-page",
    breaks: "Statuses are looked for on each page, and the first page without any is the last.",
    kills: ["durability/tracking/pages-by-status"],
    of: (subject) =>
      withTracking(subject, (real) => ({
        async *deliveries(id, { statuses, ...query }, call) {
          for await (const page of real.deliveries(id, query, call)) {
            const some = page.filter(({ status }) => statuses?.includes(status) ?? true);
            if (some.length === 0) return;
            yield some;
          }
        },
      })),
  },
  {
    id: "unknown-is-the-latest",
    breaks: "Of a multicast that nobody knows the counts are those of the latest.",
    kills: ["durability/tracking/of-the-unknown"],
    of: (subject) => {
      let latest = "";
      return withTracking(subject, (real) => ({
        begin: async (start, call) => {
          latest = start.message.id;
          return real.begin(start, call);
        },
        counts: async (id, call) => real.counts((await real.find(id, call)) ? id : latest, call),
      }));
    },
  },
  {
    id: "deliveries-in-the-order-of-their-end",
    breaks: "Deliveries that have ended come behind those that have not.",
    kills: ["durability/tracking/pages-by-status"],
    of: (subject) =>
      withTracking(subject, (real) => ({
        async *deliveries(...args) {
          const [, { after, pageSize, statuses }] = args;
          const rank = ({ status }: TrackedDelivery): number => ["pending", "failed", "delivered"].indexOf(status);
          const all = (await everyone(real, ...args))
            .filter(
              ({ identity, status }) =>
                (statuses?.includes(status) ?? true) && compareStrings(identity, after ?? "") > 0,
            )
            .toSorted((one, other) => rank(one) - rank(other));
          for (let at = 0; at < all.length; at += pageSize) yield all.slice(at, at + pageSize);
        },
      })),
  },
];
