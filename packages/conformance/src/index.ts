/** The conformance kit: what a backend's author needs to hold it to the contract. */

export type {
  CaseContext,
  ConformanceCase,
  DurabilityCase,
  DurabilityContext,
  MessagingCase,
  MessagingContext,
  RegistryCase,
  RegistryContext,
  Slot,
} from "./case.ts";
export { catalogue } from "./catalogue.ts";
export { type ConformanceOptions, type ExecutionOptions, runConformance } from "./execution.ts";
export { type FaultProxy, faultProxy, type FaultTarget } from "./faults/fault-proxy.ts";
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
export { type Report, type ReportedCase, reportOf } from "./report.ts";
export { type CaseResult, resultOf } from "./result.ts";
export type { MortalProcess, ServerFaults, Subject, TransactionProbe } from "./subject.ts";
