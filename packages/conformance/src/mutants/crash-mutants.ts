import type { Mutant } from "../mutant.ts";
import { crashedDeliveryMutants } from "./crash/deliveries.ts";
import { crashedEndMutants } from "./crash/ends.ts";
import { crashHistoryMutants } from "./crash/histories.ts";
import { crashedMessagingMutants } from "./crash/messages.ts";
import { crashedOutboxMutants } from "./crash/outboxes.ts";
import { crashedRecordMutants } from "./crash/records.ts";
import { standstillMutants } from "./crash/standstills.ts";

/** What processes that die can leave behind, and must not. */
export const crashMutants: readonly Mutant[] = [
  ...crashedRecordMutants,
  ...crashedEndMutants,
  ...crashedMessagingMutants,
  ...crashedDeliveryMutants,
  ...standstillMutants,
  ...crashHistoryMutants,
  ...crashedOutboxMutants,
];
