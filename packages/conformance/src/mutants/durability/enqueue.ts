import type { DurableMessage, Leased } from "@muster/core/slots";
import { type Mutant, withDurability } from "../../mutant.ts";
import { eachRecipient, refusal, withLeased, withQueues } from "./support.ts";

function withMessages(
  leased: readonly Leased[],
  change: (message: DurableMessage) => DurableMessage,
): readonly Leased[] {
  return leased.map(({ message, recipients }) => ({ message: change(message), recipients }));
}

export const enqueueMutants: readonly Mutant[] = [
  {
    id: "durable-payload-is-a-view",
    breaks: "What is stored is the sender's buffer, and whatever becomes of it.",
    kills: ["durability/enqueue/payload-is-not-kept"],
    of: (subject) =>
      withQueues(
        subject,
        () => new Map<string, Uint8Array>(),
        (real, payloads) => ({
          enqueueMany: async (message, targets, options, call) => {
            payloads().set(message.id, message.payload);
            return real.enqueueMany(message, targets, options, call);
          },
          dequeue: async (session, options, call) =>
            withMessages(await real.dequeue(session, options, call), (message) => ({
              ...message,
              payload: payloads().get(message.id)?.slice() ?? message.payload,
            })),
        }),
      ),
  },
  {
    id: "durable-payload-is-shared",
    breaks: "Everyone is handed the same bytes.",
    kills: ["durability/enqueue/handed-out-payload-is-the-receivers-own"],
    of: (subject) =>
      withQueues(
        subject,
        () => new Map<string, Uint8Array>(),
        (real, payloads) => ({
          dequeue: async (session, options, call) =>
            withMessages(await real.dequeue(session, options, call), (message) => {
              const payload = payloads().get(message.id) ?? message.payload;
              payloads().set(message.id, payload);
              return { ...message, payload };
            }),
        }),
      ),
  },
  {
    id: "durable-payload-is-text",
    breaks: "Payloads are stored as text.",
    kills: ["durability/enqueue/handed-out-as-it-was-given"],
    of: (subject) =>
      withLeased(subject, (leased) =>
        withMessages(leased, (message) => ({
          ...message,
          payload: Buffer.from(Buffer.from(message.payload).toString()),
        })),
      ),
  },
  {
    id: "durable-absent-is-empty",
    breaks: "Who wants no acknowledgement is handed out as somebody without a name.",
    kills: ["durability/enqueue/handed-out-as-it-was-given"],
    of: (subject) =>
      withLeased(subject, (leased) =>
        withMessages(leased, (message) => ({ ...message, replyTo: message.replyTo ?? "" })),
      ),
  },
  {
    id: "durable-one-for-all",
    breaks: "Of the targets of one call the first is given the message, on behalf of all.",
    kills: ["durability/enqueue/every-recipient-has-its-own", "durability/settle/ack-takes-only-its-own"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        enqueueMany: async (message, targets, options, call) =>
          real.enqueueMany(message, targets.slice(0, 1), options, call),
      })),
  },
  {
    id: "durable-same-payload-is-the-same",
    breaks: "A message whose payload somebody has already is taken for the one that brought it.",
    kills: ["durability/enqueue/each-message-is-another"],
    of: (subject) =>
      withQueues(
        subject,
        () => new Map<string, string>(),
        (real, ids) => ({
          enqueueMany: async (message, targets, options, call) => {
            const payload = Buffer.from(message.payload).toString("hex");
            const id = ids().get(payload) ?? message.id;
            ids().set(payload, id);
            return real.enqueueMany({ ...message, id }, targets, options, call);
          },
        }),
      ),
  },
  {
    id: "durable-nobody-is-somebody",
    breaks: "A message that was enqueued for nobody counts as enqueued.",
    kills: ["durability/enqueue/nobody"],
    of: (subject) =>
      withQueues(
        subject,
        () => new Set<string>(),
        (real, sent) => ({
          enqueueMany: async (message, targets, options, call) => {
            if (targets.length === 0) sent().add(message.id);
            return real.enqueueMany(message, sent().has(message.id) ? [] : targets, options, call);
          },
        }),
      ),
  },
  {
    id: "durable-empty-batch-is-invalid",
    breaks: "An empty batch is an invalid argument.",
    kills: ["durability/settle/nothing"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        settleMany: async (settlements, call) => {
          if (settlements.length === 0) throw refusal("INVALID_ARGUMENT");
          return real.settleMany(settlements, call);
        },
      })),
  },
  {
    id: "durable-epoch-of-the-target",
    breaks: "A delivery is handed out under the epoch that it was enqueued for.",
    kills: ["durability/attach/next-life-has-the-queue"],
    of: (subject) => withLeased(subject, (leased) => eachRecipient(leased, (one) => ({ ...one, epoch: 1 }))),
  },
  {
    id: "durable-traits-change",
    breaks: "Leases may be longer once the first has been taken.",
    kills: ["durability/traits/final"],
    of: (subject) =>
      withDurability(subject, (real) => {
        let used = 0;
        return {
          get traits() {
            return { ...real.traits, maxLeaseMs: real.traits.maxLeaseMs + used };
          },
          dequeue: async (session, options, call) => {
            used = 1;
            return real.dequeue(session, options, call);
          },
        };
      }),
  },
];
