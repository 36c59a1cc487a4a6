import type { Mutant } from "../mutant.ts";
import { outboxKeyMutants } from "./outbox/keys.ts";
import { outboxLeaseMutants } from "./outbox/leases.ts";
import { outboxLimitMutants } from "./outbox/limits.ts";
import { outboxReadingMutants } from "./outbox/readings.ts";
import { outboxRecordMutants } from "./outbox/records.ts";
import { outboxSettlementMutants } from "./outbox/settlements.ts";
import { outboxTakeMutants } from "./outbox/takes.ts";

/** Outboxes that lose, repeat or reorder what was committed, or let it out before. */
export const outboxMutants: readonly Mutant[] = [
  ...outboxRecordMutants,
  ...outboxKeyMutants,
  ...outboxTakeMutants,
  ...outboxSettlementMutants,
  ...outboxLeaseMutants,
  ...outboxReadingMutants,
  ...outboxLimitMutants,
];
