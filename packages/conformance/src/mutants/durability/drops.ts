import { type Mutant, withDurability } from "../../mutant.ts";
import { keyOf, recipientsIn, withQueues, without } from "./support.ts";

const LATEST = Number.MAX_SAFE_INTEGER;

export const dropMutants: readonly Mutant[] = [
  {
    id: "drop-does-nothing",
    breaks: "What is dropped stays.",
    kills: [
      "durability/drop/ends-queued-and-leased",
      "durability/drop/detaches",
      "durability/drop/nothing-more-is-enqueued",
      "durability/drop/is-a-failure-with-its-reason",
      "durability/drop/is-a-dead-letter",
      "durability/drop/only-up-to-its-epoch",
    ],
    of: (subject) => withDurability(subject, () => ({ dropMany: async () => {} })),
  },
  {
    id: "drop-takes-the-successors-queue",
    breaks: "Dropping an identity drops what is queued for any of its lives.",
    kills: [
      "durability/drop/only-up-to-its-epoch",
      "durability/drop/nothing-more-is-enqueued",
      "durability/drop/detaches",
    ],
    of: (subject) =>
      withDurability(subject, (real) => ({
        dropMany: async (targets, why, call) =>
          real.dropMany(
            targets.map((one) => ({ ...one, epoch: LATEST })),
            why,
            call,
          ),
      })),
  },
  {
    id: "drop-leaves-what-is-leased",
    breaks: "What is leased when its identity is dropped goes on.",
    kills: ["durability/drop/ends-queued-and-leased", "durability/drop/is-a-dead-letter"],
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
          dropMany: async (targets, why, call) => {
            const isLeased = (identity: string): boolean =>
              [...held().values()].some((key) => key.endsWith(`,${JSON.stringify(identity)}]`));
            await real.dropMany(
              targets.filter(({ identity }) => !isLeased(identity)),
              why,
              call,
            );
          },
        }),
      ),
  },
  {
    id: "drop-detaches-the-successor",
    breaks: "Dropping one life detaches the next.",
    kills: ["durability/drop/only-up-to-its-epoch"],
    of: (subject) =>
      withQueues(
        subject,
        () => new Map<string, string>(),
        (real, sessions) => ({
          attachMany: async (session, targets, call) => {
            for (const { identity } of targets) sessions().set(identity, session);
            return real.attachMany(session, targets, call);
          },
          dropMany: async (targets, why, call) => {
            await real.dropMany(targets, why, call);
            for (const { identity } of targets) await real.detachMany(sessions().get(identity) ?? "", [identity], call);
          },
        }),
      ),
  },
  {
    id: "drop-is-forgotten",
    breaks: "What is enqueued for an epoch that has been dropped is accepted.",
    kills: ["durability/drop/nothing-more-is-enqueued"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        enqueueMany: async (message, targets, options, call) =>
          without(await real.enqueueMany(message, targets, options, call), "UNREGISTERED"),
      })),
  },
  {
    id: "drop-gives-no-reason",
    breaks: "What is dropped has died of nothing in particular.",
    kills: ["durability/drop/is-a-failure-with-its-reason", "durability/drop/is-a-dead-letter"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        dropMany: async (targets, _why, call) => real.dropMany(targets, { code: "DEAD_LETTERED", reason: "" }, call),
      })),
  },
];
