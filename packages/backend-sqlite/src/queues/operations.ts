/** What the durability slot asks of the file. */

import type { DeadLetter, DeliveryCounts, Leased, MulticastRecord, TrackedDelivery } from "@muster/core/slots";
import { type Handling, handling, type Operation, reading, waiting, writing } from "../store/operation.ts";
import type { ForeignResult } from "../store/store.ts";
import { type AttachArgs, attachMany, type DetachArgs, detachMany, type DropArgs, dropMany } from "./attaching.ts";
import {
  type DeadLetterQuery,
  type PurgeArgs,
  purgeMany,
  readDeadLetters,
  type RedriveArgs,
  redriveMany,
} from "./dead-letters.ts";
import { type DequeueArgs, dequeue, dueAt } from "./dequeueing.ts";
import { type EnqueueArgs, enqueueMany } from "./enqueueing.ts";
import type { Refusal } from "./failures.ts";
import {
  acknowledgeHandled,
  type Begun,
  beginHandling,
  type DeliveryArgs,
  finishHandling,
  lookAtDelivery,
  type QueryArgs,
  queryHandling,
  type Verdict,
} from "./handled.ts";
import { type ExtendArgs, extendMany, type SettleArgs, settleMany } from "./settling.ts";
import type { Space } from "./space.ts";
import { spaceOf } from "./spaces.ts";
import { type SweepArgs, sweep } from "./sweeping.ts";
import {
  type BeginArgs,
  begin,
  complete,
  counts,
  type DeliveryQuery,
  find,
  type MulticastArgs,
  type Page,
  readDeliveries,
} from "./tracking.ts";

interface QueueOperations {
  readonly openSpace: Operation<string, number>;
  readonly enqueueMany: Operation<EnqueueArgs, readonly Refusal[]>;
  readonly attachMany: Operation<AttachArgs, readonly Refusal[]>;
  readonly detachMany: Operation<DetachArgs, void>;
  readonly dropMany: Operation<DropArgs, void>;
  readonly dequeue: Operation<DequeueArgs, readonly Leased[]>;
  readonly settleMany: Operation<SettleArgs, readonly Refusal[]>;
  readonly extendMany: Operation<ExtendArgs, readonly Refusal[]>;
  readonly sweepQueues: Operation<SweepArgs, number>;
  readonly beginMulticast: Operation<BeginArgs, { readonly begun: boolean; readonly record: MulticastRecord }>;
  readonly completeMulticast: Operation<MulticastArgs, void>;
  readonly findMulticast: Operation<MulticastArgs, MulticastRecord | undefined>;
  readonly countDeliveries: Operation<MulticastArgs, DeliveryCounts>;
  readonly readDeliveries: Operation<MulticastArgs & { readonly query: DeliveryQuery }, Page<TrackedDelivery>>;
  readonly readDeadLetters: Operation<Space & { readonly query: DeadLetterQuery }, Page<DeadLetter>>;
  readonly redriveMany: Operation<RedriveArgs, readonly Refusal[]>;
  readonly purgeMany: Operation<PurgeArgs, readonly Refusal[]>;
  readonly lookAtDelivery: Operation<DeliveryArgs, Verdict>;
  readonly acknowledgeHandled: Operation<DeliveryArgs, Verdict>;
  readonly beginHandling: Operation<DeliveryArgs & QueryArgs, Begun>;
  readonly queryHandling: Operation<QueryArgs, ForeignResult>;
  readonly finishHandling: Operation<DeliveryArgs & Handling, void>;
  readonly abandonHandling: Operation<Handling, void>;
}

export const QUEUE_OPERATIONS: QueueOperations = {
  openSpace: writing(spaceOf),
  enqueueMany: writing(enqueueMany),
  attachMany: writing(attachMany),
  detachMany: writing(detachMany),
  dropMany: writing(dropMany),
  dequeue: waiting(dequeue, {
    waitMs: ({ waitMs }) => waitMs,
    dueAt,
    nothing: [],
    isNothing: ({ length }) => length === 0,
  }),
  settleMany: writing(settleMany),
  extendMany: writing(extendMany),
  sweepQueues: writing(sweep),
  beginMulticast: writing(begin),
  completeMulticast: writing(complete),
  findMulticast: reading(find),
  countDeliveries: reading(counts),
  readDeliveries: reading(readDeliveries),
  readDeadLetters: reading(readDeadLetters),
  redriveMany: writing(redriveMany),
  purgeMany: writing(purgeMany),
  lookAtDelivery: reading(lookAtDelivery),
  acknowledgeHandled: writing(acknowledgeHandled),
  beginHandling: handling(beginHandling, "begin"),
  queryHandling: handling(queryHandling),
  finishHandling: handling(finishHandling, "commit"),
  abandonHandling: handling(() => undefined, "rollback"),
};
