import type { DurableMessage, Leased } from "@muster/core/slots";
import { type Mutant, withDurability } from "../../mutant.ts";
import type { Subject } from "../../subject.ts";
import { LONG_MS } from "../../cases/support.ts";
import { alias, keyOf, only, recipientsIn, unaliased, withQueues } from "./support.ts";

const PLENTY = 1_000;

interface Requeueing {
  readonly messages: Map<string, DurableMessage>;
  /** By receipt. */
  readonly held: Map<string, { readonly id: string; readonly identity: string; readonly epoch: number }>;
  readonly times: Map<string, number>;
}

/** Settled like that it is enqueued again, behind all that is there. */
function requeueing(subject: Subject, as: "retry" | "release"): Subject {
  const fresh = (): Requeueing => ({ messages: new Map(), held: new Map(), times: new Map() });
  return withQueues(subject, fresh, (real, state) => ({
    dequeue: async (session, options, call) => {
      const leased = unaliased(await real.dequeue(session, options, call));
      for (const { message } of leased) state().messages.set(message.id, message);
      for (const one of recipientsIn(leased)) state().held.set(one.receipt, one);
      return leased;
    },
    settleMany: async (settlements, call) => {
      const changed = settlements.map((one) => (one.as === as ? { receipt: one.receipt, as: "ack" as const } : one));
      const failures = await real.settleMany(changed, call);
      for (const { receipt } of settlements.filter((one) => one.as === as)) {
        const { id = "", identity = "", epoch = 1 } = state().held.get(receipt) ?? {};
        const message = state().messages.get(id);
        const times = (state().times.get(keyOf(id, identity)) ?? 0) + 1;
        state().times.set(keyOf(id, identity), times);
        if (message)
          await real.enqueueMany({ ...message, id: alias(id, times) }, [{ identity, epoch }], { ttlMs: LONG_MS }, call);
      }
      return failures;
    },
  }));
}

export const orderMutants: readonly Mutant[] = [
  {
    id: "last-in-first-out",
    breaks: "What has come last is handed out first.",
    kills: [
      "durability/order/as-accepted",
      "durability/order/oldest-first",
      "durability/attach/backlog-first",
      "durability/settle/release-keeps-its-place",
    ],
    of: (subject) =>
      withDurability(subject, (real) => ({
        dequeue: async (session, options, call) => {
          const all = await real.dequeue(session, { ...options, max: PLENTY, maxPerIdentity: PLENTY }, call);
          const single = all.flatMap(({ message, recipients }) =>
            recipients.map((one) => ({ message, recipients: [one] })),
          );
          const [kept, left] = [single.slice(-options.max).toReversed(), single.slice(0, -options.max)];
          await real.settleMany(
            recipientsIn(left).map(({ receipt }) => ({ receipt, as: "release" })),
            call,
          );
          return kept;
        },
      })),
  },
  {
    id: "leased-is-overtaken",
    breaks: "While a message is leased the next one of its recipient is handed out.",
    kills: ["durability/order/leased-holds-back-its-own"],
    of: (subject) =>
      withQueues(
        subject,
        (): Leased[] => [],
        (real, waiting) => ({
          dequeue: async (session, options, call) => {
            const leased = await real.dequeue(session, { ...options, max: PLENTY, maxPerIdentity: PLENTY }, call);
            for (const { message, recipients } of leased)
              for (const one of recipients) waiting().push({ message, recipients: [one] });
            return waiting().splice(0, options.max);
          },
        }),
      ),
  },
  {
    id: "leased-holds-back-everyone",
    breaks: "While anything of a session is leased it is handed nothing more.",
    kills: ["durability/order/leased-holds-back-its-own"],
    of: (subject) =>
      withQueues(
        subject,
        () => new Set<string>(),
        (real, held) => ({
          dequeue: async (session, options, call) => {
            if (held().size > 0) return [];
            const leased = await real.dequeue(session, options, call);
            for (const { receipt } of recipientsIn(leased)) held().add(receipt);
            return leased;
          },
          settleMany: async (settlements, call) => {
            for (const { receipt } of settlements) held().delete(receipt);
            return real.settleMany(settlements, call);
          },
        }),
      ),
  },
  {
    id: "retry-goes-to-the-end",
    breaks: "What is to be retried comes back behind all that is there.",
    kills: ["durability/order/retried-comes-first", "durability/order/retry-holds-back-its-own"],
    of: (subject) => requeueing(subject, "retry"),
  },
  {
    id: "release-goes-to-the-end",
    breaks: "What is released comes back behind all that is there.",
    kills: ["durability/settle/release-keeps-its-place"],
    of: (subject) => requeueing(subject, "release"),
  },
  {
    id: "dead-holds-its-recipient-back",
    breaks: "When a message has died its recipient is handed nothing more.",
    kills: ["durability/order/dead-holds-nobody-back"],
    of: (subject) =>
      withQueues(
        subject,
        () => ({ held: new Map<string, string>(), blocked: new Set<string>() }),
        (real, state) => ({
          dequeue: async (session, options, call) => {
            const leased = only(
              await real.dequeue(session, options, call),
              ({ identity }) => !state().blocked.has(identity),
            );
            for (const { identity, receipt } of recipientsIn(leased)) state().held.set(receipt, identity);
            return leased;
          },
          settleMany: async (settlements, call) => {
            for (const { receipt, as } of settlements)
              if (as === "dead") state().blocked.add(state().held.get(receipt) ?? "");
            return real.settleMany(settlements, call);
          },
        }),
      ),
  },
];
