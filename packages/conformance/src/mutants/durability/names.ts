import type { DurabilityBackend, TrackingFacet } from "@muster/core/slots";
import { type Mutant, withDurability } from "../../mutant.ts";
import { respelt } from "../support.ts";
import { keyOf, withQueues, without } from "./support.ts";

/** Identities are written like that, and nobody remembers how they were written before. */
function spelling(id: string, breaks: string, spell: (identity: string) => string): Mutant {
  const respell = <T extends { readonly identity: string }>(all: readonly T[]): readonly T[] =>
    all.map((one) => ({ ...one, identity: spell(one.identity) }));
  return {
    id,
    breaks,
    kills: ["durability/names/identities"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        enqueueMany: async (message, targets, options, call) =>
          real.enqueueMany(message, respell(targets), options, call),
        attachMany: async (session, targets, call) => real.attachMany(session, respell(targets), call),
      })),
  };
}

function idSpelling(id: string, breaks: string, spell: (id: string) => string): Mutant {
  return {
    id,
    breaks,
    kills: ["durability/names/message-ids"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        enqueueMany: async (message, targets, options, call) =>
          real.enqueueMany({ ...message, id: spell(message.id) }, targets, options, call),
      })),
  };
}

export const nameMutants: readonly Mutant[] = [
  spelling("durable-identities-are-lower-case", "Identities that differ only in case are one.", (one) =>
    one.toLowerCase(),
  ),
  spelling("durable-identities-are-normalized", "Identities are one when they look the same.", (one) =>
    one.normalize("NFC"),
  ),
  spelling("durable-identities-are-trimmed", "Spaces around an identity are nothing.", (one) => one.trim() || one),
  idSpelling("durable-ids-are-cut", "Message ids are the same when their first 127 characters are.", (id) =>
    id.slice(0, 127),
  ),
  idSpelling("durable-ids-are-numbers", "What looks like a number is one.", (id) =>
    /^\d+$/.test(id) ? String(Number(id)) : id,
  ),
  {
    id: "durable-names-are-glued",
    breaks: "A delivery is known by its message id and its identity with a colon in between.",
    kills: ["durability/names/glued-together"],
    of: (subject) =>
      withQueues(
        subject,
        () => new Map<string, string>(),
        (real, known) => ({
          enqueueMany: async (message, targets, options, call) => {
            const isNew = targets.filter(({ identity }) => {
              const key = `${message.id}:${identity}`;
              const exact = keyOf(message.id, identity);
              if (!known().has(key)) known().set(key, exact);
              return known().get(key) === exact;
            });
            return real.enqueueMany(message, isNew, options, call);
          },
        }),
      ),
  },
  {
    id: "durable-sessions-are-lower-case",
    breaks: "Sessions that differ only in case are one.",
    kills: ["durability/names/sessions"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        attachMany: async (session, targets, call) => real.attachMany(session.toLowerCase(), targets, call),
        dequeue: async (session, options, call) => real.dequeue(session.toLowerCase(), options, call),
      })),
  },
  ...respelt.map(
    ({ id, breaks, spell }): Mutant => ({
      id: `durable-namespaces-${id}`,
      breaks,
      kills: ["durability/namespaces/queues-are-apart"],
      of: (subject) =>
        withDurability(subject, (real) => ({
          open: async (scope, call) => real.open({ ...scope, namespace: spell(scope.namespace) }, call),
        })),
    }),
  ),
  {
    id: "durable-receipts-are-for-everyone",
    breaks: "A receipt settles its delivery in whichever namespace it is.",
    kills: ["durability/namespaces/receipts-settle-their-own"],
    of: (subject) => {
      const all = new Set<DurabilityBackend>();
      return withDurability(subject, (real) => {
        all.add(real);
        return {
          settleMany: async (settlements, call) => {
            const failures = await real.settleMany(settlements, call);
            for (const other of all)
              if (failures.length > 0 && other !== real) await other.settleMany(settlements, call).catch(() => {});
            return without(failures, "FENCED");
          },
        };
      });
    },
  },
  {
    id: "durable-records-are-for-everyone",
    breaks: "All namespaces have their multicasts in one place.",
    kills: ["durability/namespaces/records-are-apart"],
    of: (subject) => {
      let first: TrackingFacet | undefined;
      return withDurability(subject, (real) => {
        first ??= real.tracking;
        return first ? { tracking: first } : {};
      });
    },
  },
];
