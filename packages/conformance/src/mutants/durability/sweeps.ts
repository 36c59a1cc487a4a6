import type { DurabilityScope } from "@muster/core/slots";
import { LONG_MS } from "../../cases/support.ts";
import { type Mutant, withDurability } from "../../mutant.ts";
import { recipientsIn, withQueues, withTracking } from "./support.ts";

/** Something of what `open` says of durability goes unheard. */
function unheard(id: string, breaks: string, kills: Mutant["kills"], change: Partial<DurabilityScope>): Mutant {
  return {
    id,
    breaks,
    kills,
    of: (subject) =>
      withDurability(subject, (real) => ({
        open: async ({ durability, ...scope }, call) =>
          real.open({ ...scope, ...(durability && { durability: { ...durability, ...change } }) }, call),
      })),
  };
}

export const sweepMutants: readonly Mutant[] = [
  {
    id: "sweep-leaves-the-expired-pending",
    breaks: "What has expired reads as pending for ever.",
    kills: ["durability/sweep/expired-has-failed"],
    of: (subject) =>
      withTracking(subject, (real) => ({
        async *deliveries(id, query, call) {
          for await (const page of real.deliveries(id, query, call))
            yield page.map((one) =>
              one.code === "EXPIRED" ? { ...one, status: "pending" as const, code: undefined } : one,
            );
        },
      })),
  },
  {
    id: "sweep-never-ends",
    breaks: "Every sweep says that there is more.",
    kills: ["durability/sweep/comes-to-an-end"],
    of: (subject) => withDurability(subject, () => ({ sweep: async () => 1 })),
  },
  {
    id: "sweep-takes-what-is-waited-for",
    breaks: "Sweeping takes what has waited for long enough, whatever its time to live.",
    kills: ["durability/sweep/keeps-what-is-waited-for"],
    of: (subject) =>
      withQueues(
        subject,
        () => new Set<string>(),
        (real, sessions) => ({
          attachMany: async (session, targets, call) => {
            sessions().add(session);
            return real.attachMany(session, targets, call);
          },
          sweep: async (options, call) => {
            const dequeueing = { max: options.limit, maxPerIdentity: options.limit, waitMs: 0, leaseMs: 1_000 };
            for (const session of sessions()) {
              const swept = recipientsIn(await real.dequeue(session, dequeueing, call));
              await real.settleMany(
                swept.map(({ receipt }) => ({ receipt, as: "ack" })),
                call,
              );
            }
            return real.sweep(options, call);
          },
        }),
      ),
  },
  unheard(
    "multicasts-are-kept-for-ever",
    "What has been recorded of a multicast is never forgotten.",
    ["durability/sweep/forgets-multicasts"],
    { trackingRetentionMs: LONG_MS },
  ),
  unheard(
    "letters-are-kept-for-ever",
    "A dead letter stays until somebody purges it.",
    ["durability/sweep/forgets-dead-letters"],
    { deadLetterRetentionMs: LONG_MS },
  ),
  {
    id: "multicasts-are-forgotten-when-complete",
    breaks: "A multicast that is complete is forgotten by the next sweep.",
    kills: ["durability/sweep/forgets-multicasts"],
    of: (subject) => {
      const complete = new Set<string>();
      return withTracking(subject, (real) => ({
        complete: async (id, call) => {
          complete.add(id);
          await real.complete(id, call);
        },
        counts: async (id, call) =>
          complete.has(id) ? { pending: 0, delivered: 0, failed: 0 } : real.counts(id, call),
      }));
    },
  },
];
