import type { ConformanceCase } from "../case.ts";
import { endCases } from "./crash/ends.ts";
import { crashHistoryCases } from "./crash/histories.ts";
import { crashedMessagingCases } from "./crash/messages.ts";
import { recordCases } from "./crash/records.ts";

/** Every case about processes that die, for both slots. */
export const crashCases: readonly ConformanceCase[] = [
  ...recordCases,
  ...endCases,
  ...crashedMessagingCases,
  ...crashHistoryCases,
];
