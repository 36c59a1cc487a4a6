import type { ConformanceCase } from "./case.ts";
import { crashCases } from "./cases/crash-cases.ts";
import { durabilityCases } from "./cases/durability-cases.ts";
import { filterCases } from "./cases/filter-cases.ts";
import { lifecycleCases } from "./cases/lifecycle-cases.ts";
import { messagingCases } from "./cases/messaging-cases.ts";
import { outboxCases } from "./cases/outbox-cases.ts";
import { registryCases } from "./cases/registry-cases.ts";

/** Every case of the kit, slot by slot and topic by topic. */
export const catalogue: readonly ConformanceCase[] = [
  ...registryCases,
  ...filterCases,
  ...messagingCases,
  ...durabilityCases,
  ...outboxCases,
  ...lifecycleCases,
  ...crashCases,
];
