/** Ways to take what is enqueued again for something new, or something new for a repetition. */

import type { BatchFailure, DurabilityBackend, DurableMessage, Target } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { alias, keyOf, recipientsIn, unaliased, withQueues } from "./support.ts";

interface Seen {
  /** How often each delivery has been made anew. */
  readonly times: Map<string, number>;
  readonly leased: Map<string, string>;
  readonly acked: Set<string>;
  /** Which client has made each delivery first. */
  readonly makers: Map<string, DurabilityBackend>;
}

type IsNew = (seen: Seen, key: string, target: Target, client: DurabilityBackend) => boolean;

/** A repetition that `isNew` says is none makes another delivery. */
function forgetful(about: Omit<Mutant, "of">, isNew: IsNew): Mutant {
  const fresh = (): Seen => ({ times: new Map(), leased: new Map(), acked: new Set(), makers: new Map() });
  return {
    ...about,
    of: (subject) =>
      withQueues(subject, fresh, (real, seen) => ({
        enqueueMany: async (message, targets, options, call) => {
          const failures: BatchFailure[] = [];
          for (const [index, target] of targets.entries()) {
            const key = keyOf(message.id, target.identity);
            const times = seen().times.get(key) ?? -1;
            if (times < 0) seen().makers.set(key, real);
            const next = times < 0 || isNew(seen(), key, target, real) ? times + 1 : times;
            seen().times.set(key, next);
            const one: DurableMessage = { ...message, id: alias(message.id, next) };
            const [refused] = await real.enqueueMany(one, [target], options, call);
            if (refused) failures.push({ ...refused, index });
          }
          return failures;
        },
        dequeue: async (session, options, call) => {
          const leased = unaliased(await real.dequeue(session, options, call));
          for (const { id, identity, receipt } of recipientsIn(leased)) seen().leased.set(receipt, keyOf(id, identity));
          return leased;
        },
        settleMany: async (settlements, call) => {
          for (const { receipt, as } of settlements) {
            const key = seen().leased.get(receipt);
            if (key !== undefined && as === "ack") seen().acked.add(key);
            seen().leased.delete(receipt);
          }
          return real.settleMany(settlements, call);
        },
      })),
  };
}

export const repeatMutants: readonly Mutant[] = [
  forgetful(
    {
      id: "durable-nothing-is-a-repetition",
      breaks: "Whatever is enqueued is another delivery.",
      kills: [
        "durability/repeat/same-batch",
        "durability/repeat/other-batches",
        "durability/repeat/twice-in-one-batch",
        "durability/repeat/while-leased",
        "durability/repeat/after-it-was-settled",
        "durability/repeat/for-the-next-life",
        "durability/repeat/at-once",
        "durability/ttl/first-one-counts",
      ],
    },
    () => true,
  ),
  forgetful(
    {
      id: "durable-forgets-with-the-ack",
      breaks: "What has been acknowledged is forgotten, and delivered again when it is enqueued again.",
      kills: ["durability/repeat/after-it-was-settled", "durability/repeat/for-the-next-life"],
    },
    ({ acked }, key) => acked.has(key),
  ),
  forgetful(
    {
      id: "durable-leased-is-out",
      breaks: "What is leased is no longer in the queue, and so it is enqueued again.",
      kills: ["durability/repeat/while-leased"],
    },
    ({ leased }, key) => [...leased.values()].includes(key),
  ),
  forgetful(
    {
      id: "durable-once-for-each-life",
      breaks: "Each life of an identity has a message of its own.",
      kills: ["durability/repeat/for-the-next-life"],
    },
    (_seen, _key, { epoch }) => epoch > 1,
  ),
  {
    id: "durable-known-by-message-id",
    breaks: "A message that has been enqueued for somebody is known, whoever it is enqueued for next.",
    kills: ["durability/repeat/other-batches"],
    of: (subject) =>
      withQueues(
        subject,
        () => new Set<string>(),
        (real, ids) => ({
          enqueueMany: async (message, targets, options, call) => {
            const isKnown = ids().has(message.id);
            ids().add(message.id);
            return real.enqueueMany(message, isKnown ? [] : targets, options, call);
          },
        }),
      ),
  },
  forgetful(
    {
      id: "durable-each-client-remembers-for-itself",
      breaks: "A client knows what it has enqueued itself, and nothing of what others have.",
      kills: ["durability/repeat/same-batch", "durability/repeat/at-once"],
    },
    ({ makers }, key, _target, client) => makers.get(key) !== client,
  ),
];
