/** The door for people who write a backend: the slots' contracts, the error class, and what all backends share. */

export {
  type Backend,
  type BatchFailure,
  type Call,
  DEFAULT_DURABILITY_SCOPE,
  type DurabilityScope,
  type Scope,
} from "./backend.ts";
export { Backoff } from "./backoff.ts";
export { BoundedHeap } from "./bounded-heap.ts";
export { boundedChannel, type Channel } from "./channel.ts";
export { type ErrorCode, type ErrorDetail, type ErrorDetails, RETRYABLE, type Violation } from "./codes.ts";
export type { DeadLetter, DeadLetterFacet, DeadLetterKey } from "./dead-letters.ts";
export type {
  DequeueOptions,
  DurabilityBackend,
  DurabilityTraits,
  Leased,
  LeasedRecipient,
  Settlement,
  Target,
} from "./durability.ts";
export {
  type DurabilityChecks,
  durabilityChecks,
  type DurabilityLimits,
  queueFailure,
  type QueueFailureCode,
} from "./durability-arguments.ts";
export { type Circumstances, type DriverErrorRule, driverErrors, type DriverErrors } from "./driver-error-rules.ts";
export {
  type DriverErrorCode,
  driverError,
  type DriverErrorMeaning,
  isSocketError,
  refused,
  socketMeaning,
  type Thrown,
  unanswered,
  wordsOf,
} from "./driver-errors.ts";
export type { DeadCode, DurableMessage } from "./durable-message.ts";
export { isMusterError, MusterError, type MusterErrorInit } from "./errors.ts";
export { Lengths } from "./lengths.ts";
export { Lifecycle, type LifecycleState } from "./lifecycle.ts";
export type {
  ColumnFacet,
  Delivery,
  Headers,
  Inbox,
  InboxOptions,
  MessagingBackend,
  MessagingTraits,
  Outgoing,
  OutgoingColumns,
  PublishOptions,
} from "./messaging.ts";
export { Arrived } from "./arrived.ts";
export { addressFailures, checkColumns, checkOutgoing, checkPrefetch, isAddress } from "./messaging-arguments.ts";
export { rowReader, rowsOf } from "./messaging-columns.ts";
export { decodeName, encodeName } from "./names.ts";
export { type IsBefore, OrderedList, partition } from "./ordered-list.ts";
export type {
  OutboxBackend,
  OutboxBacklog,
  OutboxBellFacet,
  OutboxCode,
  OutboxCounts,
  OutboxDelivery,
  OutboxFailure,
  OutboxTarget,
  OutboxTraits,
  Parcel,
  ParcelSettlement,
  Recorded,
  ShardLease,
} from "./outbox.ts";
export {
  type Census,
  type CensusOptions,
  type CountFacet,
  type DeleteKey,
  type DeleteOutcome,
  type FilterFacet,
  type Lease,
  type LeaseOutcome,
  type ReapClaim,
  type ReapStep,
  type RegistryBackend,
  type RegistryTraits,
  type ScanQuery,
  type SetEntry,
  type SetMode,
  type SetOutcome,
} from "./registry.ts";
export { checkEntries, checkPageSize, checkRecord, type NameLimits, type Texts } from "./registry-arguments.ts";
export { type Registration, type Route, SESSION_PREFIX } from "./registration.ts";
export type { DeliveryStatus, MulticastReport, Receipt } from "./report.ts";
export type { FieldSchema, FieldType, IdentitySchema } from "./schema.ts";
export { shardOf } from "./shards.ts";
export {
  comparePositions,
  type Position,
  positionOf,
  type SortCriterion,
  type SortFacet,
  type SortQuery,
} from "./sorting.ts";
export type {
  DeliveryCounts,
  MulticastRecord,
  MulticastStart,
  TrackedDelivery,
  TrackingFacet,
} from "./tracking.ts";
export type { TransactionFacet } from "./transactions.ts";
export { ofOperation } from "./of-operation.ts";
export { OperationCall } from "./operation-call.ts";
export {
  abortedError,
  type CallOptions,
  type DisposableCall,
  type EndListener,
  hasEnded,
  linkCall,
  offEnd,
  onEnd,
  throwIfAborted,
  type TimedCall,
} from "./signals.ts";
export { untilEnded } from "./until-ended.ts";
export { BoundedMap } from "./bounded-map.ts";
export { Groups } from "./groups.ts";
export { Waiters } from "./waiters.ts";
