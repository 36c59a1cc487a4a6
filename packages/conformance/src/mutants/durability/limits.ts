import type { BatchFailure } from "@muster/core/slots";
import { type Mutant, withDurability } from "../../mutant.ts";
import { failure, keyOf, recipientsIn, refusal, withQueues } from "./support.ts";

const LONG_MS = 600_000;

export const limitMutants: readonly Mutant[] = [
  {
    id: "durable-quota-ignored",
    breaks: "A queue takes whatever comes.",
    kills: [
      "durability/limits/queue-full",
      "durability/limits/full-queue-knows-its-own",
      "durability/sweep/expired-makes-room",
      "durability/dead-letters/redrive-into-a-full-queue",
    ],
    of: (subject) =>
      withDurability(subject, (real) => ({
        open: async ({ durability, ...scope }, call) => {
          const { maxQueued: _, ...rest } = durability ?? {};
          await real.open(
            { ...scope, ...(durability && { durability: { ...durability, ...rest, maxQueued: LONG_MS } }) },
            call,
          );
        },
      })),
  },
  {
    id: "durable-quota-counts-for-ever",
    breaks: "A queue counts what it has ever been given, and refuses what it has when it is full.",
    kills: [
      "durability/limits/queue-full",
      "durability/limits/full-queue-knows-its-own",
      "durability/sweep/expired-makes-room",
    ],
    of: (subject) => {
      let most = Number.POSITIVE_INFINITY;
      return withQueues(
        subject,
        () => new Map<string, number>(),
        (real, given) => ({
          open: async (scope, call) => {
            most = scope.durability?.maxQueued ?? most;
            await real.open(scope, call);
          },
          enqueueMany: async (message, targets, options, call) => {
            const failures: BatchFailure[] = [];
            for (const [index, target] of targets.entries()) {
              const count = given().get(target.identity) ?? 0;
              given().set(target.identity, count + 1);
              if (count >= most) failures.push(failure(index, "QUEUE_FULL"));
              else await real.enqueueMany(message, [target], options, call);
            }
            return failures;
          },
        }),
      );
    },
  },
  {
    id: "durable-batch-fails-as-a-whole",
    breaks: "When one target is refused, all of its batch are.",
    kills: ["durability/limits/queue-full", "durability/drop/nothing-more-is-enqueued"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        enqueueMany: async (message, targets, options, call) => {
          const [first] = await real.enqueueMany(message, targets, options, call);
          return first ? targets.map((_, index) => ({ ...first, index })) : [];
        },
      })),
  },
  {
    id: "durable-failures-are-counted",
    breaks: "The index of a failure is its place among the failures.",
    kills: [
      "durability/limits/queue-full",
      "durability/attach/lower-epoch-is-fenced",
      "durability/settle/one-failure-is-one",
      "durability/extend/one-failure-is-one",
      "durability/drop/nothing-more-is-enqueued",
    ],
    of: (subject) => {
      const counted = (failures: readonly BatchFailure[]): readonly BatchFailure[] =>
        failures.map((one, index) => ({ ...one, index }));
      return withDurability(subject, (real) => ({
        enqueueMany: async (...args) => counted(await real.enqueueMany(...args)),
        attachMany: async (...args) => counted(await real.attachMany(...args)),
        settleMany: async (...args) => counted(await real.settleMany(...args)),
        extendMany: async (...args) => counted(await real.extendMany(...args)),
      }));
    },
  },
  {
    id: "durable-payload-is-cut",
    breaks: "Of a payload that is too large the first part is stored.",
    kills: ["durability/limits/largest-payload"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        enqueueMany: async (message, targets, options, call) => {
          const payload = message.payload.subarray(0, real.traits.maxPayloadBytes);
          return real.enqueueMany({ ...message, payload }, targets, options, call);
        },
      })),
  },
  {
    id: "durable-largest-payload-is-too-large",
    breaks: "A payload of exactly the largest size is refused.",
    kills: ["durability/limits/largest-payload"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        enqueueMany: async (message, targets, options, call) => {
          const isLargest = message.payload.length === real.traits.maxPayloadBytes;
          const payload = isLargest ? new Uint8Array(real.traits.maxPayloadBytes + 1) : message.payload;
          return real.enqueueMany({ ...message, payload }, targets, options, call);
        },
      })),
  },
  {
    id: "durable-batches-are-split",
    breaks: "Batches that are too long are carried out in parts.",
    kills: ["durability/limits/batch-too-long"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        enqueueMany: async (message, targets, options, call) => {
          const { maxBatch } = real.traits;
          const first = await real.enqueueMany(message, targets.slice(0, maxBatch), options, call);
          return [...first, ...(await real.enqueueMany(message, targets.slice(maxBatch), options, call))];
        },
      })),
  },
  {
    id: "durable-settlements-are-split",
    breaks: "Batches of receipts that are too long are carried out in parts.",
    kills: ["durability/limits/batch-too-long"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        settleMany: async (settlements, call) => real.settleMany(settlements.slice(0, real.traits.maxBatch), call),
        extendMany: async (receipts, leaseMs, call) =>
          real.extendMany(receipts.slice(0, real.traits.maxBatch), leaseMs, call),
      })),
  },
  {
    id: "durable-largest-batch-is-too-long",
    breaks: "A batch of exactly the largest size is refused.",
    kills: ["durability/limits/largest-batch"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        enqueueMany: async (message, targets, options, call) => {
          if (targets.length >= real.traits.maxBatch) throw refusal("INVALID_ARGUMENT");
          return real.enqueueMany(message, targets, options, call);
        },
      })),
  },
  {
    id: "durable-ttl-is-clamped",
    breaks: "What is to live for too long lives for as long as it may.",
    kills: ["durability/limits/longest-ttl"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        enqueueMany: async (message, targets, { ttlMs }, call) =>
          real.enqueueMany(message, targets, { ttlMs: Math.min(ttlMs, real.traits.maxTtlMs) }, call),
      })),
  },
  {
    id: "durable-ttl-ignored",
    breaks: "Nothing that is enqueued expires.",
    kills: [
      "durability/ttl/expired-is-never-handed-out",
      "durability/ttl/expires-unattached",
      "durability/ttl/first-one-counts",
      "durability/sweep/expired-has-failed",
      "durability/sweep/expired-makes-room",
      "durability/sweep/comes-to-an-end",
    ],
    of: (subject) =>
      withDurability(subject, (real) => ({
        enqueueMany: async (message, targets, _options, call) =>
          real.enqueueMany(message, targets, { ttlMs: LONG_MS }, call),
      })),
  },
  {
    id: "durable-backlog-does-not-age",
    breaks: "While nobody is attached nothing expires.",
    kills: ["durability/ttl/expires-unattached"],
    of: (subject) =>
      withQueues(
        subject,
        () => new Set<string>(),
        (real, attached) => ({
          attachMany: async (session, targets, call) => {
            for (const { identity } of targets) attached().add(identity);
            return real.attachMany(session, targets, call);
          },
          enqueueMany: async (message, targets, { ttlMs }, call) => {
            const isServed = targets.every(({ identity }) => attached().has(identity));
            return real.enqueueMany(message, targets, { ttlMs: isServed ? ttlMs : LONG_MS }, call);
          },
        }),
      ),
  },
  {
    id: "durable-ttl-runs-too-fast",
    breaks: "A delivery expires when a fraction of its time has passed.",
    kills: ["durability/ttl/not-before"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        enqueueMany: async (message, targets, { ttlMs }, call) =>
          real.enqueueMany(message, targets, { ttlMs: Math.max(1, Math.floor(ttlMs / 100)) }, call),
      })),
  },
  {
    id: "durable-expiry-waits-for-a-reader",
    breaks: "Who is handed something that has expired is handed it all the same, once it had been released before.",
    kills: ["durability/ttl/expired-is-never-handed-out"],
    of: (subject) =>
      withQueues(
        subject,
        () => new Set<string>(),
        (real, released) => ({
          enqueueMany: async (message, targets, options, call) => {
            const again = targets.filter(({ identity }) => released().has(keyOf(message.id, identity)));
            return real.enqueueMany(
              message,
              targets.filter((one) => !again.includes(one)),
              { ttlMs: Math.max(options.ttlMs, 10_000) },
              call,
            );
          },
          dequeue: async (session, options, call) => {
            const leased = await real.dequeue(session, options, call);
            for (const { id, identity } of recipientsIn(leased)) released().add(keyOf(id, identity));
            return leased;
          },
        }),
      ),
  },
];
