import type { Registration } from "@muster/core/slots";
import type { Mutant } from "../../mutant.ts";
import { registryMutant } from "../registry/support.ts";
import { kept, scanning } from "./selecting.ts";

/** Whether who was given to a filter before is given again as he was, though he has been written since. */
type MayBeKept = (before: Registration, now: Registration) => boolean;

function keepingMutant(id: string, breaks: string, mayBeKept: MayBeKept): Mutant {
  return registryMutant({ id, breaks, kills: ["registry/filters/each-write-however-often-asked"] }, (real) => {
    const given = new Map<string, Registration>();
    const again = (now: Registration): Registration => {
      const before = given.get(now.identity);
      if (before !== undefined && mayBeKept(before, now)) return before;
      given.set(now.identity, now);
      return now;
    };
    return scanning(
      real,
      (test) =>
        async function* ({ filter: _filter, ...query }, call) {
          for await (const page of kept(real.scan(query, call), test)) yield page.map(again);
        },
    );
  });
}

export const repeatedFilterMutants: readonly Mutant[] = [
  keepingMutant(
    "filtered-are-kept-while-epochs-stand",
    "Who was given to a filter is given again as he was until he is replaced.",
    (before, now) => before.epoch === now.epoch,
  ),
  keepingMutant(
    "filtered-are-kept-while-revisions-stand",
    "Who was given to a filter is given again as he was, whatever life he is in, as long as his revision is the same.",
    (before, now) => before.revision === now.revision,
  ),
];
