import type { MessagingCase } from "../case.ts";
import { addressCases } from "./messaging/addresses.ts";
import { answerCases } from "./messaging/answers.ts";
import { bodyCases } from "./messaging/bodies.ts";
import { callCases } from "./messaging/calls.ts";
import { columnCases } from "./messaging/columns.ts";
import { headerCases } from "./messaging/headers.ts";
import { historyCases } from "./messaging/histories.ts";
import { inboxCases } from "./messaging/inboxes.ts";
import { listeningCases } from "./messaging/listening.ts";
import { retentionCases } from "./messaging/retention.ts";
import { routeCases } from "./messaging/routes.ts";

/** Every case of the messaging slot, topic by topic. */
export const messagingCases: readonly MessagingCase[] = [
  ...listeningCases,
  ...bodyCases,
  ...headerCases,
  ...columnCases,
  ...addressCases,
  ...answerCases,
  ...inboxCases,
  ...retentionCases,
  ...historyCases,
  ...callCases,
  ...routeCases,
];
