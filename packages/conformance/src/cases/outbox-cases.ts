import type { OutboxCase } from "../case.ts";
import { backlogCases } from "./outbox/backlogs.ts";
import { bellCases } from "./outbox/bells.ts";
import { outboxExpiryCases } from "./outbox/expiries.ts";
import { keyCases } from "./outbox/keys.ts";
import { leaseCases } from "./outbox/leases.ts";
import { outboxLimitCases } from "./outbox/limits.ts";
import { outboxNameCases } from "./outbox/names.ts";
import { readingCases } from "./outbox/readings.ts";
import { recordCases } from "./outbox/records.ts";
import { outboxSettlementCases } from "./outbox/settlements.ts";
import { takeCases } from "./outbox/takes.ts";
import { outboxTraitCases } from "./outbox/traits.ts";

/** Every case of the outbox slot, topic by topic. */
export const outboxCases: readonly OutboxCase[] = [
  ...outboxTraitCases,
  ...recordCases,
  ...keyCases,
  ...takeCases,
  ...outboxSettlementCases,
  ...leaseCases,
  ...backlogCases,
  ...readingCases,
  ...outboxExpiryCases,
  ...outboxLimitCases,
  ...outboxNameCases,
  ...bellCases,
];
