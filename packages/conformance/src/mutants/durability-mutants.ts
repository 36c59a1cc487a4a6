import type { Mutant } from "../mutant.ts";
import { attachmentMutants } from "./durability/attachments.ts";
import { dequeueMutants } from "./durability/dequeues.ts";
import { dropMutants } from "./durability/drops.ts";
import { enqueueMutants } from "./durability/enqueue.ts";
import { letterMutants } from "./durability/letters.ts";
import { limitMutants } from "./durability/limits.ts";
import { nameMutants } from "./durability/names.ts";
import { orderMutants } from "./durability/order.ts";
import { repeatMutants } from "./durability/repeats.ts";
import { settlementMutants } from "./durability/settlements.ts";
import { sweepMutants } from "./durability/sweeps.ts";
import { trackingMutants } from "./durability/tracking.ts";
import { transactionMutants } from "./durability/transactions.ts";
import { wakingMutants } from "./durability/waking.ts";

/** Every mutant of the durability slot, topic by topic. */
export const durabilityMutants: readonly Mutant[] = [
  ...enqueueMutants,
  ...repeatMutants,
  ...limitMutants,
  ...attachmentMutants,
  ...dequeueMutants,
  ...wakingMutants,
  ...orderMutants,
  ...settlementMutants,
  ...dropMutants,
  ...trackingMutants,
  ...transactionMutants,
  ...letterMutants,
  ...sweepMutants,
  ...nameMutants,
];
