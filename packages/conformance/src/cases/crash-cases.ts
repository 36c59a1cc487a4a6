import type { ConformanceCase } from "../case.ts";
import { crashedDeliveryCases } from "./crash/deliveries.ts";
import { endCases } from "./crash/ends.ts";
import { crashHistoryCases } from "./crash/histories.ts";
import { crashedMessagingCases } from "./crash/messages.ts";
import { crashedOutboxCases } from "./crash/outboxes.ts";
import { recordCases } from "./crash/records.ts";
import { standstillCases } from "./crash/standstills.ts";

/** Every case about processes that die, for every slot. */
export const crashCases: readonly ConformanceCase[] = [
  ...recordCases,
  ...endCases,
  ...crashedMessagingCases,
  ...crashedDeliveryCases,
  ...standstillCases,
  ...crashHistoryCases,
  ...crashedOutboxCases,
];
