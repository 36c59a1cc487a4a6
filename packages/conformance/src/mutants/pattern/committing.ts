/** Compositions whose outbox is broken, or whose transactions are. */

import { type Mutant, withOutbox } from "../../mutant.ts";
import { crashMutant } from "../crash/mortals.ts";
import { crashedOutboxMutants } from "../crash/outboxes.ts";
import { outboxMutants } from "../outbox-mutants.ts";
import { withShards } from "../outbox/support.ts";

const WAYS = ["acknowledged", "durable", "exactly-once"] as const;
type Names = readonly [string, ...string[]];

/** The ids of a case for each guarantee that is given to what commits. */
function committed(...names: Names): [string, ...string[]] {
  const [first, ...others] = names.flatMap((name) => WAYS.map((way) => `pattern/${way}/outbox-${name}`));
  return [first ?? "", ...others];
}

/** A mutant of the slot, in a composition. */
function inComposition(id: string, ...kills: Names): Mutant {
  const mutant = [...outboxMutants, ...crashedOutboxMutants].find((one) => one.id === id);
  if (mutant === undefined) throw new Error(`there is no mutant ${id}`);
  const [first, ...others] = kills;
  return { ...mutant, id: `pattern-${id}`, kills: [first, ...others] };
}

export const committingMutants: readonly Mutant[] = [
  inComposition(
    "outbox-seen-before-commit",
    ...committed("committed-everyone-once", "rolled-back-nobody", "history"),
    "pattern/exactly-once/outbox-handler-sends",
  ),
  inComposition("outbox-record-is-lost", ...committed("committed-everyone-once", "relays-share", "history")),
  inComposition("outbox-survives-rollback", ...committed("rolled-back-nobody", "history")),
  inComposition("outbox-key-forgotten-on-other-id", ...committed("same-key")),
  inComposition("outbox-failed-without-a-reason", ...committed("counts-add-up", "expired")),
  inComposition("outbox-last-in-first-out", "pattern/durable/outbox-in-order", "pattern/exactly-once/outbox-in-order"),
  inComposition("outbox-expired-is-taken", ...committed("expired")),
  inComposition("outbox-first-relay-keeps-all", ...committed("relays-share", "relay-stuck")),
  inComposition("outbox-leaves-when-taken", ...committed("relay-stuck")),
  inComposition("outbox-leases-last-for-ever", ...committed("relay-stuck")),
  crashMutant(
    {
      id: "pattern-outbox-dead-relays-hold-on",
      breaks: "The shards of a relay that has died come to nobody.",
      kills: committed("relay-dies-before-it-settles", "relay-dies-at-any-moment"),
    },
    () => ({
      mortalOutbox: (real) => ({
        leaseShards: async (relay, _, call) => real.leaseShards(relay, { leaseMs: real.traits.maxLeaseMs }, call),
      }),
    }),
  ),
  inComposition("crash-between-writes-and-record", ...committed("sender-dies-at-any-moment")),
  {
    id: "pattern-outbox-relays-begin-at-the-end",
    breaks: "A relay takes what was recorded since it opened.",
    kills: committed("relay-comes-later"),
    of: (subject) =>
      withShards(
        subject,
        () => new Set<string>(),
        (real, recorded) => {
          let before: ReadonlySet<string> | undefined;
          return {
            record: async (transaction, start, targets, call) => {
              recorded().add(start.message.id);
              return real.record(transaction, start, targets, call);
            },
            leaseShards: async (...args) => {
              before ??= new Set(recorded());
              return real.leaseShards(...args);
            },
            take: async (...args) =>
              (await real.take(...args)).filter(({ start }) => before?.has(start.message.id) !== true),
          };
        },
      ),
  },
  {
    id: "pattern-outbox-needs-a-bell",
    breaks: "Who does not listen to bells is given nothing.",
    kills: committed("bell-lost"),
    of: (subject) =>
      withOutbox(subject, (real) => {
        const { bells } = real;
        let isListening = false;
        return {
          ...(bells && {
            bells: {
              listen: async (ring, call) => {
                isListening = true;
                return bells.listen(ring, call);
              },
            },
          }),
          take: async (...args) => (isListening ? real.take(...args) : []),
        };
      }),
  },
];
