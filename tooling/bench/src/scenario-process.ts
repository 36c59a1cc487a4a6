/** Entry of the process that `child.ts` forks, under the hooks of `published-loader.ts`: the scenario's name and its settings as JSON are the arguments. */

import { answer } from "./child.ts";
import type { Settings } from "./scenario.ts";

const { SCENARIOS } = await import("./scenarios/catalogue.ts");
const [name = "", settings = "{}"] = process.argv.slice(2);
const scenario = SCENARIOS.get(name);
process.once("disconnect", () => process.exit()); // Nobody waits for the answer any more, or it has been sent.
if (scenario === undefined) throw new Error(`There is no scenario "${name}".`);
await answer(scenario, JSON.parse(settings) as Settings); // Written by runInChild.
