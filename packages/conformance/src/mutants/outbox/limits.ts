import type { OutboxBackend, OutboxTarget } from "@muster/core/slots";
import { type Mutant, withOutbox } from "../../mutant.ts";
import { respelt } from "../support.ts";
import { collected, inOnePage } from "./support.ts";

type Arguments = Parameters<OutboxBackend["record"]>;

function spelling(id: string, breaks: string, spell: (identity: string) => string): Mutant {
  const respell = (all: readonly OutboxTarget[]): readonly OutboxTarget[] =>
    all.map((one) => ({ ...one, identity: spell(one.identity) }));
  return {
    id,
    breaks,
    kills: ["outbox/names/identities"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        record: async (...[transaction, start, targets, call]: Arguments) =>
          real.record(transaction, start, inOnePage(respell(await collected(targets))), call),
      })),
  };
}

function idSpelling(id: string, breaks: string, spell: (id: string) => string): Mutant {
  return {
    id,
    breaks,
    kills: ["outbox/names/message-ids"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        record: async (...[transaction, start, ...rest]: Arguments) =>
          real.record(transaction, { ...start, message: { ...start.message, id: spell(start.message.id) } }, ...rest),
      })),
  };
}

export const outboxLimitMutants: readonly Mutant[] = [
  {
    id: "outbox-payload-is-cut",
    breaks: "Of a payload that is too large the first part is recorded.",
    kills: ["outbox/limits/largest-payload"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        record: async (...[transaction, start, ...rest]: Arguments) => {
          const payload = start.message.payload.subarray(0, real.traits.maxPayloadBytes);
          return real.record(transaction, { ...start, message: { ...start.message, payload } }, ...rest);
        },
      })),
  },
  {
    id: "outbox-ttl-is-clamped",
    breaks: "What is to live for too long lives for as long as it may.",
    kills: ["outbox/limits/longest-ttl"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        record: async (...[transaction, start, ...rest]: Arguments) =>
          real.record(transaction, { ...start, ttlMs: Math.min(start.ttlMs, real.traits.maxTtlMs) }, ...rest),
      })),
  },
  spelling("outbox-identities-are-lower-case", "Identities that differ only in case are one.", (one) =>
    one.toLowerCase(),
  ),
  spelling("outbox-identities-are-normalized", "Identities are one when they look the same.", (one) =>
    one.normalize("NFC"),
  ),
  idSpelling("outbox-ids-are-cut", "Message ids are the same when their first 127 characters are.", (id) =>
    id.slice(0, 127),
  ),
  {
    id: "outbox-keys-are-trimmed",
    breaks: "Spaces around an idempotency key are nothing.",
    kills: ["outbox/names/keys"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        record: async (...[transaction, start, ...rest]: Arguments) =>
          real.record(transaction, { ...start, idempotencyKey: start.idempotencyKey?.trim() }, ...rest),
      })),
  },
  {
    id: "outbox-relays-are-lower-case",
    breaks: "Relays that differ only in case are one.",
    kills: ["outbox/names/relays"],
    of: (subject) =>
      withOutbox(subject, (real) => ({
        leaseShards: async (relay, options, call) => real.leaseShards(relay.toLowerCase(), options, call),
      })),
  },
  ...respelt.map(
    ({ id, breaks, spell }): Mutant => ({
      id: `outbox-namespaces-${id}`,
      breaks,
      kills: ["outbox/namespaces/are-apart"],
      of: (subject) =>
        withOutbox(subject, (real) => ({
          open: async (scope, call) => real.open({ ...scope, namespace: spell(scope.namespace) }, call),
        })),
    }),
  ),
  {
    id: "outbox-gives-back-everywhere",
    breaks: "What a relay gives back in one namespace it gives back in all.",
    kills: ["outbox/namespaces/leases-are-their-own"],
    of: (subject) => {
      const all = new Set<OutboxBackend>();
      return withOutbox(subject, (real) => {
        all.add(real);
        return {
          releaseShards: async (relay, call) => {
            for (const one of all) await one.releaseShards(relay, call);
          },
        };
      });
    },
  },
  {
    id: "outbox-bells-are-deaf",
    breaks: "No bell ever rings.",
    kills: ["outbox/bells/ring-when-committed", "outbox/bells/ring-for-other-processes"],
    of: (subject) =>
      withOutbox(subject, ({ bells }) =>
        bells ? { bells: { listen: async (_, call) => bells.listen(() => {}, call) } } : {},
      ),
  },
  {
    id: "outbox-bells-ring-at-home",
    breaks: "A bell rings only for what its own client has recorded.",
    kills: ["outbox/bells/ring-for-other-processes"],
    of: (subject) =>
      withOutbox(subject, (real) => {
        const { bells } = real;
        let hasRecorded = false;
        return {
          record: async (...args: Arguments) => {
            hasRecorded = true;
            return real.record(...args);
          },
          ...(bells && {
            bells: {
              listen: async (ring, call) =>
                bells.listen(() => {
                  if (hasRecorded) ring();
                }, call),
            },
          }),
        };
      }),
  },
];
