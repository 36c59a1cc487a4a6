import type { PatternCase } from "../case.ts";
import { commitCases } from "./pattern/commits.ts";
import { deathCases } from "./pattern/deaths.ts";
import { earlyEndCases } from "./pattern/early-ends.ts";
import { endCases } from "./pattern/ends.ts";
import { freezeCases } from "./pattern/freezes.ts";
import { historyCases, outboxHistoryCases } from "./pattern/histories.ts";
import { lossCases } from "./pattern/losses.ts";
import { moveCases } from "./pattern/moves.ts";
import { outcomeCases } from "./pattern/outcomes.ts";
import { quietCases } from "./pattern/quiet.ts";
import { relayCases } from "./pattern/relays.ts";
import { senderCases } from "./pattern/senders.ts";

/** Every case about slots that work together. */
export const patternCatalogue: readonly PatternCase[] = [
  ...quietCases,
  ...outcomeCases,
  ...moveCases,
  ...lossCases,
  ...senderCases,
  ...earlyEndCases,
  ...endCases,
  ...freezeCases,
  ...deathCases,
  ...commitCases,
  ...relayCases,
  ...historyCases,
  ...outboxHistoryCases,
];
