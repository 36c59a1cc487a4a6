/** All scenarios, by name, in the order they run. */

import type { Scenario } from "../scenario.ts";
import { filterScenario } from "./filter.ts";
import { multicastMemoryScenario } from "./multicast-memory.ts";
import { multicastScenario } from "./multicast.ts";
import { registerScenario } from "./register.ts";
import { scanScenario } from "./scan.ts";

export const SCENARIOS: ReadonlyMap<string, Scenario> = new Map(
  [filterScenario, scanScenario, registerScenario, multicastScenario, multicastMemoryScenario].map(
    (scenario): [string, Scenario] => [scenario.name, scenario],
  ),
);
