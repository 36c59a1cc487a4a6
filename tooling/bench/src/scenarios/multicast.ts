/** One multicast to everyone on 20 node addresses, until the last receiver has counted, against a promise per target. */

import { closeAll, multicastToAll, NODES, openFleets, Receivers, registerAll } from "../fleets.ts";
import { PromisePerTarget } from "../promise-per-target.ts";
import { playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";

export const multicastScenario: Scenario = {
  name: "multicast",
  about: "an at-most-once multicast to 20 node addresses, against one promise per target",
  defaultSize: 100_000,
  run,
};

async function run({ size, rounds }: Settings): Promise<Outcome> {
  const receivers = new Receivers();
  const fleets = await openFleets(NODES);
  await registerAll(fleets, size, receivers);
  await using baseline = await PromisePerTarget.open(size, receivers);
  const played = await playRounds(
    [
      { name: "multicast", run: () => multicastToAll(fleets[0], size, receivers) },
      { name: "promise per target", run: () => baseline.multicastToAll(size) },
    ],
    { rounds, size },
  );
  await closeAll(fleets);
  const speedup = played.speedup("multicast", "promise per target");
  return {
    rows: [rowOf("speed of multicast / a promise per target", "×", speedup, { atLeast: 5 })],
    timings: played.timings,
  };
}
