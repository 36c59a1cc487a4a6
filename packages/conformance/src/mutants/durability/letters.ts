import type { DeadLetter, DeadLetterFacet, DeadLetterKey } from "@muster/core/slots";
import { LONG_MS, collect } from "../../cases/support.ts";
import { type Mutant, withDurability } from "../../mutant.ts";
import { eachRecipient, failure, keyOf, withDeadLetters, withTracking, without } from "./support.ts";

type ListArgs = Parameters<DeadLetterFacet["list"]>;

/** What is listed, changed: from all that there are. */
function withList(change: (all: readonly DeadLetter[], query: ListArgs[0]) => readonly DeadLetter[]): Mutant["of"] {
  return (subject) =>
    withDeadLetters(subject, (real) => ({
      async *list(query, call) {
        const found = change(await collect(real.list({ pageSize: 100 }, call)), query);
        for (let at = 0; at < found.length; at += query.pageSize) yield found.slice(at, at + query.pageSize);
      },
    }));
}

function keyIn({ messageId, identity }: DeadLetterKey): string {
  return keyOf(messageId, identity);
}

export const letterMutants: readonly Mutant[] = [
  {
    id: "letters-forget-the-attempts",
    breaks: "A dead letter does not tell how often it was tried.",
    kills: ["durability/dead-letters/tell-what-it-was"],
    of: withList((all) => all.map((one) => ({ ...one, attempts: 0 }))),
  },
  {
    id: "letters-of-the-living",
    breaks: "Whatever has been handed out is listed as dead.",
    kills: ["durability/dead-letters/only-the-dead"],
    of: (subject) => {
      const out: DeadLetter[] = [];
      const leasing = withDurability(subject, (real) => ({
        dequeue: async (session, options, call) => {
          const leased = await real.dequeue(session, options, call);
          for (const { message, recipients } of leased)
            for (const { identity } of recipients)
              out.push({
                ...message,
                messageId: message.id,
                identity,
                code: "REJECTED",
                reason: "",
                attempts: 1,
                diedAt: 1,
              });
          return leased;
        },
      }));
      return withDeadLetters(leasing, () => ({
        async *list() {
          if (out.length > 0) yield out;
        },
      }));
    },
  },
  {
    id: "letters-by-message",
    breaks: "Dead letters are in the order of their message ids.",
    kills: ["durability/dead-letters/pages-in-order"],
    of: withList((all) => all.toSorted((one, other) => (one.messageId < other.messageId ? -1 : 1))),
  },
  {
    id: "letters-on-one-page",
    breaks: "All dead letters are on one page.",
    kills: ["durability/dead-letters/pages-in-order"],
    of: (subject) =>
      withDeadLetters(subject, (real) => ({
        async *list(query, call) {
          const all = await collect(real.list({ ...query, pageSize: 100 }, call));
          if (all.length > 0) yield all;
        },
      })),
  },
  {
    id: "letters-skip-the-rest-of-an-identity",
    breaks: "A page that is asked for behind a letter begins with the next identity.",
    kills: ["durability/dead-letters/pages-in-order", "durability/dead-letters/of-one-identity"],
    of: withList((all, { after, identity }) => {
      const own = all.filter((one) => identity === undefined || one.identity === identity);
      const last = own.findLastIndex((one) => one.identity === after?.identity);
      return after === undefined ? own : own.slice(last + 1);
    }),
  },
  {
    id: "letters-by-prefix",
    breaks: "Asked for one identity, those of all whose names begin like that are given.",
    kills: ["durability/dead-letters/of-one-identity"],
    of: withList((all, { identity = "" }) => all.filter((one) => one.identity.startsWith(identity))),
  },
  {
    id: "redrive-gives-a-new-id",
    breaks: "What is redriven is another message.",
    kills: ["durability/dead-letters/redriven-as-never-tried", "durability/dead-letters/redrive-what-is-none"],
    of: (subject) => {
      const again = new Set<string>();
      const renaming = withDurability(subject, (real) => ({
        dequeue: async (session, options, call) =>
          (await real.dequeue(session, options, call)).flatMap(({ message, recipients }) =>
            recipients.map((one) => {
              const id = again.has(keyOf(message.id, one.identity)) ? `${message.id} again` : message.id;
              return { message: { ...message, id }, recipients: [one] };
            }),
          ),
      }));
      return withDeadLetters(renaming, (real) => ({
        redriveMany: async (keys, options, call) => {
          for (const key of keys) again.add(keyIn(key));
          return real.redriveMany(keys, options, call);
        },
      }));
    },
  },
  {
    id: "redrive-goes-on-counting",
    breaks: "What is redriven has been tried as often as before.",
    kills: ["durability/dead-letters/redriven-as-never-tried", "durability/dead-letters/redriven-to-the-next-life"],
    of: (subject) => {
      const again = new Set<string>();
      const counting = withDurability(subject, (real) => ({
        dequeue: async (session, options, call) =>
          eachRecipient(await real.dequeue(session, options, call), (one, id) =>
            again.has(keyOf(id, one.identity)) ? { ...one, attempt: one.attempt + 1 } : one,
          ),
      }));
      return withDeadLetters(counting, (real) => ({
        redriveMany: async (keys, options, call) => {
          for (const key of keys) again.add(keyIn(key));
          return real.redriveMany(keys, options, call);
        },
      }));
    },
  },
  {
    id: "redrive-leaves-the-letter",
    breaks: "What is redriven is listed as dead all the same.",
    kills: ["durability/dead-letters/redriven-as-never-tried"],
    of: (subject) => {
      let letters: readonly DeadLetter[] = [];
      return withDeadLetters(subject, (real) => ({
        redriveMany: async (keys, options, call) => {
          letters = await collect(real.list({ pageSize: 100 }, call));
          return real.redriveMany(keys, options, call);
        },
        async *list(query, call) {
          if (letters.length > 0) yield letters;
          else yield* real.list(query, call);
        },
      }));
    },
  },
  {
    id: "redrive-remembers-the-drop",
    breaks: "What was dropped with its epoch is redriven for nobody.",
    kills: ["durability/dead-letters/redriven-to-the-next-life"],
    of: (subject) => {
      const dropped = new Set<string>();
      const dropping = withDurability(subject, (real) => ({
        dropMany: async (targets, why, call) => {
          for (const { identity } of targets) dropped.add(identity);
          return real.dropMany(targets, why, call);
        },
      }));
      return withDeadLetters(dropping, (real) => ({
        redriveMany: async (keys, options, call) => {
          if (keys.some(({ identity }) => dropped.has(identity)))
            return keys.map((_, index) => failure(index, "NOT_FOUND"));
          return real.redriveMany(keys, options, call);
        },
      }));
    },
  },
  {
    id: "redrive-ignores-its-ttl",
    breaks: "What is redriven lives for ever.",
    kills: ["durability/dead-letters/redriven-for-its-ttl"],
    of: (subject) =>
      withDeadLetters(subject, (real) => ({
        redriveMany: async (keys, _options, call) => real.redriveMany(keys, { ttlMs: LONG_MS }, call),
      })),
  },
  {
    id: "redrive-is-not-tracked",
    breaks: "What has failed once reads as failed for good.",
    kills: ["durability/dead-letters/redriven-is-pending"],
    of: (subject) => {
      const failed = new Set<string>();
      return withTracking(subject, (real) => ({
        async *deliveries(id, query, call) {
          for await (const page of real.deliveries(id, query, call)) {
            for (const { identity, status } of page) if (status === "failed") failed.add(keyOf(id, identity));
            yield page.map((one) =>
              failed.has(keyOf(id, one.identity)) ? { ...one, status: "failed" as const } : one,
            );
          }
        },
      }));
    },
  },
  {
    id: "redrive-whatever-is-asked",
    breaks: "What is no dead letter is redriven and purged without a word.",
    kills: ["durability/dead-letters/redrive-what-is-none", "durability/dead-letters/purged-is-gone"],
    of: (subject) =>
      withDeadLetters(subject, (real) => ({
        redriveMany: async (keys, options, call) => without(await real.redriveMany(keys, options, call), "NOT_FOUND"),
        purgeMany: async (keys, call) => without(await real.purgeMany(keys, call), "NOT_FOUND"),
      })),
  },
  {
    id: "purge-hides",
    breaks: "What is purged is listed no more, and can be redriven.",
    kills: ["durability/dead-letters/purged-is-gone"],
    of: (subject) => {
      const hidden = new Set<string>();
      return withDeadLetters(subject, (real) => ({
        purgeMany: async (keys) => {
          for (const key of keys) hidden.add(keyIn(key));
          return [];
        },
        async *list(query, call) {
          for await (const page of real.list(query, call)) yield page.filter((one) => !hidden.has(keyIn(one)));
        },
      }));
    },
  },
];
