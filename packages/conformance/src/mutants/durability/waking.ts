import type { DurabilityBackend } from "@muster/core/slots";
import { type Mutant, withDurability } from "../../mutant.ts";
import type { Subject } from "../../subject.ts";

/** Says that it wakes, and dequeues in this way. */
function waking(
  subject: Subject,
  dequeue: (real: DurabilityBackend) => DurabilityBackend["dequeue"],
): ReturnType<Mutant["of"]> {
  return withDurability(subject, (real) => ({
    get traits() {
      return { ...real.traits, wakes: true };
    },
    dequeue: dequeue(real),
  }));
}

export const wakingMutants: readonly Mutant[] = [
  {
    id: "dequeue-sleeps",
    breaks: "It says that it wakes, and looks again only when the time of who waits is over.",
    kills: ["durability/dequeue/wakes"],
    of: (subject) =>
      waking(subject, (real) => async (session, options, call) => {
        const leased = await real.dequeue(session, { ...options, waitMs: 0 }, call);
        if (leased.length > 0 || options.waitMs === 0) return leased;
        await new Promise((resolve) => {
          setTimeout(resolve, options.waitMs).unref();
        });
        return real.dequeue(session, { ...options, waitMs: 0 }, call);
      }),
  },
  {
    id: "dequeue-never-waits",
    breaks: "It says that it wakes, and answers at once.",
    kills: ["durability/dequeue/waits-its-time"],
    of: (subject) =>
      waking(
        subject,
        (real) => async (session, options, call) => real.dequeue(session, { ...options, waitMs: 0 }, call),
      ),
  },
];
