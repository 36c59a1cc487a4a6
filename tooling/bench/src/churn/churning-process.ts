/** Entry of a process whose identities come and go. Its argument is a {@link ChurnPlan} as JSON, written by `members.ts`. */

import { openRegistry } from "@muster/core";
import { type CellFleet, SCHEMA } from "../cells.ts";
import { messagingAt, registryAt } from "../receivers/places.ts";
import { Population } from "./population.ts";
import { type ChurnPlan, NAMESPACE, type Reply, type Request, TIMING } from "./plan.ts";

const plan = JSON.parse(process.argv[2] ?? "") as ChurnPlan;
const population = openPopulation(plan);

process.on("disconnect", () => process.exit());
process.on("message", (message: Request) => {
  answer(message).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ id: message.id, failure: String(error) } satisfies Reply),
  );
});

async function answer({ id, verb, inputs }: Request): Promise<Reply> {
  const churners = await population;
  // The inputs are those of this very verb.
  const asked = churners[verb].bind(churners) as (...values: readonly unknown[]) => Promise<unknown>;
  return { id, answer: await asked(...inputs) };
}

/** One fleet after the other: as many processes would not begin in the same moment. */
async function openPopulation({
  places: { registry, messaging },
  fleets: count,
  ...numbers
}: ChurnPlan): Promise<Population> {
  const fleets: CellFleet[] = [];
  while (fleets.length < count) {
    const fleet = await openRegistry({
      namespace: NAMESPACE,
      schema: SCHEMA,
      registry: registryAt(registry),
      ...(messaging === undefined ? {} : { messaging: messagingAt(messaging) }),
      timing: TIMING,
    });
    fleets.push(fleet);
  }
  return new Population(fleets, numbers);
}
