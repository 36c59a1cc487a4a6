/** One multicast to everyone on 20 node addresses, until the last receiver has counted, against a promise per target. */

import { closeAll, multicastToAll, NODES, openFleets, Receivers, registerAll } from "../fleets.ts";
import { PromisePerTarget } from "../promise-per-target.ts";
import { besideMemory, checkSlot } from "../beside-memory.ts";
import { playRounds } from "../rounds.ts";
import { multicasts } from "../senders/multicasts.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";

export const multicastScenario: Scenario = {
  name: "multicast",
  about: "an at-most-once multicast to 20 node addresses, against one promise per target",
  defaultSize: 100_000,
  run,
  async runOn(composition, settings) {
    checkSlot(composition, "messaging");
    return await besideMemory(composition, settings, { "multicasts, at most once,": multicasts("at-most-once") });
  },
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
