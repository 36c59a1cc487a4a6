/** All scenarios, by name, in the order they run. */

import type { Scenario } from "../scenario.ts";
import { filterScenario } from "./filter.ts";

export const SCENARIOS: ReadonlyMap<string, Scenario> = new Map(
  [filterScenario].map((scenario): [string, Scenario] => [scenario.name, scenario]),
);
