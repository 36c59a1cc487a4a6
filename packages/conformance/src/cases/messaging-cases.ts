import type { MessagingCase } from "../case.ts";

/** Every case of the messaging slot, topic by topic. */
export const messagingCases: readonly MessagingCase[] = [];
