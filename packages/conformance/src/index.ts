/** The conformance kit: what a backend's author needs to hold it to the contract. */

export type {
  CaseContext,
  ConformanceCase,
  MessagingCase,
  MessagingContext,
  RegistryCase,
  RegistryContext,
  Slot,
} from "./case.ts";
export type { MortalProcess, ServerFaults, Subject } from "./subject.ts";
