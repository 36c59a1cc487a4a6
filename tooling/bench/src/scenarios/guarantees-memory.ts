/** What stronger guarantees cost where nothing but core and the memory backend is at work. */

import { closeAll, multicastToAll, NODES, openFleets, Receivers, registerAll } from "../fleets.ts";
import { playRounds } from "../rounds.ts";
import { type Outcome, rowOf, type Scenario, type Settings } from "../scenario.ts";

export const guaranteesMemoryScenario: Scenario = {
  name: "guarantees-memory",
  about: "acknowledged and durable multicasts to 20 node addresses in memory, against at-most-once",
  defaultSize: 100_000,
  run,
};

const ONCE = "at-most-once";
const ACKNOWLEDGED = "acknowledged";
const KEPT = "kept and acknowledged";

async function run({ size, rounds }: Settings): Promise<Outcome> {
  const receivers = new Receivers();
  const [plain, durable] = [await openFleets(NODES), await openFleets(NODES, { isDurable: true })];
  await registerAll(plain, size, receivers);
  await registerAll(durable, size, receivers);
  const played = await playRounds(
    [
      { name: ONCE, run: () => multicastToAll(plain[0], size, receivers) },
      { name: ACKNOWLEDGED, run: () => multicastToAll(plain[0], size, receivers, "at-least-once") },
      { name: KEPT, run: () => multicastToAll(durable[0], size, receivers, "at-least-once") },
    ],
    { rounds, size },
  );
  await closeAll([...plain, ...durable]);
  return {
    rows: [
      rowOf("speed of acknowledged / at-most-once", "×", played.speedup(ACKNOWLEDGED, ONCE), { atLeast: 0.4 }),
      rowOf("speed of kept / at-most-once", "×", played.speedup(KEPT, ONCE)),
    ],
    timings: played.timings,
  };
}
