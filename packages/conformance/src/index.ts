/** The conformance kit: what a backend's author needs to hold it to the contract. */

export type {
  CaseContext,
  CompositionContext,
  ConformanceCase,
  DurabilityCase,
  DurabilityContext,
  MessagingCase,
  MessagingContext,
  OutboxCase,
  OutboxContext,
  Part,
  PatternCase,
  RegistryCase,
  RegistryContext,
  Slot,
} from "./case.ts";
export { catalogue } from "./catalogue.ts";
export { patternCatalogue } from "./cases/pattern-cases.ts";
export { type ConformanceOptions, type ExecutionOptions, runConformance } from "./execution.ts";
export { type FaultProxy, faultProxy, type FaultTarget } from "./faults/fault-proxy.ts";
export { type ServerControl, serverFaults, type ServerFaultsOptions } from "./faults/server-faults.ts";
export { checkHistory, type Guarantee } from "./history/check.ts";
export type {
  AcknowledgeEvent,
  AnswerEvent,
  FaultEvent,
  HistoryEvent,
  ListenEvent,
  PublishEvent,
  ReceiveEvent,
} from "./history/events.ts";
export type {
  CallEvent,
  DeathEvent,
  Finally,
  MulticastEvent,
  MulticastGuarantee,
  SendEvent,
  TakeEvent,
} from "./history/multicast-events.ts";
export { checkMulticasts, type MulticastFinding } from "./history/multicasts.ts";
export type { Finding, FindingKind } from "./history/finding.ts";
export { conformanceMarkdown } from "./markdown.ts";
export type { Nativeness, NativeOperators } from "./native-operators.ts";
export type { Order } from "./order.ts";
export {
  type KnownFailing,
  type Misconfigured,
  type Plan,
  type PlannedCase,
  type PlanOptions,
  planRun,
} from "./plan.ts";
export type { Facets, SlotClaims } from "./probe.ts";
export { Composition, type CompositionTraits } from "./pattern/composition.ts";
export { type Report, type ReportedCase, reportOf } from "./report.ts";
export { type CaseResult, resultOf } from "./result.ts";
export type {
  MortalProcess,
  OutboxProbe,
  OwnTransaction,
  ServerFaults,
  Subject,
  TransactionProbe,
} from "./subject.ts";
