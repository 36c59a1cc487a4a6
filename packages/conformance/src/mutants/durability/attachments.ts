import type { Target } from "@muster/core/slots";
import { type Mutant, withDurability } from "../../mutant.ts";
import { keyOf, only, recipientsIn, withQueues, without } from "./support.ts";

/** Who is attached: epoch and session. */
type Served = Map<string, { readonly epoch: number; readonly session: string }>;

function served(): Served {
  return new Map();
}

export const attachmentMutants: readonly Mutant[] = [
  {
    id: "attach-forgets-the-backlog",
    breaks: "Who is attached is handed what comes from then on.",
    kills: [
      "durability/attach/backlog-first",
      "durability/attach/next-life-has-the-queue",
      "durability/dead-letters/redriven-to-the-next-life",
    ],
    of: (subject) =>
      withQueues(
        subject,
        () => ({ queued: new Map<string, Set<string>>(), stale: new Set<string>() }),
        (real, state) => ({
          enqueueMany: async (message, targets, options, call) => {
            for (const { identity } of targets)
              state().queued.set(
                identity,
                (state().queued.get(identity) ?? new Set()).add(keyOf(message.id, identity)),
              );
            return real.enqueueMany(message, targets, options, call);
          },
          attachMany: async (session, targets, call) => {
            for (const { identity } of targets)
              for (const key of state().queued.get(identity) ?? []) state().stale.add(key);
            return real.attachMany(session, targets, call);
          },
          dequeue: async (session, options, call) => {
            const leased = await real.dequeue(session, options, call);
            const stale = recipientsIn(leased).filter(({ id, identity }) => state().stale.has(keyOf(id, identity)));
            await real.settleMany(
              stale.map(({ receipt }) => ({ receipt, as: "ack" })),
              call,
            );
            return only(leased, ({ identity }, id) => !state().stale.has(keyOf(id, identity)));
          },
        }),
      ),
  },
  {
    id: "attach-takes-lower-epochs",
    breaks: "Whoever attaches last has the queue, whatever its epoch.",
    kills: ["durability/attach/lower-epoch-is-fenced", "durability/drop/detaches"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        attachMany: async (session, targets, call) => {
          const failures = await real.attachMany(session, targets, call);
          const fenced = failures.flatMap(({ index }) => targets[index] ?? []);
          await real.attachMany(
            session,
            fenced.map((one) => ({ ...one, epoch: 1_000 })),
            call,
          );
          return without(failures, "FENCED");
        },
      })),
  },
  {
    id: "attach-leaves-leases",
    breaks: "What an earlier attachment holds stays with it until the lease is over.",
    kills: [
      "durability/attach/higher-epoch-frees-leases",
      "durability/attach/moves-to-another-session",
      "durability/detach/releases",
    ],
    of: (subject) =>
      withQueues(
        subject,
        () => new Map<string, string>(),
        (real, held) => ({
          dequeue: async (session, options, call) => {
            const leased = await real.dequeue(session, options, call);
            const free = only(leased, ({ identity }, id) => !held().has(keyOf(id, identity)));
            for (const { id, identity, receipt } of recipientsIn(free)) held().set(keyOf(id, identity), receipt);
            return free;
          },
          settleMany: async (settlements, call) => {
            for (const { receipt } of settlements)
              for (const [key, one] of held()) if (one === receipt) held().delete(key);
            return real.settleMany(settlements, call);
          },
        }),
      ),
  },
  {
    id: "attach-again-starts-anew",
    breaks: "Attaching what is attached already ends its leases.",
    kills: ["durability/attach/again-is-nothing"],
    of: (subject) =>
      withDurability(subject, (real) => ({
        attachMany: async (session, targets, call) => {
          await real.detachMany(
            session,
            targets.map(({ identity }) => identity),
            call,
          );
          return real.attachMany(session, targets, call);
        },
      })),
  },
  {
    id: "attach-hands-over-as-if-asked",
    breaks: "What the earlier attachment held counts as never tried, also when nobody has detached it.",
    kills: ["durability/attach/higher-epoch-frees-leases", "durability/attach/moves-to-another-session"],
    of: (subject) =>
      withQueues(subject, served, (real, all) => ({
        attachMany: async (session, targets, call) => {
          for (const { identity, epoch } of targets) {
            const before = all().get(identity);
            if (before && (before.session !== session || before.epoch !== epoch))
              await real.detachMany(before.session, [identity], call);
            all().set(identity, { epoch, session });
          }
          return real.attachMany(session, targets, call);
        },
      })),
  },
  {
    id: "attach-does-not-move",
    breaks: "An epoch that is attached stays with its session.",
    kills: ["durability/attach/moves-to-another-session"],
    of: (subject) =>
      withQueues(subject, served, (real, all) => ({
        attachMany: async (session, targets, call) => {
          const isAttached = ({ identity, epoch }: Target): boolean => all().get(identity)?.epoch === epoch;
          const failures = await real.attachMany(
            session,
            targets.filter((one) => !isAttached(one)),
            call,
          );
          for (const { identity, epoch } of targets)
            if (!isAttached({ identity, epoch })) all().set(identity, { epoch, session });
          return failures;
        },
      })),
  },
  {
    id: "sessions-share-everything",
    breaks: "A session is handed what is due for any.",
    kills: ["durability/attach/nobody-elses", "durability/names/sessions"],
    of: (subject) =>
      withQueues(
        subject,
        () => new Set<string>(),
        (real, sessions) => ({
          attachMany: async (session, targets, call) => {
            sessions().add(session);
            return real.attachMany(session, targets, call);
          },
          dequeue: async (session, options, call) => {
            const own = await real.dequeue(session, options, call);
            for (const other of sessions()) {
              const leased = other === session ? [] : await real.dequeue(other, { ...options, waitMs: 0 }, call);
              if (leased.length > 0) return [...own, ...leased];
            }
            return own;
          },
        }),
      ),
  },
  {
    id: "detach-does-nothing",
    breaks: "Detached is who says so, and handed messages as before.",
    kills: ["durability/detach/releases"],
    of: (subject) => withDurability(subject, () => ({ detachMany: async () => {} })),
  },
  {
    id: "detach-from-whomever",
    breaks: "Anyone can detach an identity from the session that serves it.",
    kills: ["durability/detach/only-its-own"],
    of: (subject) =>
      withQueues(subject, served, (real, all) => ({
        attachMany: async (session, targets, call) => {
          for (const { identity, epoch } of targets) all().set(identity, { epoch, session });
          return real.attachMany(session, targets, call);
        },
        detachMany: async (_session, identities, call) => {
          for (const identity of identities) {
            const one = all().get(identity);
            if (one) await real.detachMany(one.session, [identity], call);
          }
        },
      })),
  },
];
