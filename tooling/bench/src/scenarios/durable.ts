/** Durable multicasts to everyone, until their sender's report says that every handler has finished. */

import { besideMemory, checkSlot } from "../beside-memory.ts";
import { type Composition, compositionOf } from "../compositions.ts";
import type { Outcome, Scenario, Settings } from "../scenario.ts";
import { multicasts } from "../senders/multicasts.ts";

export const durableScenario: Scenario = {
  name: "durable",
  about: "durable multicasts to 20 nodes until every handler has finished, on Redis unless told otherwise",
  defaultSize: 10_000,
  needsServers: true,
  run: (settings) => runOn(compositionOf("redis"), settings),
  runOn,
};

async function runOn(composition: Composition, settings: Settings): Promise<Outcome> {
  checkSlot(composition, "messaging");
  checkSlot(composition, "durability");
  return await besideMemory(composition, settings, { "durable multicasts": multicasts("at-least-once", true) });
}
