import type { Mutant } from "../mutant.ts";
import { addressMutants } from "./messaging/addresses.ts";
import { answerMutants } from "./messaging/answers.ts";
import { callMutants } from "./messaging/calls.ts";
import { columnMutants } from "./messaging/columns.ts";
import { contentMutants } from "./messaging/contents.ts";
import { deliveryMutants } from "./messaging/deliveries.ts";
import { inboxMutants } from "./messaging/inboxes.ts";
import { listeningMutants } from "./messaging/listening.ts";

/** Every mutant of the messaging slot, topic by topic. */
export const messagingMutants: readonly Mutant[] = [
  ...listeningMutants,
  ...contentMutants,
  ...columnMutants,
  ...addressMutants,
  ...answerMutants,
  ...inboxMutants,
  ...deliveryMutants,
  ...callMutants,
];
