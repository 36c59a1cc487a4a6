import type { DurabilityCase } from "../case.ts";
import { attachmentCases } from "./durability/attachments.ts";
import { dequeueCases } from "./durability/dequeues.ts";
import { dropCases } from "./durability/drops.ts";
import { enqueueCases } from "./durability/enqueue.ts";
import { expiryCases } from "./durability/expiry.ts";
import { extensionCases } from "./durability/extensions.ts";
import { letterCases } from "./durability/letters.ts";
import { limitCases } from "./durability/limits.ts";
import { nameCases } from "./durability/names.ts";
import { orderCases } from "./durability/order.ts";
import { repeatCases } from "./durability/repeats.ts";
import { settlementCases } from "./durability/settlements.ts";
import { sweepCases } from "./durability/sweeps.ts";
import { trackingCases } from "./durability/tracking.ts";
import { durabilityTraitCases } from "./durability/traits.ts";
import { transactionCases } from "./durability/transactions.ts";
import { wakingCases } from "./durability/waking.ts";

/** Every case of the durability slot, topic by topic. */
export const durabilityCases: readonly DurabilityCase[] = [
  ...durabilityTraitCases,
  ...enqueueCases,
  ...repeatCases,
  ...limitCases,
  ...expiryCases,
  ...attachmentCases,
  ...dequeueCases,
  ...wakingCases,
  ...orderCases,
  ...settlementCases,
  ...extensionCases,
  ...dropCases,
  ...trackingCases,
  ...transactionCases,
  ...letterCases,
  ...sweepCases,
  ...nameCases,
];
