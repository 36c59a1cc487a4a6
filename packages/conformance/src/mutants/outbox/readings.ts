import type { MulticastRecord, OutboxDelivery } from "@muster/core/slots";
import { collect } from "../../cases/support.ts";
import { type Mutant, withOutbox } from "../../mutant.ts";
import { withOutboxDeliveries } from "./support.ts";

export const outboxReadingMutants: readonly Mutant[] = [
  {
    id: "outbox-backlog-counts-parcels",
    breaks: "The backlog counts multicasts instead of their recipients.",
    kills: ["outbox/backlog/counts-deliveries", "outbox/ttl/swept-has-failed"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        backlog: async (call) => {
          const { deliveries, oldestMs } = await real.backlog(call);
          return { deliveries: Math.ceil(deliveries / 10), oldestMs };
        },
      })),
  },
  {
    id: "outbox-backlog-has-no-age",
    breaks: "Whatever waits has just come.",
    kills: ["outbox/backlog/tells-the-age-of-the-oldest"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        backlog: async (call) => ({ ...(await real.backlog(call)), oldestMs: 0 }),
      })),
  },
  {
    id: "outbox-backlog-never-gets-younger",
    breaks: "The age of the backlog is that of the oldest that has ever been seen to wait.",
    kills: ["outbox/backlog/tells-the-age-of-the-oldest"],
    of: (subject) =>
      withOutbox(subject, (real) => {
        let first: number | undefined;
        return {
          backlog: async (call) => {
            const { deliveries, oldestMs } = await real.backlog(call);
            if (oldestMs !== undefined) first ??= performance.now() - oldestMs;
            return { deliveries, oldestMs: first === undefined ? undefined : performance.now() - first };
          },
        };
      }),
  },
  {
    id: "outbox-pages-in-any-order",
    breaks: "Each page is in order, and the pages are not.",
    kills: ["outbox/reading/pages-in-order"],
    of: (subject) => withOutboxDeliveries(subject, (page) => page.toReversed()),
  },
  {
    id: "outbox-after-is-inclusive",
    breaks: "A page begins with whom it is to be behind.",
    kills: ["outbox/reading/pages-in-order"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        async *deliveries(id, { after, pageSize }, call) {
          const all = await collect(real.deliveries(id, { pageSize }, call));
          const from = after === undefined ? 0 : all.findIndex(({ identity }) => identity >= after);
          const rest = from < 0 ? [] : all.slice(from);
          for (let start = 0; start < rest.length; start += pageSize) yield rest.slice(start, start + pageSize);
        },
      })),
  },
  {
    id: "outbox-short-page-is-the-last",
    breaks: "Who reads page by page gets only the first.",
    kills: ["outbox/reading/pages-in-order", "outbox/reading/handed-over-is-left-out"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        async *deliveries(id, query, call) {
          for await (const page of real.deliveries(id, query, call)) {
            yield page;
            return;
          }
        },
      })),
  },
  {
    id: "outbox-unknown-is-made-up",
    breaks: "Of an unknown multicast there is a record.",
    kills: [
      "outbox/reading/unknown-is-nothing",
      "outbox/record/seen-only-after-commit",
      "outbox/retention/forgotten-after-its-end",
    ],
    of: (subject) => {
      let last: MulticastRecord | undefined;
      return withOutbox(subject, (real) => ({
        record: async (...args) => {
          const recorded = await real.record(...args);
          last = recorded.record;
          return recorded;
        },
        find: async (id, call) => (await real.find(id, call)) ?? last,
      }));
    },
  },
  {
    id: "outbox-expired-is-told-of-nowhere",
    breaks: "What has expired is gone without a word.",
    kills: ["outbox/ttl/swept-has-failed", "outbox/ttl/left-for-longer-than-it-lives", "outbox/ttl/committed-too-late"],
    of: (subject) => {
      const isTold = ({ code }: OutboxDelivery): boolean => code !== "EXPIRED";
      return withOutboxDeliveries(subject, (page) => page.filter(isTold));
    },
  },
  {
    id: "outbox-never-forgets",
    breaks: "Multicasts are known for ever.",
    kills: ["outbox/retention/forgotten-after-its-end"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        open: async ({ namespace }, call) => real.open({ namespace }, call),
      })),
  },
  {
    id: "outbox-forgets-what-waits",
    breaks: "A multicast is forgotten when the retention is over, whether or not anybody waits.",
    kills: ["outbox/retention/kept-until-its-end"],
    of: (subject) =>
      withOutbox(subject, (real) => {
        let retentionMs = Number.POSITIVE_INFINITY;
        const since = new Map<string, number>();
        const isOver = (id: string): boolean => performance.now() - (since.get(id) ?? performance.now()) > retentionMs;
        return {
          open: async (scope, call) => {
            retentionMs = scope.durability?.trackingRetentionMs ?? retentionMs;
            await real.open(scope, call);
          },
          record: async (transaction, start, targets, call) => {
            since.set(start.message.id, performance.now());
            return real.record(transaction, start, targets, call);
          },
          find: async (id, call) => (isOver(id) ? undefined : real.find(id, call)),
        };
      }),
  },
];
